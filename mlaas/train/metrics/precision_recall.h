// The weighted precision-recall curve and the average precision.
// Ties share one point. Sums are signed, so that precision may leave [0, 1] where weights are negative.
// Threads: functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mlaas::train {

struct PrecisionRecallPoint {
  double threshold = 0;  // events with score >= threshold pass
  double precision = 0;
  double recall = 0;
};

struct PrecisionRecall {
  double averagePrecision = 0;               // sum of precision times the step in recall
  std::vector<PrecisionRecallPoint> points;  // falling thresholds
};

// One value an event. Nothing where the weights of signal do not sum to more than 0.
std::optional<PrecisionRecall> computePrecisionRecall(std::span<const float> score, std::span<const uint8_t> isSignal,
                                                      std::span<const float> weight);

// At most about `count` of the points, evenly in recall; the last one included.
std::vector<PrecisionRecallPoint> thinned(const std::vector<PrecisionRecallPoint>& points, size_t count);

}  // namespace mlaas::train
