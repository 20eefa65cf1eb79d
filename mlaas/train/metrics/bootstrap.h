// Errors by resampling: every event counts as often as a Poisson number of mean 1 says.
// The same seed gives the same numbers on every machine. Threads: functions of their arguments.
// Source: Hanley, MacGibbon, Comput. Methods Programs Biomed. 83 (2006) 57 (Poisson bootstrap).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace mlaas::train {

struct BootstrapResult {
  double error = 0;  // standard deviation of the replicas
  double low = 0;    // of the central 68.3 %
  double high = 0;
  int64_t replicas = 0;  // that had both classes
};

// Of the area under the ROC curve. Nothing where fewer than two replicas have a curve.
std::optional<BootstrapResult> bootstrapAuc(std::span<const float> score, std::span<const uint8_t> isSignal,
                                            std::span<const float> weight, int64_t replicas, uint64_t seed);

}  // namespace mlaas::train
