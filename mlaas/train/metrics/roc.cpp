#include "mlaas/train/metrics/roc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace mlaas::train {

namespace {

struct Sums {
  double signal = 0;
  double background = 0;
};

std::vector<uint32_t> fallingOrder(std::span<const float> score) {
  std::vector<uint32_t> order(score.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return score[a] > score[b]; });
  return order;
}

// End (exclusive) in `order` of the events that share the score of position `first`.
size_t endOfTie(std::span<const float> score, const std::vector<uint32_t>& order, size_t first) {
  size_t end = first + 1;
  while (end < order.size() && score[order[end]] == score[order[first]]) ++end;
  return end;
}

Sums sumOf(std::span<const uint32_t> events, std::span<const uint8_t> isSignal, std::span<const float> weight) {
  Sums sums;
  for (const uint32_t event : events) {
    (isSignal[event] != 0 ? sums.signal : sums.background) += static_cast<double>(weight[event]);
  }
  return sums;
}

// Variance of the area. Each event's share is w * (v - auc) / (sum of its class's weights), v being the fraction of the
// other class that it beats.
double aucVariance(std::span<const float> score, std::span<const uint8_t> isSignal, std::span<const float> weight,
                   const std::vector<uint32_t>& order, const Sums& total, double auc) {
  double variance = 0;
  Sums above;
  for (size_t first = 0; first < order.size();) {
    const size_t end = endOfTie(score, order, first);
    const auto tie = std::span(order).subspan(first, end - first);
    const Sums here = sumOf(tie, isSignal, weight);
    const double beaten = (total.background - above.background - 0.5 * here.background) / total.background;
    const double beatenBy = (above.signal + 0.5 * here.signal) / total.signal;
    for (const uint32_t event : tie) {
      const double share = isSignal[event] != 0 ? weight[event] * (beaten - auc) / total.signal
                                                : weight[event] * (beatenBy - auc) / total.background;
      variance += share * share;
    }
    above.signal += here.signal;
    above.background += here.background;
    first = end;
  }
  return variance;
}

}  // namespace

std::optional<Roc> computeRoc(std::span<const float> score, std::span<const uint8_t> isSignal,
                              std::span<const float> weight) {
  const auto order = fallingOrder(score);
  const Sums total = sumOf(order, isSignal, weight);
  if (!(total.signal > 0) || !(total.background > 0)) return std::nullopt;

  Roc roc;
  roc.points.push_back({std::numeric_limits<double>::infinity(), 0, 0});
  Sums above;
  double area = 0;
  for (size_t first = 0; first < order.size();) {
    const size_t end = endOfTie(score, order, first);
    const Sums here = sumOf(std::span(order).subspan(first, end - first), isSignal, weight);
    area += here.background * (above.signal + 0.5 * here.signal);
    above.signal += here.signal;
    above.background += here.background;
    roc.points.push_back(
        {static_cast<double>(score[order[first]]), above.signal / total.signal, above.background / total.background});
    first = end;
  }
  roc.auc = area / total.signal / total.background;
  roc.aucError = std::sqrt(aucVariance(score, isSignal, weight, order, total, roc.auc));
  return roc;
}

ClassView viewOfClass(const ScoredEvents& events, int64_t label) {
  ClassView view;
  view.score.resize(events.rows());
  view.isSignal.resize(events.rows());
  const auto outputs = static_cast<size_t>(events.numOutputs);
  for (size_t row = 0; row < events.rows(); ++row) {
    const float score = events.score[row * outputs + (outputs == 1 ? 0 : static_cast<size_t>(label))];
    view.score[row] = outputs == 1 && label == 0 ? 1 - score : score;
    view.isSignal[row] = events.label[row] == label ? 1 : 0;
  }
  return view;
}

std::vector<RocPoint> thinned(const std::vector<RocPoint>& points, size_t count) {
  if (points.size() <= count || count < 2) return points;
  std::vector<RocPoint> result;
  // Even steps of |dx| + |dy| keep the shape where the curve bends.
  double length = 0;
  for (size_t i = 1; i < points.size(); ++i) {
    length += std::abs(points[i].signalEfficiency - points[i - 1].signalEfficiency) +
              std::abs(points[i].backgroundEfficiency - points[i - 1].backgroundEfficiency);
  }
  const double step = length / static_cast<double>(count - 1);
  double walked = 0;
  result.push_back(points.front());
  for (size_t i = 1; i + 1 < points.size(); ++i) {
    walked += std::abs(points[i].signalEfficiency - points[i - 1].signalEfficiency) +
              std::abs(points[i].backgroundEfficiency - points[i - 1].backgroundEfficiency);
    if (walked >= step * static_cast<double>(result.size()) && result.size() + 1 < count) result.push_back(points[i]);
  }
  result.push_back(points.back());
  return result;
}

}  // namespace mlaas::train
