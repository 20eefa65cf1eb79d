// The weighted ROC curve, its area and the area's statistical error.
// Ties count half. Weights may be negative: sums are signed, and a class whose weights sum to nothing positive has no
// curve. Threads: functions of their arguments.
// Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988) 837, with weighted sums (the infinitesimal jackknife,
//         which a Poisson bootstrap over events approaches).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mlaas/train/metrics/scored_events.h"

namespace mlaas::train {

struct RocPoint {
  double threshold = 0;  // events with score >= threshold pass
  double signalEfficiency = 0;
  double backgroundEfficiency = 0;
};

struct Roc {
  double auc = 0;
  double aucError = 0;           // one standard deviation
  std::vector<RocPoint> points;  // falling thresholds; the first passes nothing, the last everything
};

// `score`, `isSignal` and `weight` have one value an event. Nothing where a class is empty or its weights do not sum
// to more than 0.
std::optional<Roc> computeRoc(std::span<const float> score, std::span<const uint8_t> isSignal,
                              std::span<const float> weight);

// Score column and class membership of `events` for the curve of class `label` against all others.
struct ClassView {
  std::vector<float> score;
  std::vector<uint8_t> isSignal;
};
ClassView viewOfClass(const ScoredEvents& events, int64_t label);

// At most `count` of the points, first and last included, spread evenly along the curve.
std::vector<RocPoint> thinned(const std::vector<RocPoint>& points, size_t count);

}  // namespace mlaas::train
