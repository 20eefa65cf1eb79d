#include "mlaas/train/metrics/precision_recall.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mlaas::train {

std::optional<PrecisionRecall> computePrecisionRecall(std::span<const float> score, std::span<const uint8_t> isSignal,
                                                      std::span<const float> weight) {
  std::vector<uint32_t> order(score.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return score[a] > score[b]; });
  double total = 0;
  for (size_t i = 0; i < score.size(); ++i) total += isSignal[i] != 0 ? static_cast<double>(weight[i]) : 0;
  if (!(total > 0)) return std::nullopt;

  PrecisionRecall result;
  double signal = 0;
  double all = 0;
  double recall = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t event = order[i];
    const auto w = static_cast<double>(weight[event]);
    all += w;
    if (isSignal[event] != 0) signal += w;
    if (i + 1 < order.size() && score[order[i + 1]] == score[event]) continue;
    if (all == 0) continue;  // no precision: the next point takes the step
    const double precision = signal / all;
    result.averagePrecision += precision * (signal / total - recall);
    recall = signal / total;
    result.points.push_back({static_cast<double>(score[event]), precision, recall});
  }
  return result;
}

std::vector<PrecisionRecallPoint> thinned(const std::vector<PrecisionRecallPoint>& points, size_t count) {
  if (points.size() <= count || count < 2) return points;
  std::vector<PrecisionRecallPoint> result = {points.front()};
  const double step = 1.0 / static_cast<double>(count - 1);
  for (size_t i = 1; i + 1 < points.size(); ++i) {
    if (std::abs(points[i].recall - result.back().recall) >= step) result.push_back(points[i]);
  }
  result.push_back(points.back());
  return result;
}

}  // namespace mlaas::train
