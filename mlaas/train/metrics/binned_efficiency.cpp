#include "mlaas/train/metrics/binned_efficiency.h"

#include <algorithm>
#include <cmath>

namespace mlaas::train {

namespace {

struct Sums {
  int64_t events = 0;
  double all = 0;
  double passed = 0;
  double passedSquared = 0;
  double failedSquared = 0;
};

std::vector<float> sortedFinite(std::span<const float> values) {
  std::vector<float> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted), [](float x) { return std::isfinite(x); });
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

std::vector<EfficiencyBin> efficiencyByBin(std::span<const float> variable, std::span<const uint8_t> passes,
                                           std::span<const float> weight, std::span<const double> edges) {
  if (edges.size() < 2) return {};
  std::vector<Sums> sums(edges.size() - 1);
  for (size_t i = 0; i < variable.size(); ++i) {
    const auto x = static_cast<double>(variable[i]);
    if (!(x >= edges.front() && x <= edges.back())) continue;
    const auto above = std::upper_bound(edges.begin(), edges.end(), x) - edges.begin();
    Sums& bin = sums[std::min(static_cast<size_t>(above) - 1, sums.size() - 1)];
    const auto w = static_cast<double>(weight[i]);
    ++bin.events;
    bin.all += w;
    if (passes[i] != 0) bin.passed += w;
    (passes[i] != 0 ? bin.passedSquared : bin.failedSquared) += w * w;
  }
  std::vector<EfficiencyBin> result;
  for (size_t bin = 0; bin < sums.size(); ++bin) {
    EfficiencyBin out{edges[bin], edges[bin + 1], sums[bin].events, std::nullopt, 0};
    if (sums[bin].all > 0) {
      const double e = sums[bin].passed / sums[bin].all;
      out.efficiency = e;
      out.error =
          std::sqrt((1 - e) * (1 - e) * sums[bin].passedSquared + e * e * sums[bin].failedSquared) / sums[bin].all;
    }
    result.push_back(out);
  }
  return result;
}

std::vector<double> quantileEdges(std::span<const float> values, size_t bins) {
  const auto sorted = sortedFinite(values);
  std::vector<double> edges;
  if (sorted.empty()) return edges;
  for (size_t i = 0; i <= bins; ++i) {
    const auto edge = static_cast<double>(sorted[(sorted.size() - 1) * i / bins]);
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  if (edges.size() < 2) edges.clear();
  return edges;
}

std::vector<double> evenEdges(std::span<const float> values, size_t bins, double tail) {
  const auto sorted = sortedFinite(values);
  if (sorted.empty()) return {};
  const auto last = static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<double>(sorted[static_cast<size_t>(std::floor(last * tail))]);
  const auto high = static_cast<double>(sorted[static_cast<size_t>(std::ceil(last * (1 - tail)))]);
  if (!(high > low)) return {};
  std::vector<double> edges;
  for (size_t i = 0; i <= bins; ++i) {
    edges.push_back(low + (high - low) * static_cast<double>(i) / static_cast<double>(bins));
  }
  return edges;
}

}  // namespace mlaas::train
