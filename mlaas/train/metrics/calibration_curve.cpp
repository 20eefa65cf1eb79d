#include "mlaas/train/metrics/calibration_curve.h"

#include <algorithm>
#include <cmath>

namespace mlaas::train {

namespace {

struct Sums {
  double weight = 0;
  double score = 0;
  double signal = 0;
  double signalSquared = 0;  // sums of w^2
  double backgroundSquared = 0;
};

CalibrationBin binOf(const Sums& sums, size_t bin, size_t numBins) {
  CalibrationBin result;
  result.low = static_cast<double>(bin) / static_cast<double>(numBins);
  result.high = static_cast<double>(bin + 1) / static_cast<double>(numBins);
  result.sumWeights = sums.weight;
  result.meanScore = sums.score / sums.weight;
  result.signalFraction = sums.signal / sums.weight;
  const double p = result.signalFraction;
  result.error =
      std::sqrt((1 - p) * (1 - p) * sums.signalSquared + p * p * sums.backgroundSquared) / std::abs(sums.weight);
  return result;
}

}  // namespace

CalibrationCurve computeCalibration(std::span<const float> score, std::span<const uint8_t> isSignal,
                                    std::span<const float> weight, size_t numBins) {
  std::vector<Sums> bins(numBins);
  for (size_t i = 0; i < score.size(); ++i) {
    const double position = static_cast<double>(score[i]) * static_cast<double>(numBins);
    Sums& sums = bins[position > 0 ? std::min(numBins - 1, static_cast<size_t>(position)) : 0];
    const auto w = static_cast<double>(weight[i]);
    sums.weight += w;
    sums.score += w * static_cast<double>(score[i]);
    if (isSignal[i] != 0) sums.signal += w;
    (isSignal[i] != 0 ? sums.signalSquared : sums.backgroundSquared) += w * w;
  }
  CalibrationCurve curve;
  double total = 0;
  for (size_t bin = 0; bin < numBins; ++bin) {
    if (!(bins[bin].weight > 0)) continue;
    curve.bins.push_back(binOf(bins[bin], bin, numBins));
    const double distance = std::abs(curve.bins.back().signalFraction - curve.bins.back().meanScore);
    curve.expectedError += bins[bin].weight * distance;
    curve.largestError = std::max(curve.largestError, distance);
    total += bins[bin].weight;
  }
  if (total > 0) curve.expectedError /= total;
  return curve;
}

}  // namespace mlaas::train
