#include "mlaas/dataset/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "mlaas/base/random.h"
#include "mlaas/feature/transform.h"

namespace mlaas::dataset {

namespace {

// Values of one feature, `stride` floats apart from each other.
struct Strided {
  const float* first;
  size_t stride;
  float operator[](size_t i) const { return first[i * stride]; }
};

// Rank errors of half a percent; as `mlaas stats` has them.
constexpr uint32_t kSketchSize = 2048;

// Sums are taken in so many lanes, which are added at the end.
constexpr size_t kLanes = 8;

// f(value, lane) of all values, in lanes that vector instructions take together.
template <class F>
void forLanes(std::span<const float> values, F f) {
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) f(values[i + lane], lane);
  }
  for (size_t lane = 0; i < values.size(); ++i, ++lane) f(values[i], lane);
}

// The moments of values that are all finite.
Moments momentsOf(std::span<const float> values) {
  Moments result;
  if (values.empty()) return result;
  result.count = static_cast<int64_t>(values.size());
  std::array<double, kLanes> sums = {};
  std::array<float, kLanes> lowest;
  lowest.fill(values.front());
  std::array<float, kLanes> highest = lowest;
  forLanes(values, [&](float value, size_t lane) {
    sums[lane] += static_cast<double>(value);
    lowest[lane] = std::min(lowest[lane], value);
    highest[lane] = std::max(highest[lane], value);
  });
  const double mean = std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(result.count);
  std::array<double, kLanes> squares = {};
  forLanes(values, [&](float value, size_t lane) {
    const double difference = static_cast<double>(value) - mean;
    squares[lane] += difference * difference;
  });
  result.mean = mean;
  result.sumSquares = std::accumulate(squares.begin(), squares.end(), 0.0);
  result.minimum = static_cast<double>(*std::ranges::min_element(lowest));
  result.maximum = static_cast<double>(*std::ranges::max_element(highest));
  return result;
}

// Whether all values are finite: a product with 0 is 0 for no other.
bool areFinite(std::span<const float> values) {
  std::array<float, kLanes> sums = {};
  forLanes(values, [&](float value, size_t lane) { sums[lane] += value * 0; });
  return std::accumulate(sums.begin(), sums.end(), 0.0F) == 0;
}

// Counts what is not finite among the chosen values; rowOf(i) is the row number of value i.
template <class RowOf>
NonFinite findNonFinite(Strided values, std::span<const uint32_t> chosen, const std::optional<feature::Fill>& fill,
                        RowOf rowOf) {
  NonFinite result;
  for (const uint32_t i : chosen) {
    if (std::isfinite(values[i]) || (fill && fill->replaces(values[i]))) continue;
    if (result.count == 0) {
      result.firstRow = rowOf(i);
      result.firstValue = values[i];
    }
    ++result.count;
  }
  return result;
}

// The positions in a group's elements that hold a real element of one of `rows`.
std::vector<uint32_t> elementsOf(const feature::GroupTensor& group, std::span<const uint32_t> rows) {
  std::vector<uint32_t> elements;
  size_t count = 0;
  for (const uint32_t row : rows) count += static_cast<size_t>(group.count[row]);
  elements.reserve(count);
  for (const uint32_t row : rows) {
    const auto first = static_cast<uint32_t>(group.firstElement(row));
    for (int32_t k = 0; k < group.count[row]; ++k) elements.push_back(first + static_cast<uint32_t>(k));
  }
  return elements;
}

// The number of the row that each of a group's elements belongs to.
std::vector<int64_t> rowsOfElements(const feature::GroupTensor& group, std::span<const int64_t> rowNumbers) {
  std::vector<int64_t> rows(group.firstElement(rowNumbers.size()));
  for (size_t row = 0; row < rowNumbers.size(); ++row) {
    const auto first = static_cast<ptrdiff_t>(group.firstElement(row));
    std::fill(rows.begin() + first, rows.begin() + static_cast<ptrdiff_t>(group.firstElement(row + 1)),
              rowNumbers[row]);
  }
  return rows;
}

// `chosen` without missing values.
std::vector<uint32_t> presentOf(Strided values, std::span<const uint32_t> chosen, const feature::Fill& fill) {
  std::vector<uint32_t> present;
  present.reserve(chosen.size());
  for (const uint32_t i : chosen) {
    if (!fill.replaces(values[i])) present.push_back(i);
  }
  return present;
}

