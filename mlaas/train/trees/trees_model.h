// Trained trees as they score, and as they go into a bundle: XGBoost's JSON and an ONNX graph beside it.
// Errors:  those of the library.
// Threads: as TrainedModel.
#pragma once

#include <cstdint>
#include <memory>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/train/trainer.h"
#include "mlaas/train/trees/trees_options.h"
#include "mlaas/train/trees/xgboost_library.h"

namespace mlaas::train {

// A model of the first `rounds` rounds, which is all that `booster` has. kInternal where its JSON cannot be read back.
Result<std::unique_ptr<TrainedModel>> makeTreesModel(Booster booster, const feature::FeatureSpec& features,
                                                     const TreesOptions& options, int64_t rounds);

}  // namespace mlaas::train
