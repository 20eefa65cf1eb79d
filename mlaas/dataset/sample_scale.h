// What the weights of a sample are multiplied with: its cross-section, the luminosity and the sum of generator weights
// of all its entries, before the selection; and what a subsample leaves out.
// Errors:  those of reading; kInvalidArgument where generator weights are no numbers or do not sum to more than 0.
// Threads: called from one thread that is none of the pool's; reads on the pool. The sum does not depend on their number.
#pragma once

#include <stop_token>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/sample_files.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

// Sets files.weightScale. Reads the generator weights where a sample has a cross-section and does not know their sum.
Result<void> scaleWeights(const DatasetConfig& config, SampleFiles& files, TaskPool& pool, MemoryBudget& budget,
                          const std::stop_token& stop);

}  // namespace mlaas::dataset
