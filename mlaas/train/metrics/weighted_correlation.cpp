#include "mlaas/train/metrics/weighted_correlation.h"

#include <algorithm>
#include <cmath>

namespace mlaas::train {

std::optional<double> weightedCorrelation(std::span<const float> x, std::span<const float> y,
                                          std::span<const float> weight) {
  double sum = 0;
  double meanX = 0;
  double meanY = 0;
  const auto usable = [&](size_t i) { return std::isfinite(x[i]) && std::isfinite(y[i]); };
  for (size_t i = 0; i < x.size(); ++i) {
    if (!usable(i)) continue;
    const auto w = static_cast<double>(weight[i]);
    sum += w;
    meanX += w * static_cast<double>(x[i]);
    meanY += w * static_cast<double>(y[i]);
  }
  if (!(sum > 0)) return std::nullopt;
  meanX /= sum;
  meanY /= sum;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!usable(i)) continue;
    const auto w = static_cast<double>(weight[i]);
    const double dx = static_cast<double>(x[i]) - meanX;
    const double dy = static_cast<double>(y[i]) - meanY;
    xx += w * dx * dx;
    yy += w * dy * dy;
    xy += w * dx * dy;
  }
  if (!(xx > 0) || !(yy > 0)) return std::nullopt;
  return std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0);
}

}  // namespace mlaas::train
