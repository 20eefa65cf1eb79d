// Factors by bins of one or two variables, which give each class a wanted distribution of them.
// Threads: immutable values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mlaas::dataset {

// Bins of one or two variables, the first one's outermost; the outer bins of each take what lies beyond their edges.
class ReweightingBins {
 public:
  // Of each variable at least two edges, ascending.
  explicit ReweightingBins(std::vector<std::vector<double>> edges);
  size_t size() const { return size_; }
  size_t numVariables() const { return edges_.size(); }
  // The bin of a row; row[i] is the value of variable i, not NaN.
  size_t find(std::span<const double> row) const;

 private:
  std::vector<std::vector<double>> edges_;
  size_t size_ = 1;
};

// The factor of each bin for a class with these sums of weights, so that they become proportional to `reference` and
// keep their sum. A bin whose weights do not sum to more than 0 cannot become so: its factor is 0.
std::vector<double> reweightingFactors(std::span<const double> weights, std::span<const double> reference);

struct ReweightingTable {
  ReweightingBins bins;
  std::vector<std::vector<double>> factors;  // by label, of each bin
};

}  // namespace mlaas::dataset
