// A histogram that needs no range beforehand: bins are [i, i + 1) * 2^exponent, and where numbers need more than kMostBins
// of them, neighbours are joined and the exponent grows. It follows from the numbers alone which bins come out, and
// histograms merge without rounding any number into another bin.
// Threads: values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mlaas::dataset {

class WeightedHistogram {
 public:
  static constexpr int64_t kMostBins = 128;

  struct Bin {
    int64_t entries = 0;
    double sumWeights = 0;
    double sumSquares = 0;  // of the weights
  };

  // Bins no narrower than 2^leastExponent: 0 for integers.
  explicit WeightedHistogram(int leastExponent = -1000) : leastExponent_(leastExponent) {}

  // Adds finite numbers; weights[i] belongs to values[i], 1 where `weights` is empty.
  void add(std::span<const double> values, std::span<const double> weights);
  void merge(const WeightedHistogram& other);

  const std::vector<Bin>& bins() const { return bins_; }  // none before the first number
  double width() const;
  double lowEdge() const;  // of the first bin

 private:
  void cover(double lowest, double highest);
  void coverBins(int64_t first, int64_t last);
  void coarsen();

  int leastExponent_;
  int exponent_ = 0;
  int64_t firstBin_ = 0;
  std::vector<Bin> bins_;
};

}  // namespace mlaas::dataset
