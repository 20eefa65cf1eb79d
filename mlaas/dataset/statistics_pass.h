// The one pass over all data before training: statistics, how many rows of each part every unit has, and, where they fit
// into the cache's share of the memory, the rows themselves.
// Errors:  kInvalidArgument for a feature that is NaN or infinite, no selected event, a class without training events.
// Threads: called from one thread, works on the pool.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/row_block.h"
#include "mlaas/dataset/row_source.h"
#include "mlaas/dataset/statistics.h"

namespace mlaas::dataset {

struct PassResult {
  Statistics statistics;
  feature::FeatureSpec features;                        // fills with their values
  std::array<std::vector<int64_t>, 3> rowsOfUnit;       // [part][unit]
  std::array<std::vector<size_t>, 3> bytesOfUnit;       // of those rows
  std::vector<std::shared_ptr<const RowBlock>> cached;  // by unit, charged to the budget; empty if they did not fit
};

Result<PassResult> runStatisticsPass(const RowSource& source, const StatisticsNeeds& needs, TaskPool& pool,
                                     MemoryBudget& budget);

}  // namespace mlaas::dataset
