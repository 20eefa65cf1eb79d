// Before a bundle takes its place: its model files, loaded anew as predicting and serving load them, must give the scores
// of the model that was trained.
// Errors:  kInternal (a score differs: row, both scores, file), those of the loader.
// Threads: functions of their arguments.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/model/bundle.h"
#include "mlaas/model/score_calibration.h"
#include "mlaas/train/event_sample.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

// Fills `scores` (resized to rows * numOutputs) for raw physics values.
using BundleScorer = std::function<Result<void>(const feature::Tensors& features, std::vector<float>& scores)>;
// Loads the models of `bundle` from Bundle::directory. Training knows no engine: the program that trains brings one.
using BundleLoader = std::function<Result<BundleScorer>(const model::Bundle& bundle)>;

struct BundleCheck {
  std::string part;  // whose events were scored
  int64_t events = 0;
  double largestDifference = 0;  // of targets relative to the largest size of the target

  nlohmann::ordered_json toJson() const;
};

inline constexpr double kScoreTolerance = 1e-5;

// `expected` and `found` are [rows, outputs]. Of a calibrated model `raw` are the scores before `calibration`: a steep
// calibration turns a rounding into more than the tolerance, so a score is right too where the calibration gives it for a
// raw score within the tolerance.
struct ScorePair {
  const std::vector<float>& expected;
  const std::vector<float>& found;
  size_t outputs = 1;
  bool areTargets = false;
  const std::vector<float>* raw = nullptr;
  const model::ScoreCalibration* calibration = nullptr;
};

// The largest difference; kInternal, with the first row that differs by more than the tolerance.
Result<double> compareScores(const ScorePair& scores);

// `model` and the bundle's files score `sample`.
Result<BundleCheck> checkBundle(const BundleLoader& load, const model::Bundle& bundle, TrainedModel& model,
                                const EventSample& sample, bool predictsTargets);

}  // namespace mlaas::train
