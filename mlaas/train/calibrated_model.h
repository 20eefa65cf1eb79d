// A trained model with a calibration of its score behind it. Threads: as TrainedModel.
#pragma once

#include <memory>
#include <optional>

#include "mlaas/base/error.h"
#include "mlaas/model/score_calibration.h"
#include "mlaas/train/evaluation_options.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

// Fits what `kind` says on the validation part and puts it behind `model`, which then scores with it: in the graph of
// ONNX, beside trees. Nothing with kNone. kInvalidArgument where the validation part does not suffice.
Result<std::optional<model::ScoreCalibration>> calibrateModel(std::unique_ptr<TrainedModel>& model,
                                                              const TrainingInput& input, CalibrationKind kind);

}  // namespace mlaas::train
