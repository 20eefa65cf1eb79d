#include "mlaas/train/metrics/regression.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace mlaas::train {

namespace {

constexpr double kLowerRank = 0.15865525393145707;  // of one deviation below the mean of a normal distribution

struct Weighted {
  double value = 0;
  double weight = 0;
};

// The value at which the cumulative weight first reaches `rank` of the sum; `values` ascending.
double quantileOf(const std::vector<Weighted>& values, double sum, double rank) {
  double below = 0;
  for (const Weighted& one : values) {
    below += one.weight;
    if (below >= rank * sum) return one.value;
  }
  return values.back().value;
}

struct Spread {
  double median = 0;
  double half = 0;
};

std::optional<Spread> spreadOf(std::vector<Weighted>& values) {
  const double sum =
      std::accumulate(values.begin(), values.end(), 0.0, [](double s, const Weighted& one) { return s + one.weight; });
  if (!(sum > 0)) return std::nullopt;
  std::ranges::sort(values, {}, &Weighted::value);
  const double low = quantileOf(values, sum, kLowerRank);
  const double high = quantileOf(values, sum, 1 - kLowerRank);
  return Spread{quantileOf(values, sum, 0.5), (high - low) / 2};
}

struct Events {
  std::span<const float> prediction;
  std::span<const float> target;
  std::span<const float> weight;
};

Residuals residualsOf(const Events& events, std::span<const uint32_t> rows) {
  Residuals result;
  result.events = static_cast<int64_t>(rows.size());
  double sum = 0;
  double squares = 0;
  double absolute = 0;
  std::vector<Weighted> residuals;
  std::vector<Weighted> relative;
  for (const uint32_t row : rows) {
    const auto target = static_cast<double>(events.target[row]);
    const double residual = static_cast<double>(events.prediction[row]) - target;
    const auto weight = static_cast<double>(events.weight[row]);
    result.sumWeights += weight;
    sum += weight * residual;
    squares += weight * residual * residual;
    absolute += weight * std::abs(residual);
    residuals.push_back({residual, weight});
    if (target != 0) relative.push_back({residual / std::abs(target), weight});
  }
  if (!(result.sumWeights > 0)) return result;
  result.bias = sum / result.sumWeights;
  if (squares >= 0) result.rmse = std::sqrt(squares / result.sumWeights);
  result.mae = absolute / result.sumWeights;
  if (const auto spread = spreadOf(residuals)) result.resolution = spread->half;
  if (const auto spread = spreadOf(relative)) {
    result.relativeBias = spread->median;
    result.relativeResolution = spread->half;
  }
  return result;
}

std::optional<double> explainedVariance(const Events& events) {
  double sum = 0;
  double mean = 0;
  for (size_t i = 0; i < events.target.size(); ++i) {
    sum += static_cast<double>(events.weight[i]);
    mean += static_cast<double>(events.weight[i]) * static_cast<double>(events.target[i]);
  }
  if (!(sum > 0)) return std::nullopt;
  mean /= sum;
  double residual = 0;
  double total = 0;
  for (size_t i = 0; i < events.target.size(); ++i) {
    const auto weight = static_cast<double>(events.weight[i]);
    const auto target = static_cast<double>(events.target[i]);
    residual += weight * std::pow(static_cast<double>(events.prediction[i]) - target, 2);
    total += weight * std::pow(target - mean, 2);
  }
  if (!(total > 0)) return std::nullopt;
  return 1 - residual / total;
}

}  // namespace

RegressionQuality judgeRegression(std::span<const float> prediction, std::span<const float> target,
                                  std::span<const float> weight, size_t numBins) {
  assert(prediction.size() == target.size() && weight.size() == target.size());
  const Events events{prediction, target, weight};
  std::vector<uint32_t> rows(target.size());
  std::iota(rows.begin(), rows.end(), 0U);
  RegressionQuality quality;
  quality.all = residualsOf(events, rows);
  quality.r2 = explainedVariance(events);
  std::ranges::stable_sort(rows, {}, [&](uint32_t row) { return target[row]; });
  size_t first = 0;
  for (size_t bin = 0; bin < numBins && first < rows.size(); ++bin) {
    size_t last = std::max(first + 1, (bin + 1) * rows.size() / numBins);
    // Equal targets stay together.
    while (last < rows.size() && target[rows[last]] == target[rows[last - 1]]) ++last;
    TargetBin& one = quality.bins.emplace_back();
    one.low = static_cast<double>(target[rows[first]]);
    one.high = static_cast<double>(target[rows[std::min(last, rows.size() - 1)]]);
    one.residuals = residualsOf(events, std::span(rows).subspan(first, last - first));
    first = last;
  }
  return quality;
}

}  // namespace mlaas::train
