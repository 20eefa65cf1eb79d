// Trained trees as they score, and as they go into a bundle: XGBoost's JSON and an ONNX graph beside it.
// Errors:  kInternal where our own reading of the JSON does not score as XGBoost does.
// Threads: as TrainedModel.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/train/trainer.h"
#include "mlaas/train/trees/trees_options.h"
#include "mlaas/train/trees/xgboost_library.h"

namespace mlaas::train {

// kInternal where two scores [rows, outputs] differ by more than roundings; the message names the row, from 0.
Result<void> compareTreeScores(const std::vector<float>& read, const std::vector<float>& trained, int64_t outputs);

// A model of the first `rounds` rounds, which is all that `booster` has. Before it is given, some thousand events are
// scored as a bundle's reader does, and compared with the trainer's own scores.
Result<std::unique_ptr<TrainedModel>> makeTreesModel(Booster booster, const TrainingInput& input,
                                                     const TreesOptions& options, int64_t rounds);

}  // namespace mlaas::train
