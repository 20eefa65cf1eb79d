#include "mlaas/dataset/reweighting_bins.h"

#include <algorithm>
#include <utility>

namespace mlaas::dataset {

ReweightingBins::ReweightingBins(std::vector<std::vector<double>> edges) : edges_(std::move(edges)) {
  for (const auto& one : edges_) size_ *= one.size() - 1;
}

size_t ReweightingBins::find(std::span<const double> row) const {
  size_t bin = 0;
  for (size_t i = 0; i < edges_.size(); ++i) {
    const auto& edges = edges_[i];
    // The inner edges alone decide.
    const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, row[i]);
    bin = bin * (edges.size() - 1) + static_cast<size_t>(above - edges.begin()) - 1;
  }
  return bin;
}

std::vector<double> reweightingFactors(std::span<const double> weights, std::span<const double> reference) {
  double sum = 0;
  double wanted = 0;
  for (size_t bin = 0; bin < weights.size(); ++bin) {
    sum += weights[bin];
    if (weights[bin] > 0) wanted += reference[bin];
  }
  std::vector<double> factors(weights.size());
  for (size_t bin = 0; bin < weights.size(); ++bin) {
    if (weights[bin] > 0 && wanted > 0) factors[bin] = reference[bin] / wanted * sum / weights[bin];
  }
  return factors;
}

}  // namespace mlaas::dataset
