#include "mlaas/train/metrics/kolmogorov_smirnov.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace mlaas::train {

namespace {

struct Weighted {
  float value = 0;
  double weight = 0;
};

struct Sample {
  std::vector<Weighted> events;  // by rising value
  double sum = 0;
  double effective = 0;
};

Sample sortedSample(std::span<const float> values, std::span<const float> weights) {
  Sample sample;
  double squared = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto weight = static_cast<double>(weights[i]);
    sample.events.push_back({values[i], weight});
    sample.sum += weight;
    squared += weight * weight;
  }
  std::stable_sort(sample.events.begin(), sample.events.end(),
                   [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  sample.effective = squared > 0 ? sample.sum * sample.sum / squared : 0;
  return sample;
}

}  // namespace

double kolmogorovProbability(double lambda) {
  if (lambda <= 0) return 1;
  double q = 0;
  if (lambda < 1.18) {  // the other series of the same function converges faster here
    const double t = std::exp(-std::numbers::pi * std::numbers::pi / (8 * lambda * lambda));
    for (int k = 1; k <= 7; k += 2) q += std::pow(t, k * k);
    return std::clamp(1 - q * std::sqrt(2 * std::numbers::pi) / lambda, 0.0, 1.0);
  }
  for (int k = 1; k <= 5; ++k) q += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * lambda * lambda);
  return std::clamp(q, 0.0, 1.0);
}

std::optional<KolmogorovSmirnov> compareDistributions(std::span<const float> a, std::span<const float> weightA,
                                                      std::span<const float> b, std::span<const float> weightB) {
  const Sample first = sortedSample(a, weightA);
  const Sample second = sortedSample(b, weightB);
  if (!(first.sum > 0) || !(second.sum > 0)) return std::nullopt;
  KolmogorovSmirnov result;
  double belowFirst = 0;
  double belowSecond = 0;
  size_t i = 0;
  size_t j = 0;
  while (i < first.events.size() && j < second.events.size()) {
    const float value = std::min(first.events[i].value, second.events[j].value);
    while (i < first.events.size() && first.events[i].value <= value) belowFirst += first.events[i++].weight;
    while (j < second.events.size() && second.events[j].value <= value) belowSecond += second.events[j++].weight;
    result.distance = std::max(result.distance, std::abs(belowFirst / first.sum - belowSecond / second.sum));
  }
  const double root = std::sqrt(first.effective * second.effective / (first.effective + second.effective));
  result.pValue = kolmogorovProbability((root + 0.12 + 0.11 / root) * result.distance);
  return result;
}

}  // namespace mlaas::train
