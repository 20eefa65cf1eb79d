// A monotone function from a model's score to a probability, fitted on events that the model was not trained on.
// Platt: 1 / (1 + exp(-(slope ln(s / (1 - s)) + offset))), s kept within [1e-7, 1 - 1e-7].
// Isotonic: linear between points, flat beyond the first and the last.
// The same in an ONNX graph (appendCalibration) and beside trees (ScoreCalibration::apply).
// Threads: values; functions of their arguments.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::model {

struct ScoreCalibration {
  enum class Kind { kPlatt, kIsotonic };
  Kind kind = Kind::kPlatt;
  double slope = 1;
  double offset = 0;
  struct Point {
    float score = 0;
    float probability = 0;
    bool operator==(const Point&) const = default;
  };
  std::vector<Point> points;  // ascending scores, probabilities that do not fall; at least one with kIsotonic
  bool operator==(const ScoreCalibration&) const = default;

  // In place; NaN stays.
  void apply(std::span<float> scores) const;
  nlohmann::ordered_json toJson() const;
  // kCorrupt where the object is not one that toJson() could write.
  static Result<ScoreCalibration> fromJson(const nlohmann::ordered_json& json);
};

// The serialised ModelProto `onnx` with the calibration behind its output `scores`, which keeps its name. kInternal where
// there is no such output.
Result<std::string> appendCalibration(const std::string& onnx, const ScoreCalibration& calibration);

}  // namespace mlaas::model
