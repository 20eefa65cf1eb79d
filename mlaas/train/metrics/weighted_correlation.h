// Pearson's coefficient of weighted pairs. Threads: functions of their arguments.
#pragma once

#include <optional>
#include <span>

namespace mlaas::train {

// Over the events in which both are finite; weights may be negative. Nothing where a variance is not above 0.
std::optional<double> weightedCorrelation(std::span<const float> x, std::span<const float> y,
                                          std::span<const float> weight);

}  // namespace mlaas::train
