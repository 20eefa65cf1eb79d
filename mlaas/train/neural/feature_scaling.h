// How each feature is scaled before a network sees it: `model.scaling` of a workflow, one way for all features or names
// and patterns of features. Table: docs/networks.md.
// Threads: values.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/statistics.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/feature/transform.h"

namespace mlaas::train {

enum class Scaling : uint8_t {
  kStandard,        // mean 0, deviation 1
  kMinMax,          // the training part's range becomes [0, 1]; a constant feature is left as it is
  kLog,             // the signed logarithm, then mean 0 and deviation 1
  kQuantile,        // the rank among the training part's values, 0 to 1
  kQuantileNormal,  // the same, then what is as rare in a normal distribution
  kNone,
};

class ScalingRules {
 public:
  // `model.scaling` of the workflow; kInvalidArgument with its place.
  static Result<ScalingRules> read(const dataset::Workflow& workflow);

  // One for each of momentNames(spec). kNotFound for a rule that fits no feature.
  Result<std::vector<Scaling>> resolve(const feature::FeatureSpec& spec) const;
  nlohmann::ordered_json toJson() const;

 private:
  std::vector<std::string> patterns_;
  std::vector<Scaling> scalings_;
  std::string where_;
};

dataset::StatisticsNeeds needsOf(const std::vector<Scaling>& scalings);

// kInternal where the statistics lack what needsOf() asks for.
Result<feature::Transform> transformOf(Scaling scaling, const dataset::FeatureStatistics& statistics);

}  // namespace mlaas::train
