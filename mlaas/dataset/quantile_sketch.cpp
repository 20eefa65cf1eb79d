#include "mlaas/dataset/quantile_sketch.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "mlaas/base/random.h"

namespace mlaas::dataset {

namespace {

// What a level keeps of the level above: the paper's constant.
constexpr double kShrink = 2.0 / 3.0;
// sqrt(2 ln(2 / 1e-6)): Hoeffding's bound for a sum of independent terms of mean 0, each within its weight.
constexpr double kDeviations = 5.3868;

}  // namespace

QuantileSketch::QuantileSketch(uint32_t size, uint64_t seed) : size_(size), seed_(seed), levels_(1) {
  assert(size >= kLeastSize);
}

// Level 0 is wide: sorting many numbers at once costs less, and its compactions hardly count.
size_t QuantileSketch::capacity(size_t level) const {
  if (level == 0) return 2 * size_t{size_};
  const auto below = static_cast<double>(levels_.size() - 1 - level);
  return std::max<size_t>(kLeastSize, static_cast<size_t>(std::ceil(size_ * std::pow(kShrink, below))));
}

void QuantileSketch::add(std::span<const double> values) {
  count_ += static_cast<int64_t>(values.size());
  while (!values.empty()) {
    auto& base = levels_.front();
    const size_t taken = std::min(values.size(), capacity(0) - std::min(capacity(0), base.size()) + 1);
    base.insert(base.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(taken));
    values = values.subspan(taken);
    if (base.size() > capacity(0)) compactFullLevels();
  }
}

void QuantileSketch::merge(const QuantileSketch& other) {
  assert(size_ == other.size_);
  count_ += other.count_;
  worstError_ += other.worstError_;
  squaredErrors_ += other.squaredErrors_;
  if (levels_.size() < other.levels_.size()) levels_.resize(other.levels_.size());
  for (size_t level = 0; level < other.levels_.size(); ++level) {
    auto& own = levels_[level];
    const auto middle = static_cast<std::ptrdiff_t>(own.size());
    own.insert(own.end(), other.levels_[level].begin(), other.levels_[level].end());
    if (level > 0) std::inplace_merge(own.begin(), own.begin() + middle, own.end());
  }
  compactFullLevels();
}

void QuantileSketch::compactFullLevels() {
  for (size_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].size() > capacity(level)) compact(level);
  }
}

// Every second number of a level goes up and stands for two; a coin decides which.
void QuantileSketch::compact(size_t level) {
  if (level + 1 == levels_.size()) levels_.emplace_back();
  auto& numbers = levels_[level];
  if (level == 0) std::sort(numbers.begin(), numbers.end());
  // Of an odd number of them the last stays.
  std::vector<double> left;
  if (numbers.size() % 2 != 0) {
    left.push_back(numbers.back());
    numbers.pop_back();
  }
  const size_t first = mix64(seed_ ^ mix64(numCompactions_++)) & 1;
  auto& above = levels_[level + 1];
  const auto middle = static_cast<std::ptrdiff_t>(above.size());
  for (size_t i = first; i < numbers.size(); i += 2) above.push_back(numbers[i]);
  std::inplace_merge(above.begin(), above.begin() + middle, above.end());
  numbers = std::move(left);
  const double weight = std::ldexp(1.0, static_cast<int>(level));
  worstError_ += weight;
  squaredErrors_ += weight * weight;
}

double QuantileSketch::quantile(double q) const { return quantiles(std::span(&q, 1)).front(); }

std::vector<double> QuantileSketch::quantiles(std::span<const double> fractions) const {
  std::vector<std::pair<double, int64_t>> numbers;  // with what each stands for
  for (size_t level = 0; level < levels_.size(); ++level) {
    for (const double value : levels_[level]) numbers.emplace_back(value, int64_t{1} << level);
  }
  std::sort(numbers.begin(), numbers.end());
  for (size_t i = 1; i < numbers.size(); ++i) numbers[i].second += numbers[i - 1].second;
  std::vector<double> result;
  for (const double q : fractions) {
    const auto rank = static_cast<int64_t>(std::ceil(q * static_cast<double>(count_)));
    const auto found = std::lower_bound(numbers.begin(), numbers.end(), rank,
                                        [](const auto& number, int64_t wanted) { return number.second < wanted; });
    if (numbers.empty()) {
      result.push_back(std::numeric_limits<double>::quiet_NaN());
    } else {
      result.push_back(found == numbers.end() ? numbers.back().first : found->first);
    }
  }
  return result;
}

double QuantileSketch::rankError() const {
  if (worstError_ == 0) return 0;
  const double probable = kDeviations * std::sqrt(squaredErrors_);
  // A number that stands for several has several ranks.
  const double ranksOfOne = std::ldexp(1.0, static_cast<int>(levels_.size()) - 1);
  return (std::min(worstError_, probable) + ranksOfOne) / static_cast<double>(count_);
}

}  // namespace mlaas::dataset
