#include "mlaas/dataset/statistics.h"

#include <algorithm>
#include <cmath>

namespace mlaas::dataset {

namespace {

// Values of one feature, `stride` floats apart from each other.
struct Strided {
  const float* first;
  size_t stride;
  float operator[](size_t i) const { return first[i * stride]; }
};

// The moments of `count` values that are all finite.
Moments momentsOf(Strided values, std::span<const uint32_t> chosen) {
  Moments result;
  if (chosen.empty()) return result;
  result.count = static_cast<int64_t>(chosen.size());
  double sum = 0;
  float lowest = values[chosen[0]];
  float highest = lowest;
  for (const uint32_t i : chosen) {
    const float value = values[i];
    sum += static_cast<double>(value);
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  result.mean = sum / static_cast<double>(result.count);
  for (const uint32_t i : chosen) {
    const double difference = static_cast<double>(values[i]) - result.mean;
    result.sumSquares += difference * difference;
  }
  result.minimum = static_cast<double>(lowest);
  result.maximum = static_cast<double>(highest);
  return result;
}

// Counts what is not finite among `count` values; rowOf(i) is the row number of value i.
template <class RowOf>
NonFinite findNonFinite(Strided values, std::span<const uint32_t> chosen, RowOf rowOf) {
  NonFinite result;
  for (const uint32_t i : chosen) {
    if (std::isfinite(values[i])) continue;
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

void mergeNonFinite(NonFinite& into, const NonFinite& other) {
  if (other.count == 0) return;
  if (into.count == 0) {
    into = other;
  } else {
    into.count += other.count;
  }
}

FeatureStatistics toStatistics(const std::string& name, const Moments& moments) {
  FeatureStatistics result;
  result.name = name;
  result.count = moments.count;
  result.mean = moments.mean;
  result.deviation = moments.count == 0 ? 0 : std::sqrt(moments.sumSquares / static_cast<double>(moments.count));
  result.minimum = moments.minimum;
  result.maximum = moments.maximum;
  return result;
}

nlohmann::ordered_json featureJson(const FeatureStatistics& feature) {
  return {{"name", feature.name},           {"count", feature.count},     {"mean", feature.mean},
          {"deviation", feature.deviation}, {"minimum", feature.minimum}, {"maximum", feature.maximum}};
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

void FeatureMoments::add(const feature::Tensors& tensors, std::span<const Part> parts,
                         std::span<const int64_t> rowNumbers) {
  std::vector<uint32_t> all;
  std::vector<uint32_t> train;
  for (uint32_t row = 0; row < parts.size(); ++row) {
    all.push_back(row);
    if (parts[row] == Part::kTrain) train.push_back(row);
  }
  size_t feature = 0;
  const auto addFeature = [&](Strided values, std::span<const uint32_t> chosen, std::span<const uint32_t> checked,
                              std::span<const int64_t> rowOfElement) {
    const NonFinite found = findNonFinite(values, checked, [&](uint32_t i) { return rowOfElement[i]; });
    mergeNonFinite(nonFinite[feature], found);
    if (found.count == 0) moments[feature].merge(momentsOf(values, chosen));
    ++feature;
  };
  const auto numScalars = static_cast<size_t>(tensors.numScalars);
  for (size_t i = 0; i < numScalars; ++i) {
    addFeature({tensors.scalars.data() + i, numScalars}, train, all, rowNumbers);
  }
  for (const auto& group : tensors.groups) {
    const auto trainElements = elementsOf(group, train);
    const auto allElements = elementsOf(group, all);
    const auto rowOfElement = rowsOfElements(group, rowNumbers);
    const auto numColumns = static_cast<size_t>(group.numColumns);
    for (size_t i = 0; i < numColumns; ++i) {
      addFeature({group.values.data() + i, numColumns}, trainElements, allElements, rowOfElement);
    }
  }
}

void FeatureMoments::merge(const FeatureMoments& other) {
  for (size_t i = 0; i < moments.size(); ++i) {
    moments[i].merge(other.moments[i]);
    mergeNonFinite(nonFinite[i], other.nonFinite[i]);
  }
}

std::vector<std::string> momentNames(const feature::FeatureSpec& spec) {
  std::vector<std::string> names = spec.scalars;
  for (const auto& group : spec.groups) names.insert(names.end(), group.columns.begin(), group.columns.end());
  return names;
}

void assignFeatures(const FeatureMoments& moments, const feature::FeatureSpec& spec, Statistics& statistics) {
  size_t next = 0;
  for (const auto& name : spec.scalars) statistics.scalars.push_back(toStatistics(name, moments.moments[next++]));
  for (const auto& group : spec.groups) {
    auto& columns = statistics.groups.emplace_back();
    for (const auto& name : group.columns) columns.push_back(toStatistics(name, moments.moments[next++]));
  }
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
  json["samples"] = nlohmann::ordered_json::array();
  for (const auto& sample : samples) json["samples"].push_back(sampleJson(sample));
  return json;
}

std::vector<feature::Standardisation> standardise(const std::vector<FeatureStatistics>& features) {
  std::vector<feature::Standardisation> result;
  for (const auto& feature : features) {
    feature::Standardisation one;
    one.mean = static_cast<float>(feature.mean);
    const auto inverse = static_cast<float>(1 / feature.deviation);
    if (feature.minimum < feature.maximum && std::isfinite(inverse)) one.inverseScale = inverse;
    result.push_back(one);
  }
  return result;
}

}  // namespace mlaas::dataset