void addTo(QuantileSketch& sketch, std::span<const float> values) {
  const std::vector<double> numbers(values.begin(), values.end());
  sketch.add(numbers);
}

// The chosen values one behind the other: a column of a table of rows has a cache line of its own for each.
void gather(Strided values, std::span<const uint32_t> chosen, std::vector<float>& numbers) {
  numbers.resize(chosen.size());
  for (size_t i = 0; i < chosen.size(); ++i) numbers[i] = values[chosen[i]];
}

double deviationOf(const Moments& moments) {
  return moments.count == 0 ? 0 : std::sqrt(moments.sumSquares / static_cast<double>(moments.count));
}

// The middle number, or the mean of the two in the middle.
double medianOf(const QuantileSketch& sketch) {
  const auto half = static_cast<double>(sketch.count()) / 2;
  const double above = sketch.count() % 2 == 0 ? (half + 0.5) / static_cast<double>(sketch.count()) : 0.5;
  const auto middle = sketch.quantiles(std::vector<double>{0.5, above});
  return middle[0] / 2 + middle[1] / 2;
}

void mergeNonFinite(NonFinite& into, const NonFinite& other) {
  if (other.count == 0) return;
  if (into.count == 0) {
    into = other;
  } else {
    into.count += other.count;
  }
}

FeatureStatistics toStatistics(const std::string& name, const FeatureMoments& all, size_t feature) {
  const Moments& moments = all.moments[feature];
  FeatureStatistics result;
  result.name = name;
  result.count = moments.count;
  result.mean = moments.mean;
  result.deviation = deviationOf(moments);
  result.minimum = moments.minimum;
  result.maximum = moments.maximum;
  result.numFilled = all.numFilled[feature];
  result.logarithmMean = all.logarithms[feature].mean;
  result.logarithmDeviation = deviationOf(all.logarithms[feature]);
  result.quantiles = all.quantiles[feature];
  return result;
}

nlohmann::ordered_json featureJson(const FeatureStatistics& feature) {
  nlohmann::ordered_json json = {{"name", feature.name},       {"count", feature.count},
                                 {"mean", feature.mean},       {"deviation", feature.deviation},
                                 {"minimum", feature.minimum}, {"maximum", feature.maximum}};
  if (feature.numFilled > 0) json["filled"] = feature.numFilled;
  if (feature.quantiles && feature.count > 0) json["median"] = medianOf(*feature.quantiles);
  return json;
}

EventSums sumsOf(const SampleStatistics& sample) {
  return {sample.selected, sample.sumWeights, sample.sumAbsoluteWeights, sample.numNegative};
}

nlohmann::ordered_json sampleJson(const SampleStatistics& sample) {
  nlohmann::ordered_json json = {
      {"name", sample.name}, {"label", sample.label}, {"files", sample.files}, {"entries", sample.numEntries}};
  if (!sample.labelExpression.empty()) json["label"] = sample.labelExpression;
  const EventSums all = sumsOf(sample);
  for (const Part part : kAllParts) json[partName(part)] = all.json(part);
  for (size_t label = 0; label < sample.byClass.size(); ++label) {
    nlohmann::ordered_json one = {{"label", label}};
    for (const Part part : kAllParts) one[partName(part)] = sample.byClass[label].json(part);
    json["classes"].push_back(std::move(one));
  }
  if (!sample.identity.is_null()) json["identity"] = sample.identity;
  if (sample.timesInEpoch != 1) json["times_in_epoch"] = sample.timesInEpoch;
  return json;
}

}  // namespace

void Moments::merge(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const auto here = static_cast<double>(count);
  const auto there = static_cast<double>(other.count);
  const double difference = other.mean - mean;
  mean += difference * there / (here + there);
  sumSquares += other.sumSquares + difference * difference * here * there / (here + there);
  minimum = std::min(minimum, other.minimum);
  maximum = std::max(maximum, other.maximum);
  count += other.count;
}

FeatureMoments::FeatureMoments(size_t numFeatures)
    : moments(numFeatures),
      nonFinite(numFeatures),
      numFilled(numFeatures),
      logarithms(numFeatures),
      quantiles(numFeatures),
      fills_(numFeatures),
      needs_(numFeatures) {}

