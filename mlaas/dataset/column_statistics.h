// What one pass finds out about a column of any type: its numbers, and the lengths of its lists or strings. Partial
// results of pieces merge; merged in a fixed order they are the same whatever thread made which.
// Numbers: quantiles within a stated error (quantile_sketch.h), all else exact but for rounding; sums are of float64.
// Threads: values.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/dataset/quantile_sketch.h"
#include "mlaas/dataset/statistics.h"
#include "mlaas/dataset/weighted_histogram.h"

namespace mlaas::dataset {

// How much a column's statistics keep.
struct SketchOptions {
  uint32_t size = 2048;
  uint64_t seed = 1;
};

// Any number of numbers.
class NumberStatistics {
 public:
  NumberStatistics(SketchOptions sketch, bool integers)
      : histogram_(integers ? WeightedHistogram(0) : WeightedHistogram()), sketch_(sketch.size, sketch.seed) {}

  // weights[i] belongs to values[i]; all are 1 where `weights` is empty.
  void add(std::span<const double> values, std::span<const double> weights);
  void merge(const NumberStatistics& other);

  int64_t count() const { return moments_.count + numNaN_ + numInfinite_; }
  int64_t numNaN() const { return numNaN_; }
  int64_t numInfinite() const { return numInfinite_; }
  const Moments& moments() const { return moments_; }  // of the finite ones
  double deviation() const;
  double quantile(double q) const { return sketch_.quantile(q); }
  nlohmann::ordered_json toJson() const;

 private:
  int64_t numNaN_ = 0;
  int64_t numInfinite_ = 0;
  Moments moments_;
  double sumWeights_ = 0;         // of the finite ones
  double sumWeightedValues_ = 0;  // of weight * value
  WeightedHistogram histogram_;
  QuantileSketch sketch_;
};

class ColumnStatistics {
 public:
  ColumnStatistics(std::string name, const ColumnType& type, SketchOptions sketch);

  // Adds the rows of a column of this type; weights[row], 1 each where empty. `numbers`, where given, becomes the values
  // as float64.
  void add(const Column& column, std::span<const double> weights, std::vector<double>* numbers = nullptr);
  // `other` has the same depth of lists; numbers of another type make the result one of float64.
  void merge(const ColumnStatistics& other);

  const std::string& name() const { return name_; }
  const ColumnType& type() const { return type_; }
  const NumberStatistics& values() const { return values_; }
  const std::vector<NumberStatistics>& lengths() const { return lengths_; }  // by level, outermost first
  nlohmann::ordered_json toJson() const;

 private:
  template <class T>
  using Range = std::optional<std::pair<T, T>>;

  std::string name_;
  ColumnType type_;
  NumberStatistics values_;  // none of a string column
  std::vector<NumberStatistics> lengths_;
  // Of integers, which float64 would round.
  Range<int64_t> signedRange_;
  Range<uint64_t> unsignedRange_;
};

}  // namespace mlaas::dataset
