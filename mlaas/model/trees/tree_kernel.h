// Scores rows with boosted trees: margins summed in float32 in XGBoost's order, so that scores are XGBoost's own.
// Threads: any; the model is only read.
#pragma once

#include <cstdint>
#include <span>

#include "mlaas/model/trees/tree_model.h"

namespace mlaas::model {

// Fills `scores` [rows, model.numOutputs] from `matrix` [rows, model.numFeatures]; NaN is a missing value.
// Both spans must have these sizes.
void predictTrees(const TreeModel& model, std::span<const float> matrix, int64_t rows, std::span<float> scores);

}  // namespace mlaas::model
