#include "mlaas/dataset/workflow_fill.h"

#include <cmath>
#include <set>

#include "mlaas/dataset/statistics.h"
#include "mlaas/feature/column_choice.h"

namespace mlaas::dataset {

namespace {

using Kind = feature::Fill::Kind;

const std::vector<std::string> kFillKeys = {"with", "infinite"};
constexpr std::string_view kEvery = "*";

// A number, mean or median.
Result<void> parseValue(const WorkflowFields& fields, std::string_view key, FillRule& rule) {
  MLAAS_TRY(const auto text, fields.text(key));
  if (text == "mean" || text == "median") {
    rule.kind = text == "mean" ? Kind::kMean : Kind::kMedian;
    return {};
  }
  const auto number = fields.number(key);
  if (!number.ok()) return fields.error(key, "expected a number, mean or median, found '" + text + "'");
  rule.value = *number;
  if (std::isfinite(static_cast<float>(rule.value))) return {};
  return fields.error(key, "a fill is finite in float32, found '" + text + "'");
}

Result<FillRule> parseRule(const WorkflowFields& fields, const std::string& key, const std::string& pattern) {
  FillRule rule;
  rule.pattern = pattern;
  const YamlNode* node = fields.find(key);
  rule.where = node->where();
  if (node->kind != YamlNode::Kind::kMap) {
    MLAAS_CHECK(parseValue(fields, key, rule));
    return rule;
  }
  MLAAS_TRY(const auto map, WorkflowFields::make(*node, fields.pathOf(key), kFillKeys));
  MLAAS_CHECK(parseValue(map, "with", rule));
  if (map.find("infinite") == nullptr) return rule;
  MLAAS_TRY(const auto infinite, map.text("infinite"));
  if (infinite != "true" && infinite != "false") {
    return map.error("infinite", "expected true or false, found '" + infinite + "'");
  }
  rule.infinite = infinite == "true";
  return rule;
}

nlohmann::ordered_json valueJson(const FillRule& rule) {
  if (rule.kind == Kind::kNumber) return rule.value;
  return rule.kind == Kind::kMean ? "mean" : "median";
}

}  // namespace

Result<void> parseFill(const WorkflowFields& dataset, DatasetConfig& config) {
  const YamlNode* node = dataset.find("fill");
  if (node == nullptr) return {};
  if (node->kind != YamlNode::Kind::kMap || node->find("with") != nullptr) {
    MLAAS_TRY(auto rule, parseRule(dataset, "fill", std::string(kEvery)));
    config.fills.push_back(std::move(rule));
    return {};
  }
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.fill", {}));
  for (const YamlNode& key : node->keys) {
    MLAAS_TRY(auto rule, parseRule(fields, key.text, key.text));
    config.fills.push_back(std::move(rule));
  }
  return {};
}

void addFillJson(const DatasetConfig& config, nlohmann::ordered_json& json) {
  for (const FillRule& rule : config.fills) {
    auto& to = json["fill"][rule.pattern];
    to = valueJson(rule);
    if (rule.infinite) to = {{"with", valueJson(rule)}, {"infinite", true}};
  }
}

Result<std::vector<feature::Fill>> resolveFills(const std::vector<FillRule>& rules, const feature::FeatureSpec& spec) {
  std::vector<feature::Fill> fills;
  if (rules.empty()) return fills;
  const auto names = momentNames(spec);
  std::vector<std::string> patterns;
  for (const FillRule& rule : rules) {
    auto matches = feature::checkMatches(rule.pattern, names);
    if (!matches.ok()) return std::move(matches).error().within(rule.where + ": dataset.fill");
    patterns.push_back(rule.pattern);
  }
  std::set<std::string_view> seen;
  for (const auto& name : names) {
    const auto choice = feature::chooseFor(name, patterns);
    if (!choice || !seen.insert(name).second) continue;
    feature::Fill fill{name, rules[*choice].kind, std::numeric_limits<float>::quiet_NaN(), rules[*choice].infinite};
    if (fill.kind == Kind::kNumber) fill.value = static_cast<float>(rules[*choice].value);
    fills.push_back(std::move(fill));
  }
  return fills;
}

}  // namespace mlaas::dataset