FeatureMoments::FeatureMoments(const feature::FeatureSpec& spec, const StatisticsNeeds& needs, uint64_t seed)
    : FeatureMoments(momentNames(spec).size()) {
  if (!needs.empty()) needs_ = needs;
  const auto names = momentNames(spec);
  for (size_t i = 0; i < names.size(); ++i) {
    if (const feature::Fill* fill = spec.fillOf(names[i])) fills_[i] = *fill;
    const bool hasMedian = fills_[i] && fills_[i]->kind == feature::Fill::Kind::kMedian;
    if (needs_[i].quantiles || hasMedian) quantiles[i].emplace(kSketchSize, combineSeeds(seed, i));
  }
}

size_t FeatureMoments::sketchBytes() { return size_t{4} * kSketchSize * sizeof(double); }

// Which values of a feature count, and for what.
struct FeatureMoments::Values {
  Strided values;
  std::span<const uint32_t> train;
  std::span<const uint32_t> all;
  std::span<const int64_t> rowNumbers;  // of each of `values`
};

void FeatureMoments::addFeature(size_t feature, const Values& of) {
  const auto& fill = fills_[feature];
  std::vector<float> numbers;
  gather(of.values, of.all, numbers);
  if (!areFinite(numbers)) {
    const NonFinite found = findNonFinite(of.values, of.all, fill, [&](uint32_t i) { return of.rowNumbers[i]; });
    mergeNonFinite(nonFinite[feature], found);
    if (found.count > 0) return;
  }
  if (fill) {
    const std::vector<uint32_t> present = presentOf(of.values, of.train, *fill);
    numFilled[feature] += static_cast<int64_t>(of.train.size() - present.size());
    gather(of.values, present, numbers);
  } else if (of.train.size() < of.all.size()) {
    gather(of.values, of.train, numbers);
  }
  moments[feature].merge(momentsOf(numbers));
  if (quantiles[feature]) addTo(*quantiles[feature], numbers);
  if (!needs_[feature].logarithm) return;
  for (float& number : numbers) number = feature::signedLogarithm(number);
  logarithms[feature].merge(momentsOf(numbers));
}

void FeatureMoments::add(const feature::Tensors& tensors, std::span<const Part> parts,
                         std::span<const int64_t> rowNumbers) {
  std::vector<uint32_t> all;
  std::vector<uint32_t> train;
  for (uint32_t row = 0; row < parts.size(); ++row) {
    all.push_back(row);
    if (parts[row] == Part::kTrain) train.push_back(row);
  }
  size_t feature = 0;
  const auto numScalars = static_cast<size_t>(tensors.numScalars);
  for (size_t i = 0; i < numScalars; ++i) {
    addFeature(feature++, {{tensors.scalars.data() + i, numScalars}, train, all, rowNumbers});
  }
  for (const auto& group : tensors.groups) {
    const auto trainElements = elementsOf(group, train);
    const auto allElements = elementsOf(group, all);
    const auto rowOfElement = rowsOfElements(group, rowNumbers);
    const auto numColumns = static_cast<size_t>(group.numColumns);
    for (size_t i = 0; i < numColumns; ++i) {
      addFeature(feature++, {{group.values.data() + i, numColumns}, trainElements, allElements, rowOfElement});
    }
  }
}

void FeatureMoments::merge(const FeatureMoments& other) {
  for (size_t i = 0; i < moments.size(); ++i) {
    moments[i].merge(other.moments[i]);
    mergeNonFinite(nonFinite[i], other.nonFinite[i]);
    numFilled[i] += other.numFilled[i];
    logarithms[i].merge(other.logarithms[i]);
    if (quantiles[i]) quantiles[i]->merge(*other.quantiles[i]);
  }
}

std::vector<std::string> momentNames(const feature::FeatureSpec& spec) {
  std::vector<std::string> names = spec.scalars;
  for (const auto& group : spec.groups) names.insert(names.end(), group.columns.begin(), group.columns.end());
  return names;
}

void assignFeatures(const FeatureMoments& moments, const feature::FeatureSpec& spec, Statistics& statistics) {
  size_t next = 0;
  for (const auto& name : spec.scalars) statistics.scalars.push_back(toStatistics(name, moments, next++));
  for (const auto& group : spec.groups) {
    auto& columns = statistics.groups.emplace_back();
    for (const auto& name : group.columns) columns.push_back(toStatistics(name, moments, next++));
  }
}

