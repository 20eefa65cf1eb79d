#include "mlaas/train/metrics/significance.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mlaas::train {

namespace {

constexpr size_t kNumCuts = 100;

struct Bin {
  double signal = 0;
  double background = 0;
  double backgroundSquared = 0;
};

// Index of the last cut that an event with `score` passes.
size_t cutIndex(float score) {
  const double scaled = static_cast<double>(score) * static_cast<double>(kNumCuts);
  if (!(scaled > 0)) return 0;
  auto index = std::min(kNumCuts - 1, static_cast<size_t>(scaled));
  // The product may be rounded across the cut.
  while (index > 0 && static_cast<double>(index) / kNumCuts > static_cast<double>(score)) --index;
  while (index + 1 < kNumCuts && static_cast<double>(index + 1) / kNumCuts <= static_cast<double>(score)) ++index;
  return index;
}

}  // namespace

std::optional<double> asimovSignificance(double signal, double background, double relativeError) {
  if (!(background > 0)) return std::nullopt;
  if (!(signal > 0)) return 0;
  // Below this the two logarithms cancel to rounding, and the uncertainty changes nothing.
  constexpr double kLeastShare = 1e-6;
  const double share = relativeError * relativeError * background;  // e^2 / b
  if (share > kLeastShare) {
    const double sum = signal + background;
    const double first = sum * std::log(sum * (1 + share) / (background + sum * share));
    const double second = background / share * std::log1p(share * signal / (background * (1 + share)));
    return std::sqrt(std::max(2 * (first - second), 0.0));
  }
  const double squared = 2 * ((signal + background) * std::log1p(signal / background) - signal);
  return std::sqrt(std::max(squared, 0.0));
}

SignificanceScan scanSignificance(std::span<const float> score, std::span<const uint8_t> isSignal,
                                  std::span<const float> weight, double signalScale, double backgroundScale,
                                  double leastBackground, double backgroundError) {
  std::array<Bin, kNumCuts> bins = {};
  for (size_t event = 0; event < score.size(); ++event) {
    Bin& bin = bins.at(cutIndex(score[event]));
    const auto w = static_cast<double>(weight[event]);
    (isSignal[event] != 0 ? bin.signal : bin.background) += w;
    if (isSignal[event] == 0) bin.backgroundSquared += w * w;
  }
  SignificanceScan scan;
  Bin above;
  for (size_t cut = kNumCuts; cut-- > 0;) {
    above.signal += bins.at(cut).signal;
    above.background += bins.at(cut).background;
    above.backgroundSquared += bins.at(cut).backgroundSquared;
    const double effective = above.background * above.background / above.backgroundSquared;
    if (!(above.background > 0) || !(effective >= leastBackground)) continue;
    SignificancePoint point;
    point.cut = static_cast<double>(cut) / kNumCuts;
    point.signal = above.signal * signalScale;
    point.background = above.background * backgroundScale;
    const auto significance = asimovSignificance(point.signal, point.background, backgroundError);
    if (!significance) continue;
    point.significance = *significance;
    scan.points.push_back(point);
    if (!scan.best || point.significance > scan.best->significance) scan.best = point;
  }
  std::reverse(scan.points.begin(), scan.points.end());
  return scan;
}

}  // namespace mlaas::train
