// Statistics of whole columns over the selected rows of many tables, in one parallel pass: by sample and over all.
// Pieces of tables are read and summed up on the pool and merged in their order: the result depends on the data, the
// request and its memory limit, not on the number of threads.
// Errors:  those of reading, with file and tree; kInvalidArgument where `memoryBytes` is too little.
// Threads: called from one thread that is none of the pool's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/column_statistics.h"
#include "mlaas/dataset/correlation.h"
#include "mlaas/dataset/identity_duplicates.h"
#include "mlaas/dataset/row_columns.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/table/table.h"

namespace mlaas::dataset {

struct ScannedTable {
  std::shared_ptr<const table::Table> table;
  // Uncompressed bytes of an entry, by which the table is cut; 0: as the table says. The tables of a pool that opens
  // several at once say what the first one to be opened had, which may be another each time.
  uint64_t entryBytes = 0;
};

struct ScannedSample {
  std::string name;
  std::string weight;  // expression; empty: 1
  std::vector<ScannedTable> tables;
  double weightScale = 1;  // of all weights
  double subsample = 1;    // fraction of the selected rows that count, chosen by their identity
};

struct ScanRequest {
  std::vector<ScannedSample> samples;
  std::vector<feature::Define> defines;
  std::string select;                 // empty keeps all
  std::vector<std::string> columns;   // columns or defines
  std::vector<std::string> identity;  // flat integer columns; empty: events have none
  uint64_t seed = 1;                  // of the identity's hash
  size_t mostCorrelated = 100;  // correlations are of the flat columns of numbers, none where they are more than this
};

struct SampleScan {
  std::string name;
  int64_t numEntries = 0;  // before the selection
  int64_t numSelected = 0;
  int64_t numNegative = 0;  // selected rows with a weight below 0
  double sumWeights = 0;
  double sumSquaredWeights = 0;
  std::vector<ColumnStatistics> columns;
  RowColumns::ArithmeticCounts arithmetic;    // over all entries for the selection, else the selected ones
  std::optional<DuplicateFinder> duplicates;  // among the selected rows, where events have an identity
};

struct ScanResult {
  std::vector<SampleScan> samples;
  std::vector<ColumnStatistics> columns;  // over all samples
  std::vector<std::string> correlated;    // names of the columns of `correlations`
  Correlations correlations{0};

  nlohmann::ordered_json toJson() const;
};

// `progress` is told of entries that were read.
Result<ScanResult> scanStatistics(const ScanRequest& request, TaskPool& pool, MemoryBudget& budget,
                                  const std::stop_token& stop, const std::function<void(int64_t)>& progress);

}  // namespace mlaas::dataset
