#include "mlaas/dataset/column_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "mlaas/base/random.h"
#include "mlaas/dataset/column_numbers.h"

namespace mlaas::dataset {

namespace {

constexpr std::array<std::pair<double, const char*>, 11> kQuantiles = {{{0.001, "0.001"},
                                                                        {0.01, "0.01"},
                                                                        {0.05, "0.05"},
                                                                        {0.1, "0.1"},
                                                                        {0.25, "0.25"},
                                                                        {0.5, "0.5"},
                                                                        {0.75, "0.75"},
                                                                        {0.9, "0.9"},
                                                                        {0.95, "0.95"},
                                                                        {0.99, "0.99"},
                                                                        {0.999, "0.999"}}};

Moments momentsOf(std::span<const double> values) {
  Moments result;
  if (values.empty()) return result;
  result.count = static_cast<int64_t>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  result.mean = sum / static_cast<double>(result.count);
  for (const double value : values) result.sumSquares += (value - result.mean) * (value - result.mean);
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  result.minimum = *lowest;
  result.maximum = *highest;
  return result;
}

// The weight of each value, by the rows that they belong to.
std::vector<double> weightsOfValues(const Column& column, std::span<const double> weights) {
  std::vector<double> result;
  if (weights.empty()) return result;
  const size_t perElement = column.type.valuesPerElement();
  for (size_t row = 0; row < weights.size(); ++row) {
    auto first = static_cast<int64_t>(row);
    auto last = first + 1;
    for (size_t level = 0; level < column.offsets.size(); ++level) {
      const auto offsets = column.offsetsAt(level);
      first = offsets[static_cast<size_t>(first)];
      last = offsets[static_cast<size_t>(last)];
    }
    result.insert(result.end(), static_cast<size_t>(last - first) * perElement, weights[row]);
  }
  return result;
}

std::vector<double> lengthsOf(std::span<const int64_t> offsets) {
  std::vector<double> lengths;
  for (size_t i = 1; i < offsets.size(); ++i) lengths.push_back(static_cast<double>(offsets[i] - offsets[i - 1]));
  return lengths;
}

template <class T>
void mergeRange(std::optional<std::pair<T, T>>& into, const std::optional<std::pair<T, T>>& other) {
  if (!other) return;
  if (!into) {
    into = other;
    return;
  }
  into->first = std::min(into->first, other->first);
  into->second = std::max(into->second, other->second);
}

bool hasIntegers(const ColumnType& type) { return !isFloating(type.dtype); }

}  // namespace

void NumberStatistics::add(std::span<const double> values, std::span<const double> weights) {
  std::vector<double> finite;
  std::vector<double> finiteWeights;
  if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) {
        ++numNaN_;
      } else if (std::isinf(values[i])) {
        ++numInfinite_;
      } else {
        finite.push_back(values[i]);
        if (!weights.empty()) finiteWeights.push_back(weights[i]);
      }
    }
    values = finite;
    weights = finiteWeights;
  }
  moments_.merge(momentsOf(values));
  histogram_.add(values, weights);
  sketch_.add(values);
  if (weights.empty()) {
    const auto count = static_cast<double>(values.size());
    sumWeights_ += count;
    for (const double value : values) sumWeightedValues_ += value;
    return;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    sumWeights_ += weights[i];
    sumWeightedValues_ += weights[i] * values[i];
  }
}

void NumberStatistics::merge(const NumberStatistics& other) {
  numNaN_ += other.numNaN_;
  numInfinite_ += other.numInfinite_;
  moments_.merge(other.moments_);
  sumWeights_ += other.sumWeights_;
  sumWeightedValues_ += other.sumWeightedValues_;
  histogram_.merge(other.histogram_);
  sketch_.merge(other.sketch_);
}

double NumberStatistics::deviation() const {
  return moments_.count == 0 ? 0 : std::sqrt(moments_.sumSquares / static_cast<double>(moments_.count));
}

