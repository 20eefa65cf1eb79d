// The efficiency of a cut in bins of a variable. Threads: functions of their arguments.
// Source of the error: the variance of a ratio of weighted sums, passed over all,
//         ((1 - e)^2 sum of w^2 that pass + e^2 sum of w^2 that fail) / (sum w)^2.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mlaas::train {

struct EfficiencyBin {
  double low = 0;
  double high = 0;
  int64_t events = 0;
  std::optional<double> efficiency;  // nothing where the weights do not sum to more than 0
  double error = 0;
};

// Bin i has values in [edges[i], edges[i + 1]); the last one includes its upper edge. Values outside, and NaN, are
// left out. `edges` ascend; one value an event.
std::vector<EfficiencyBin> efficiencyByBin(std::span<const float> variable, std::span<const uint8_t> passes,
                                           std::span<const float> weight, std::span<const double> edges);

// `bins` + 1 edges between which the finite values are spread evenly, fewer where values are equal; empty where there
// are no two different values.
std::vector<double> quantileEdges(std::span<const float> values, size_t bins);

// `bins` + 1 evenly spaced edges from the `tail` to the 1 - `tail` quantile of the finite values.
std::vector<double> evenEdges(std::span<const float> values, size_t bins, double tail);

}  // namespace mlaas::train
