#include "mlaas/dataset/correlation.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace mlaas::dataset {

namespace {

constexpr size_t kBlockRows = 512;  // of all columns at once in the cache

// One column's numbers of a block, less their mean; 0 where they are not finite.
struct Centred {
  double mean = 0;
  int64_t finite = 0;
  std::array<double, kBlockRows> values = {};
  std::array<double, kBlockRows> present = {};  // 1 where the number is finite, else 0
};

void centre(std::span<const double> values, Centred& result) {
  result = {};
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    result.present[i] = 1;
    sum += values[i];
    ++result.finite;
  }
  if (result.finite > 0) result.mean = sum / static_cast<double>(result.finite);
  for (size_t i = 0; i < values.size(); ++i) {
    if (result.present[i] > 0) result.values[i] = values[i] - result.mean;
  }
}

// In four strands, so that additions need not wait for each other.
double dot(const std::array<double, kBlockRows>& a, const std::array<double, kBlockRows>& b) {
  std::array<double, 4> sums = {};
  for (size_t i = 0; i < kBlockRows; i += 4) {
    for (size_t k = 0; k < 4; ++k) sums[k] += a[i + k] * b[i + k];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double dotSquare(const std::array<double, kBlockRows>& a, const std::array<double, kBlockRows>& b) {
  double sum = 0;
  for (size_t i = 0; i < kBlockRows; ++i) sum += a[i] * a[i] * b[i];
  return sum;
}

}  // namespace

void Correlations::Pair::merge(const Pair& other) {
  if (other.rows == 0) return;
  if (rows == 0) {
    *this = other;
    return;
  }
  const auto here = static_cast<double>(rows);
  const auto there = static_cast<double>(other.rows);
  const double dx = other.meanX - meanX;
  const double dy = other.meanY - meanY;
  const double factor = here * there / (here + there);
  meanX += dx * there / (here + there);
  meanY += dy * there / (here + there);
  xx += other.xx + dx * dx * factor;
  yy += other.yy + dy * dy * factor;
  xy += other.xy + dx * dy * factor;
  rows += other.rows;
}

void Correlations::add(std::span<const std::span<const double>> columns) {
  assert(columns.size() == numColumns_);
  const size_t numRows = columns.empty() ? 0 : columns.front().size();
  std::vector<Centred> centred(numColumns_);
  std::vector<double> squares(numColumns_);
  for (size_t first = 0; first < numRows; first += kBlockRows) {
    const size_t size = std::min(kBlockRows, numRows - first);
    for (size_t i = 0; i < numColumns_; ++i) {
      centre(columns[i].subspan(first, size), centred[i]);
      squares[i] = dot(centred[i].values, centred[i].values);
    }
    for (size_t i = 0; i < numColumns_; ++i) {
      const Centred& x = centred[i];
      for (size_t j = 0; j <= i; ++j) {
        const Centred& y = centred[j];
        Pair found;
        if (x.finite == static_cast<int64_t>(size) && y.finite == x.finite) {
          found = {x.finite, x.mean, y.mean, squares[i], squares[j], dot(x.values, y.values)};
        } else {
          const double rows = dot(x.present, y.present);
          if (rows == 0) continue;
          const double meanX = dot(x.values, y.present) / rows;
          const double meanY = dot(y.values, x.present) / rows;
          found = {static_cast<int64_t>(rows),
                   x.mean + meanX,
                   y.mean + meanY,
                   dotSquare(x.values, y.present) - rows * meanX * meanX,
                   dotSquare(y.values, x.present) - rows * meanY * meanY,
                   dot(x.values, y.values) - rows * meanX * meanY};
        }
        pairs_[index(i, j)].merge(found);
      }
    }
  }
}

void Correlations::merge(const Correlations& other) {
  assert(numColumns_ == other.numColumns_);
  for (size_t i = 0; i < pairs_.size(); ++i) pairs_[i].merge(other.pairs_[i]);
}

std::optional<double> Correlations::coefficient(size_t i, size_t j) const {
  const Pair& found = pair(i, j);
  // What rounding leaves of a constant column's squares is no spread.
  constexpr double kNoSpread = 1e-24;
  const auto isConstant = [&](double squares, double mean) {
    return !(squares > kNoSpread * mean * mean * static_cast<double>(found.rows));
  };
  if (found.rows < 2 || isConstant(found.xx, found.meanX) || isConstant(found.yy, found.meanY)) return std::nullopt;
  const double value = found.xy / (std::sqrt(found.xx) * std::sqrt(found.yy));
  if (!std::isfinite(value)) return std::nullopt;
  return std::clamp(value, -1.0, 1.0);
}

}  // namespace mlaas::dataset
