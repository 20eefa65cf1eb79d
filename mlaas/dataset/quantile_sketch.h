// Quantiles of very many numbers in little memory, mergeable: the sketch of Karnin, Lang and Liberty (FOCS 2016), whose
// coins come from a seed, so that the same numbers in the same order give the same sketch on every machine.
// Error:   a quantile q is a number of the input whose rank lies within rankError() * count() of q * count(), with a
//          probability of 1 - 1e-6 over the coins (Hoeffding's bound over the compactions that took place); 0 as long as
//          nothing was compacted, which are 2 * size numbers at least.
// Memory:  about 4 * size numbers of 8 bytes, whatever the count.
// Threads: values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mlaas::dataset {

class QuantileSketch {
 public:
  static constexpr uint32_t kLeastSize = 8;

  // `size` is at least kLeastSize; the error is about 11 / size.
  QuantileSketch(uint32_t size, uint64_t seed);

  // Adds numbers that are not NaN.
  void add(std::span<const double> values);
  // Adds what `other`, of the same size, has seen.
  void merge(const QuantileSketch& other);

  int64_t count() const { return count_; }
  // The smallest number kept whose rank is at least q * count(), q in [0, 1]; NaN of no numbers.
  double quantile(double q) const;
  std::vector<double> quantiles(std::span<const double> fractions) const;
  // As a fraction of count().
  double rankError() const;

 private:
  // Level h holds numbers that stand for 2^h each; sorted but for level 0.
  size_t capacity(size_t level) const;
  void compactFullLevels();
  void compact(size_t level);

  uint32_t size_;
  uint64_t seed_;
  uint64_t numCompactions_ = 0;
  int64_t count_ = 0;
  double worstError_ = 0;     // sum of 2^h over the compactions at level h
  double squaredErrors_ = 0;  // sum of 4^h
  std::vector<std::vector<double>> levels_;
};

}  // namespace mlaas::dataset
