#include "mlaas/dataset/weighted_histogram.h"

#include <algorithm>
#include <cmath>

namespace mlaas::dataset {

namespace {

// Beyond 2^52 bins from 0 an index would not be exact.
constexpr int kIndexBits = 52;

int64_t binOf(double value, double inverseWidth) { return static_cast<int64_t>(std::floor(value * inverseWidth)); }

// floor(index / 2), also of negative ones.
int64_t half(int64_t index) { return index >> 1; }

void addBin(WeightedHistogram::Bin& into, const WeightedHistogram::Bin& other) {
  into.entries += other.entries;
  into.sumWeights += other.sumWeights;
  into.sumSquares += other.sumSquares;
}

}  // namespace

double WeightedHistogram::width() const { return std::ldexp(1.0, exponent_); }
double WeightedHistogram::lowEdge() const { return std::ldexp(static_cast<double>(firstBin_), exponent_); }

void WeightedHistogram::add(std::span<const double> values, std::span<const double> weights) {
  if (values.empty()) return;
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  cover(*lowest, *highest);
  const double inverseWidth = std::ldexp(1.0, -exponent_);
  for (size_t i = 0; i < values.size(); ++i) {
    Bin& bin = bins_[static_cast<size_t>(binOf(values[i], inverseWidth) - firstBin_)];
    const double weight = weights.empty() ? 1.0 : weights[i];
    ++bin.entries;
    bin.sumWeights += weight;
    bin.sumSquares += weight * weight;
  }
}

// Makes bins for all numbers from `lowest` to `highest`.
void WeightedHistogram::cover(double lowest, double highest) {
  const double largest = std::max(std::abs(lowest), std::abs(highest));
  const int least = std::max(leastExponent_, largest > 0 ? std::ilogb(largest) + 1 - kIndexBits : leastExponent_);
  if (bins_.empty()) exponent_ = least;
  while (exponent_ < least) coarsen();
  while (true) {
    const double inverseWidth = std::ldexp(1.0, -exponent_);
    int64_t first = binOf(lowest, inverseWidth);
    int64_t last = binOf(highest, inverseWidth);
    if (!bins_.empty()) {
      first = std::min(first, firstBin_);
      last = std::max(last, firstBin_ + static_cast<int64_t>(bins_.size()) - 1);
    }
    if (last - first < kMostBins) return coverBins(first, last);
    coarsen();
  }
}

void WeightedHistogram::coverBins(int64_t first, int64_t last) {
  if (bins_.empty()) {
    firstBin_ = first;
    bins_.resize(static_cast<size_t>(last - first + 1));
    return;
  }
  bins_.insert(bins_.begin(), static_cast<size_t>(firstBin_ - first), Bin{});
  bins_.resize(static_cast<size_t>(last - first + 1));
  firstBin_ = first;
}

void WeightedHistogram::coarsen() {
  ++exponent_;
  if (bins_.empty()) return;
  const int64_t last = firstBin_ + static_cast<int64_t>(bins_.size()) - 1;
  std::vector<Bin> joined(static_cast<size_t>(half(last) - half(firstBin_) + 1));
  for (size_t i = 0; i < bins_.size(); ++i) {
    const int64_t index = half(firstBin_ + static_cast<int64_t>(i)) - half(firstBin_);
    addBin(joined[static_cast<size_t>(index)], bins_[i]);
  }
  firstBin_ = half(firstBin_);
  bins_ = std::move(joined);
}

void WeightedHistogram::merge(const WeightedHistogram& other) {
  if (other.bins_.empty()) return;
  if (bins_.empty()) {
    *this = other;
    return;
  }
  WeightedHistogram theirs = other;
  while (theirs.exponent_ < exponent_) theirs.coarsen();
  while (exponent_ < theirs.exponent_) coarsen();
  while (true) {
    const int64_t first = std::min(firstBin_, theirs.firstBin_);
    const int64_t last = std::max(firstBin_ + static_cast<int64_t>(bins_.size()),
                                  theirs.firstBin_ + static_cast<int64_t>(theirs.bins_.size())) -
                         1;
    if (last - first < kMostBins) {
      coverBins(first, last);
      break;
    }
    coarsen();
    theirs.coarsen();
  }
  for (size_t i = 0; i < theirs.bins_.size(); ++i) {
    addBin(bins_[static_cast<size_t>(theirs.firstBin_ - firstBin_) + i], theirs.bins_[i]);
  }
}

}  // namespace mlaas::dataset
