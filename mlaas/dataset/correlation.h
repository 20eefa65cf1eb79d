// Correlations of columns of numbers, each pair over the rows in which both are finite. Mergeable: sums are kept around
// the pair's own means (Chan, Golub, LeVeque 1979).
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mlaas::dataset {

class Correlations {
 public:
  explicit Correlations(size_t numColumns) : numColumns_(numColumns), pairs_(numColumns * (numColumns + 1) / 2) {}

  size_t numColumns() const { return numColumns_; }

  // Adds rows; columns[i] are the numbers of column i, all of one length.
  void add(std::span<const std::span<const double>> columns);
  void merge(const Correlations& other);

  // Pearson's coefficient; nothing where fewer than two rows have both, or one of them is constant there.
  std::optional<double> coefficient(size_t i, size_t j) const;
  // Rows in which both are finite.
  int64_t numRows(size_t i, size_t j) const { return pair(i, j).rows; }

 private:
  // Sums over the rows that both columns have, around the means of these rows.
  struct Pair {
    int64_t rows = 0;
    double meanX = 0;
    double meanY = 0;
    double xx = 0;
    double yy = 0;
    double xy = 0;
    void merge(const Pair& other);
  };
  static size_t index(size_t i, size_t j) { return i * (i + 1) / 2 + j; }  // j <= i
  const Pair& pair(size_t i, size_t j) const { return pairs_[i < j ? index(j, i) : index(i, j)]; }

  size_t numColumns_;
  std::vector<Pair> pairs_;
};

}  // namespace mlaas::dataset
