#include "mlaas/train/metrics/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "mlaas/base/random.h"

namespace mlaas::train {

namespace {

// Events by falling score; `tie` marks those that share the score of the one before.
struct Sorted {
  std::vector<double> weight;
  std::vector<uint8_t> isSignal;
  std::vector<uint8_t> tie;
};

Sorted sortedEvents(std::span<const float> score, std::span<const uint8_t> isSignal, std::span<const float> weight) {
  std::vector<uint32_t> order(score.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return score[a] > score[b]; });
  Sorted sorted;
  for (size_t i = 0; i < order.size(); ++i) {
    sorted.weight.push_back(static_cast<double>(weight[order[i]]));
    sorted.isSignal.push_back(isSignal[order[i]]);
    sorted.tie.push_back(i > 0 && score[order[i]] == score[order[i - 1]] ? 1 : 0);
  }
  return sorted;
}

// A Poisson number of mean 1 by inversion, from 32 random bits.
class PoissonOne {
 public:
  PoissonOne() {
    double probability = std::exp(-1.0);
    double sum = 0;
    for (size_t k = 0; k < limits_.size(); ++k) {
      sum += probability;
      limits_.at(k) = static_cast<uint64_t>(std::min(sum, 1.0) * 0x1p32);
      probability /= static_cast<double>(k + 1);
    }
  }
  uint32_t operator()(uint64_t bits) const {
    const uint64_t low = bits & 0xFFFFFFFFULL;
    uint32_t count = 0;
    while (count < limits_.size() && low >= limits_[count]) ++count;
    return count;
  }

 private:
  std::array<uint64_t, 12> limits_ = {};
};

std::optional<double> areaOfReplica(const Sorted& events, const PoissonOne& poisson, Random& random) {
  double signal = 0;
  double background = 0;
  double signalOfTie = 0;
  double backgroundOfTie = 0;
  double area = 0;
  const auto closeTie = [&] {
    area += backgroundOfTie * (signal + 0.5 * signalOfTie);
    signal += signalOfTie;
    background += backgroundOfTie;
    signalOfTie = backgroundOfTie = 0;
  };
  uint64_t bits = 0;
  for (size_t i = 0; i < events.weight.size(); ++i) {
    bits = i % 2 == 0 ? random.bits() : bits >> 32;
    if (events.tie[i] == 0) closeTie();
    (events.isSignal[i] != 0 ? signalOfTie : backgroundOfTie) += events.weight[i] * poisson(bits);
  }
  closeTie();
  if (!(signal > 0) || !(background > 0)) return std::nullopt;
  return area / signal / background;
}

}  // namespace

std::optional<BootstrapResult> bootstrapAuc(std::span<const float> score, std::span<const uint8_t> isSignal,
                                            std::span<const float> weight, int64_t replicas, uint64_t seed) {
  const Sorted events = sortedEvents(score, isSignal, weight);
  const PoissonOne poisson;
  std::vector<double> areas;
  for (int64_t replica = 0; replica < replicas; ++replica) {
    Random random(combineSeeds(seed, static_cast<uint64_t>(replica)));
    if (const auto area = areaOfReplica(events, poisson, random)) areas.push_back(*area);
  }
  if (areas.size() < 2) return std::nullopt;
  const auto count = static_cast<double>(areas.size());
  const double mean = std::accumulate(areas.begin(), areas.end(), 0.0) / count;
  double squares = 0;
  for (const double area : areas) squares += (area - mean) * (area - mean);
  std::sort(areas.begin(), areas.end());
  const auto quantile = [&](double q) {
    const double position = q * (count - 1);
    const auto below = static_cast<size_t>(position);
    const double share = position - static_cast<double>(below);
    return areas[below] + share * (areas[std::min(below + 1, areas.size() - 1)] - areas[below]);
  };
  return BootstrapResult{std::sqrt(squares / (count - 1)), quantile(0.158655), quantile(0.841345),
                         static_cast<int64_t>(areas.size())};
}

}  // namespace mlaas::train
