// Weighted log loss, accuracy and confusion of a classifier. Threads: functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mlaas/train/metrics/scored_events.h"

namespace mlaas::train {

// sum(w * -ln p(label)) / sum |w|, probabilities cut at 1e-7; signed weights stay signed in the sum above, as in
// training. 0 without events.
double logLoss(const ScoredEvents& events);

// Label that the model gives: the largest score, or for two classes 1 from `threshold` on.
std::vector<int32_t> predictedLabels(const ScoredEvents& events, double threshold);

struct Confusion {
  int64_t numClasses = 0;
  std::vector<int64_t> events;  // [true, predicted]
  std::vector<double> weights;  // [true, predicted]
  // Weight on the diagonal over all weight; nothing where that is not above 0.
  std::optional<double> accuracy() const;
};
Confusion confusionMatrix(const ScoredEvents& events, int64_t numClasses, double threshold);

}  // namespace mlaas::train
