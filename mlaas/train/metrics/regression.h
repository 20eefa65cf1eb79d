// How near predictions come to their targets: residual = prediction - target, weighted with signs throughout.
//   bias        mean residual
//   rmse, mae   root of the mean square of residuals, mean of their absolute value
//   r2          1 - sum w residual^2 / sum w (target - mean target)^2
//   resolution  half the distance of the residuals' 16 % and 84 % quantiles: one deviation where they are normal. Events
//               of negative weight count with it in the cumulative sum
// In bins of the target there is the same, relative to it as well: (prediction - target) / |target|.
// Threads: functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mlaas::train {

struct Residuals {
  int64_t events = 0;
  double sumWeights = 0;
  // Nothing where the sum of weights is not above 0.
  std::optional<double> bias;
  std::optional<double> rmse;
  std::optional<double> mae;
  std::optional<double> resolution;
  std::optional<double> relativeBias;        // median of the relative residuals of targets that are not 0
  std::optional<double> relativeResolution;  // as resolution
};

struct TargetBin {
  double low = 0;  // the target lies in [low, high), of the last bin in [low, high]
  double high = 0;
  Residuals residuals;
};

struct RegressionQuality {
  Residuals all;
  std::optional<double> r2;
  std::vector<TargetBin> bins;  // ascending; about as many events in each
};

// All spans have the same length.
RegressionQuality judgeRegression(std::span<const float> prediction, std::span<const float> target,
                                  std::span<const float> weight, size_t numBins);

}  // namespace mlaas::train
