#include "mlaas/dataset/workflow_fields.h"

#include <algorithm>
#include <cmath>

#include "mlaas/base/nearest_name.h"

namespace mlaas::dataset {

Result<WorkflowFields> WorkflowFields::make(const YamlNode& node, std::string path,
                                            std::span<const std::string> known) {
  const std::string prefix = path.empty() ? "" : path + ": ";
  if (node.kind != YamlNode::Kind::kMap) {
    return yamlError(node, prefix + "expected a map (key: value), found " + node.describe());
  }
  for (const auto& key : node.keys) {
    if (known.empty() || std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    return yamlError(key, prefix + "unknown key '" + key.text + "'" + suggestNames(key.text, known));
  }
  return WorkflowFields(node, std::move(path));
}

std::string WorkflowFields::pathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Error WorkflowFields::error(std::string_view key, std::string_view message) const {
  const YamlNode* value = find(key);
  return yamlError(value != nullptr ? *value : *node_, pathOf(key) + ": " + std::string(message));
}

Error WorkflowFields::expected(std::string_view key, const YamlNode& found, std::string_view what) const {
  return yamlError(found, pathOf(key) + ": expected " + std::string(what) + ", found " + found.describe());
}

Result<const YamlNode*> WorkflowFields::required(std::string_view key) const {
  const YamlNode* value = find(key);
  if (value == nullptr) return yamlError(*node_, pathOf(key) + " is missing; docs/workflow.md lists the keys");
  return value;
}

Result<std::string> WorkflowFields::text(std::string_view key) const {
  MLAAS_TRY(const YamlNode* value, required(key));
  if (value->kind != YamlNode::Kind::kScalar || value->text.empty()) return expected(key, *value, "a text");
  return value->text;
}

Result<int64_t> WorkflowFields::integer(std::string_view key, int64_t least, int64_t most) const {
  MLAAS_TRY(const YamlNode* value, required(key));
  const std::string range = "an integer from " + std::to_string(least) + " to " + std::to_string(most);
  if (value->kind != YamlNode::Kind::kScalar) return expected(key, *value, range);
  MLAAS_TRY(const auto json, yamlToJson(*value));
  if (!json.is_number_integer()) return expected(key, *value, range);
  if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
    return expected(key, *value, range);
  }
  const auto number = json.get<int64_t>();
  if (number < least || number > most) return expected(key, *value, range);
  return number;
}

Result<double> WorkflowFields::number(std::string_view key) const {
  MLAAS_TRY(const YamlNode* value, required(key));
  if (value->kind != YamlNode::Kind::kScalar) return expected(key, *value, "a number");
  MLAAS_TRY(const auto json, yamlToJson(*value));
  if (!json.is_number()) return expected(key, *value, "a number");
  return json.get<double>();
}

Result<std::vector<std::string>> WorkflowFields::texts(std::string_view key) const {
  MLAAS_TRY(const YamlNode* value, required(key));
  const bool single = value->kind == YamlNode::Kind::kScalar;
  if (!single && value->kind != YamlNode::Kind::kList) return expected(key, *value, "a text or a list of texts");
  std::vector<std::string> result;
  for (const auto& item : std::span(single ? value : value->items.data(), single ? 1 : value->items.size())) {
    if (item.kind != YamlNode::Kind::kScalar || item.text.empty()) return expected(key, item, "a text");
    result.push_back(item.text);
  }
  if (result.empty()) return expected(key, *value, "at least one text");
  return result;
}

}  // namespace mlaas::dataset