void assignTargets(const FeatureMoments& moments, std::span<const std::string> targets, Statistics& statistics) {
  for (size_t i = 0; i < targets.size(); ++i) statistics.targets.push_back(toStatistics(targets[i], moments, i));
}

Result<std::vector<feature::Fill>> valuesOfFills(const feature::FeatureSpec& spec, const Statistics& statistics) {
  std::map<std::string_view, const FeatureStatistics*> found;
  for (const auto& one : statistics.scalars) found[one.name] = &one;
  for (const auto& group : statistics.groups) {
    for (const auto& one : group) found[one.name] = &one;
  }
  std::vector<feature::Fill> fills = spec.fills;
  for (feature::Fill& fill : fills) {
    if (fill.kind == feature::Fill::Kind::kNumber) continue;
    const FeatureStatistics& of = *found.at(fill.column);
    const bool isMean = fill.kind == feature::Fill::Kind::kMean;
    if (of.count == 0) {
      return Error(ErrorCode::kInvalidArgument, "dataset.fill: the " + std::string(isMean ? "mean" : "median") +
                                                    " of the feature '" + fill.column +
                                                    "' is that of no value: none in the training part is there; give "
                                                    "a number, or leave the feature out");
    }
    fill.value = static_cast<float>(isMean ? of.mean : medianOf(*of.quantiles));
  }
  return fills;
}

int64_t Statistics::numSelected(Part part) const {
  int64_t sum = 0;
  for (const auto& sample : samples) sum += sample.selected[static_cast<size_t>(part)];
  return sum;
}

void EventSums::add(Part part, double weight) {
  const auto i = static_cast<size_t>(part);
  ++selected[i];
  sumWeights[i] += weight;
  sumAbsoluteWeights[i] += std::abs(weight);
  if (weight < 0) ++numNegative[i];
}

void EventSums::add(const EventSums& other) {
  for (size_t i = 0; i < selected.size(); ++i) {
    selected[i] += other.selected[i];
    sumWeights[i] += other.sumWeights[i];
    sumAbsoluteWeights[i] += other.sumAbsoluteWeights[i];
    numNegative[i] += other.numNegative[i];
  }
}

nlohmann::ordered_json EventSums::json(Part part) const {
  const auto i = static_cast<size_t>(part);
  return {{"selected", selected[i]},
          {"sum_weights", sumWeights[i]},
          {"sum_absolute_weights", sumAbsoluteWeights[i]},
          {"negative_weights", numNegative[i]}};
}

EventSums Statistics::ofClass(int64_t label) const {
  EventSums sums;
  for (const auto& sample : samples) {
    if (sample.byClass.empty()) {
      if (sample.label == label) sums.add(sumsOf(sample));
    } else {
      sums.add(sample.byClass[static_cast<size_t>(label)]);
    }
  }
  return sums;
}

double Statistics::rowsOfMixedEpoch() const {
  double sum = 0;
  for (const auto& sample : samples) sum += static_cast<double>(sample.selected[0]) * sample.timesInEpoch;
  return sum;
}

nlohmann::ordered_json Statistics::toJson() const {
  nlohmann::ordered_json json;
  json["scalars"] = nlohmann::ordered_json::array();
  for (const auto& feature : scalars) json["scalars"].push_back(featureJson(feature));
  json["groups"] = nlohmann::ordered_json::array();
  for (const auto& group : groups) {
    auto columns = nlohmann::ordered_json::array();
    for (const auto& feature : group) columns.push_back(featureJson(feature));
    json["groups"].push_back(std::move(columns));
  }
  for (const auto& target : targets) json["targets"].push_back(featureJson(target));
  json["samples"] = nlohmann::ordered_json::array();
  for (const auto& sample : samples) json["samples"].push_back(sampleJson(sample));
  return json;
}

feature::Transform standardise(const FeatureStatistics& feature) {
  feature::Transform transform;
  transform.mean = static_cast<float>(feature.mean);
  const auto inverse = static_cast<float>(1 / feature.deviation);
  if (feature.minimum < feature.maximum && std::isfinite(inverse)) transform.inverseScale = inverse;
  return transform;
}

std::vector<feature::Transform> standardise(const std::vector<FeatureStatistics>& features) {
  std::vector<feature::Transform> result;
  for (const auto& feature : features) result.push_back(standardise(feature));
  return result;
}

}  // namespace mlaas::dataset
