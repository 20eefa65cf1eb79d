#include "mlaas/dataset/compat/compat_specs.h"

#include <algorithm>

#include "mlaas/dataset/workflow_fields.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

namespace {

// What 0 becomes when values are scaled to [0, 1]; 0 where all are the same, which are not scaled.
double scaledZero(const std::pair<double, double>& range) {
  return range.first == range.second ? 0 : (0 - range.first) / (range.second - range.first);
}

Result<std::vector<std::string>> keysOf(const WorkflowFields& fields, const std::string& key) {
  MLAAS_TRY(const YamlNode* node, fields.required(key));
  if (node->kind == YamlNode::Kind::kList && node->items.empty()) return std::vector<std::string>{};
  MLAAS_TRY(auto names, fields.texts(key));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

nlohmann::ordered_json CompatSpecs::toJson() const {
  auto minimum = nlohmann::ordered_json::object();
  auto maximum = nlohmann::ordered_json::object();
  auto zeros = nlohmann::ordered_json::object();
  for (const auto& [key, range] : ranges) {
    minimum[key] = range.first;
    maximum[key] = range.second;
    zeros[key] = scaledZero(range);
  }
  auto longest = nlohmann::ordered_json::object();
  for (const auto& [key, dimension] : dimensions) longest[key] = dimension;
  return {{"jdim", std::move(longest)}, {"minv", std::move(minimum)}, {"maxv", std::move(maximum)},
          {"fkeys", flatKeys},          {"jkeys", jaggedKeys},        {"nans", std::move(zeros)}};
}

CompatSpecs makeCompatSpecs(const std::vector<ColumnStatistics>& columns, int64_t numEvents) {
  CompatSpecs specs;
  specs.numEvents = numEvents;
  for (const auto& column : columns) {
    const NumberStatistics& values = column.values();
    if (const int64_t bad = values.numNaN() + values.numInfinite(); bad > 0) specs.numNotFinite[column.name()] = bad;
    if (column.lengths().empty()) {
      specs.flatKeys.push_back(column.name());
    } else if (values.count() > 0) {
      specs.jaggedKeys.push_back(column.name());
      specs.dimensions[column.name()] = static_cast<int64_t>(column.lengths().front().moments().maximum);
    }
    if (values.moments().count > 0) {
      specs.ranges[column.name()] = {values.moments().minimum, values.moments().maximum};
    }
  }
  std::ranges::sort(specs.flatKeys);
  std::ranges::sort(specs.jaggedKeys);
  return specs;
}

Result<CompatSpecs> parseCompatSpecs(const std::string& text, const std::string& source) {
  constexpr int64_t kLongest = 1'000'000;
  MLAAS_TRY(const YamlNode root, parseYaml(text, source));
  MLAAS_TRY(const auto fields, WorkflowFields::make(root, "", {}));
  CompatSpecs specs;
  MLAAS_TRY(specs.flatKeys, keysOf(fields, "fkeys"));
  MLAAS_TRY(specs.jaggedKeys, keysOf(fields, "jkeys"));
  MLAAS_TRY(const YamlNode* node, fields.required("jdim"));
  MLAAS_TRY(const auto dimensions, WorkflowFields::make(*node, "jdim", {}));
  for (const auto& key : specs.jaggedKeys) {
    MLAAS_TRY(specs.dimensions[key], dimensions.integer(key, 0, kLongest));
  }
  std::erase_if(specs.jaggedKeys, [&](const std::string& key) { return specs.dimensions[key] == 0; });
  return specs;
}

}  // namespace mlaas::dataset
