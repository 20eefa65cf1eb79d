#include "mlaas/train/neural/feature_scaling.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "mlaas/base/nearest_name.h"
#include "mlaas/feature/column_choice.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;
using dataset::FeatureStatistics;
using feature::Transform;

constexpr std::array<std::pair<const char*, Scaling>, 6> kNames = {{{"standard", Scaling::kStandard},
                                                                    {"minmax", Scaling::kMinMax},
                                                                    {"log", Scaling::kLog},
                                                                    {"quantile", Scaling::kQuantile},
                                                                    {"quantile_normal", Scaling::kQuantileNormal},
                                                                    {"none", Scaling::kNone}}};
// Pieces of a curve: steps of less than a hundredth in rank.
constexpr int kPieces = 128;

std::string nameOf(Scaling scaling) {
  return std::find_if(kNames.begin(), kNames.end(), [&](const auto& one) { return one.second == scaling; })->first;
}

Result<Scaling> scalingFrom(const Json& value, const std::string& place) {
  std::vector<std::string> names;
  for (const auto& [name, scaling] : kNames) {
    if (value.is_string() && value.get<std::string>() == name) return scaling;
    names.emplace_back(name);
  }
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return Error(ErrorCode::kInvalidArgument, place + ": unknown scaling '" + text + "'" + suggestNames(text, names));
}

double normalRank(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

// The inverse of normalRank, by bisection.
double normalAt(double rank) {
  double low = -9;
  double high = 9;
  for (int step = 0; step < 64; ++step) {
    const double middle = (low + high) / 2;
    (normalRank(middle) < rank ? low : high) = middle;
  }
  return (low + high) / 2;
}

// The ranks at which the curve has knots: equal steps of what it gives. The outermost of n values of a normal
// distribution stand at the rank 1 / 2n.
std::vector<double> ranksOf(bool normal, int64_t count) {
  const double outermost = normal ? -normalAt(0.5 / static_cast<double>(std::max<int64_t>(count, 1))) : 0;
  std::vector<double> ranks;
  for (int i = 0; i <= kPieces; ++i) {
    const double step = static_cast<double>(i) / kPieces;
    ranks.push_back(normal ? normalRank(outermost * (2 * step - 1)) : step);
  }
  return ranks;
}

// A value that many events share goes to the middle of its ranks.
Transform curveThrough(const std::vector<double>& values, const std::vector<double>& ranks, bool normal) {
  Transform transform;
  double firstRank = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto x = static_cast<float>(values[i]);
    const float width = transform.knots.empty() ? 1 : x - transform.knots.back().x;
    if (width > 0 && std::isfinite(1 / width)) {
      transform.knots.push_back({x, 0});
      firstRank = ranks[i];
    }
    const double rank = (firstRank + ranks[i]) / 2;
    transform.knots.back().y = static_cast<float>(normal ? normalAt(rank) : rank);
  }
  return transform;
}

Result<Transform> curveOf(const FeatureStatistics& statistics, bool normal) {
  if (statistics.count == 0) return Transform{};
  if (!statistics.quantiles) return Error(ErrorCode::kInternal, "there are no quantiles of '" + statistics.name + "'");
  const auto ranks = ranksOf(normal, statistics.count);
  auto values = statistics.quantiles->quantiles(ranks);
  values.front() = statistics.minimum;
  values.back() = statistics.maximum;
  return curveThrough(values, ranks, normal);
}

// [minimum, maximum] becomes [0, 1].
Transform scaleToUnit(const FeatureStatistics& one) {
  const auto inverse = static_cast<float>(1 / (one.maximum - one.minimum));
  const bool varies = one.minimum < one.maximum && std::isfinite(inverse);
  return varies ? Transform{static_cast<float>(one.minimum), inverse} : Transform{};
}

Transform standardiseLogarithm(const FeatureStatistics& one) {
  Transform transform;
  transform.logarithm = true;
  transform.mean = static_cast<float>(one.logarithmMean);
  const auto inverse = static_cast<float>(1 / one.logarithmDeviation);
  if (one.minimum < one.maximum && std::isfinite(inverse)) transform.inverseScale = inverse;
  return transform;
}

}  // namespace

Result<ScalingRules> ScalingRules::read(const dataset::Workflow& workflow) {
  ScalingRules rules;
  const auto& options = workflow.model.options;
  const auto found = options.is_object() ? options.find("scaling") : options.end();
  if (!options.is_object() || found == options.end()) return rules;
  const auto placeOf = [&](const std::string& path) {
    const std::string where = workflow.where(path);
    return (where.empty() ? "" : where + ": ") + path;
  };
  rules.where_ = placeOf("model.scaling");
  if (!found->is_object()) {
    MLAAS_TRY(const Scaling scaling, scalingFrom(*found, rules.where_));
    rules.patterns_.emplace_back("*");
    rules.scalings_.push_back(scaling);
    return rules;
  }
  for (const auto& [pattern, value] : found->items()) {
    MLAAS_TRY(const Scaling scaling, scalingFrom(value, placeOf("model.scaling." + pattern)));
    rules.patterns_.push_back(pattern);
    rules.scalings_.push_back(scaling);
  }
  return rules;
}

Result<std::vector<Scaling>> ScalingRules::resolve(const feature::FeatureSpec& spec) const {
  const auto names = dataset::momentNames(spec);
  for (const auto& pattern : patterns_) {
    auto matches = feature::checkMatches(pattern, names);
    if (!matches.ok()) return std::move(matches).error().within(where_);
  }
  std::vector<Scaling> scalings;
  for (const auto& name : names) {
    const auto choice = feature::chooseFor(name, patterns_);
    scalings.push_back(choice ? scalings_[*choice] : Scaling::kStandard);
  }
  return scalings;
}

Json ScalingRules::toJson() const {
  if (patterns_.empty()) return nameOf(Scaling::kStandard);
  if (patterns_.size() == 1 && patterns_[0] == "*") return nameOf(scalings_[0]);
  Json json = Json::object();
  for (size_t i = 0; i < patterns_.size(); ++i) json[patterns_[i]] = nameOf(scalings_[i]);
  return json;
}

dataset::StatisticsNeeds needsOf(const std::vector<Scaling>& scalings) {
  dataset::StatisticsNeeds needs;
  for (const Scaling scaling : scalings) {
    needs.push_back({scaling == Scaling::kLog, scaling == Scaling::kQuantile || scaling == Scaling::kQuantileNormal});
  }
  return needs;
}

Result<Transform> transformOf(Scaling scaling, const FeatureStatistics& statistics) {
  switch (scaling) {
    case Scaling::kStandard:
      return dataset::standardise(statistics);
    case Scaling::kMinMax:
      return scaleToUnit(statistics);
    case Scaling::kLog:
      return standardiseLogarithm(statistics);
    case Scaling::kQuantile:
    case Scaling::kQuantileNormal:
      return curveOf(statistics, scaling == Scaling::kQuantileNormal);
    case Scaling::kNone:
      return Transform{};
  }
  return Error(ErrorCode::kInternal, "a scaling without a transform");
}

}  // namespace mlaas::train