nlohmann::ordered_json NumberStatistics::toJson() const {
  nlohmann::ordered_json json = {{"count", count()}, {"nan", numNaN_}, {"infinite", numInfinite_}};
  if (moments_.count == 0) return json;
  json["min"] = moments_.minimum;
  json["max"] = moments_.maximum;
  json["mean"] = moments_.mean;
  json["deviation"] = deviation();
  json["sum_weights"] = sumWeights_;
  // Weights of both signs may cancel: no mean then.
  json["weighted_mean"] = sumWeightedValues_ / sumWeights_;
  std::vector<double> fractions;
  for (const auto& [fraction, name] : kQuantiles) fractions.push_back(fraction);
  const auto found = sketch_.quantiles(fractions);
  auto quantiles = nlohmann::ordered_json::object();
  for (size_t i = 0; i < kQuantiles.size(); ++i) quantiles[kQuantiles[i].second] = found[i];
  json["quantiles"] = std::move(quantiles);
  json["quantile_rank_error"] = sketch_.rankError();
  nlohmann::ordered_json histogram = {{"low", histogram_.lowEdge()}, {"width", histogram_.width()}};
  for (const auto& bin : histogram_.bins()) {
    histogram["entries"].push_back(bin.entries);
    histogram["sum_weights"].push_back(bin.sumWeights);
    histogram["sum_squared_weights"].push_back(bin.sumSquares);
  }
  json["histogram"] = std::move(histogram);
  return json;
}

ColumnStatistics::ColumnStatistics(std::string name, const ColumnType& type, SketchOptions sketch)
    : name_(std::move(name)), type_(type), values_(sketch, hasIntegers(type)) {
  for (int level = 0; level < type.jaggedDepth; ++level) {
    lengths_.emplace_back(SketchOptions{sketch.size, mix64(sketch.seed + static_cast<uint64_t>(level))}, true);
  }
}

void ColumnStatistics::add(const Column& column, std::span<const double> weights, std::vector<double>* numbers) {
  for (size_t level = 0; level < lengths_.size(); ++level) {
    const auto lengths = lengthsOf(column.offsetsAt(level));
    lengths_[level].add(lengths, level == 0 ? weights : std::span<const double>{});
  }
  if (column.type.isString) return;
  auto values = columnNumbers(column);
  values_.add(values, weightsOfValues(column, weights));
  if (hasIntegers(column.type) && !values.empty()) {
    visitStoredDType(column.type.dtype, [&](auto zero) {
      using Value = decltype(zero);
      const auto stored = column.valuesAs<Value>().first(values.size());
      const auto [lowest, highest] = std::minmax_element(stored.begin(), stored.end());
      if constexpr (std::is_signed_v<Value> && std::is_integral_v<Value>) {
        mergeRange<int64_t>(signedRange_, std::pair<int64_t, int64_t>{*lowest, *highest});
      } else if constexpr (std::is_integral_v<Value>) {
        const bool isBool = column.type.dtype == DType::kBool;
        const std::pair<uint64_t, uint64_t> range{isBool ? *lowest != 0 : *lowest, isBool ? *highest != 0 : *highest};
        mergeRange<uint64_t>(unsignedRange_, range);
      }
    });
  }
  if (numbers != nullptr) *numbers = std::move(values);
}

void ColumnStatistics::merge(const ColumnStatistics& other) {
  if (type_.dtype != other.type_.dtype) type_.dtype = DType::kFloat64;
  values_.merge(other.values_);
  for (size_t level = 0; level < lengths_.size(); ++level) lengths_[level].merge(other.lengths_[level]);
  mergeRange(signedRange_, other.signedRange_);
  mergeRange(unsignedRange_, other.unsignedRange_);
  if (isFloating(type_.dtype)) {
    signedRange_.reset();
    unsignedRange_.reset();
  }
}

nlohmann::ordered_json ColumnStatistics::toJson() const {
  nlohmann::ordered_json json = {{"name", name_}, {"type", type_.name()}};
  if (!type_.isString) {
    json.update(values_.toJson());
    if (signedRange_) {
      json["min"] = signedRange_->first;
      json["max"] = signedRange_->second;
    } else if (unsignedRange_) {
      json["min"] = unsignedRange_->first;
      json["max"] = unsignedRange_->second;
    }
  }
  for (const auto& lengths : lengths_) json["lengths"].push_back(lengths.toJson());
  return json;
}

}  // namespace mlaas::dataset
