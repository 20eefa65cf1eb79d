// Trains boosted trees with XGBoost: `model: {kind: trees}`.
// The events go from the stream straight into XGBoost's quantised matrix (about a byte a value); trees see raw physics
// values, padding as missing. XGBoost takes no negative weights: |weight| by default, see docs/training.md.
// Deterministic; computes on one thread unless told otherwise.
#pragma once

#include "mlaas/train/trainer.h"

namespace mlaas::train {

Result<std::unique_ptr<Trainer>> makeTreesTrainer(const dataset::Workflow& workflow, const ClassTable& classes);

}  // namespace mlaas::train
