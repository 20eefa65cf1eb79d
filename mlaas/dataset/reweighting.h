// Kinematic reweighting: finds what training weights are multiplied with, by bins of one or two variables, so that each
// class has the wanted distribution of them, flat or that of a sample, and the sum of weights that it had.
// Errors:  those of reading; kInvalidArgument for a variable that is NaN or no flat column of numbers, a class or
//          reference whose weights do not sum to more than 0.
// Threads: called from a thread that is none of the pool's; reads on the pool.
#pragma once

#include <stop_token>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/sample_files.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

// Reads the variables of all selected rows and sets files.reweighting; does nothing without dataset.reweight. The
// scales of the samples must be known.
Result<void> computeReweighting(const DatasetConfig& config, SampleFiles& files, TaskPool& pool, MemoryBudget& budget,
                                const std::stop_token& stop);

}  // namespace mlaas::dataset
