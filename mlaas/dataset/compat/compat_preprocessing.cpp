#include "mlaas/dataset/compat/compat_preprocessing.h"

#include <algorithm>
#include <span>

#include "mlaas/dataset/workflow_fields.h"
#include "mlaas/dataset/yaml_tree.h"
#include "mlaas/table/expression.h"

namespace mlaas::dataset {

namespace {

const std::vector<std::string> kSections = {"new_branch", "flat_cut", "jagged_cut"};
const std::vector<std::string> kNewKeys = {"def", "type", "remove", "keys_to_remove"};
const std::vector<std::string> kCutKeys = {"remove"};

// "cut" and "cut_1", "cut_2", ...
bool isCut(const std::string& key) {
  return key == "cut" ||
         (key.starts_with("cut_") && key.size() > 4 && key.find_first_not_of("0123456789", 4) == std::string::npos);
}

// The map of one branch, with known keys and cuts only.
Result<WorkflowFields> branchFields(const YamlNode& node, const std::string& path, std::span<const std::string> known) {
  std::vector<std::string> allowed(known.begin(), known.end());
  allowed.emplace_back("cut");
  for (const YamlNode& key : node.keys) {
    if (isCut(key.text)) allowed.push_back(key.text);
  }
  return WorkflowFields::make(node, path, allowed);
}

Result<std::string> expression(const WorkflowFields& fields, const YamlNode& node, const std::string& key) {
  if (node.kind != YamlNode::Kind::kScalar || node.text.empty()) {
    return yamlError(node, fields.pathOf(key) + ": expected an expression, found " + node.describe());
  }
  const auto names = table::namesUsed(node.text);
  if (!names.ok()) return yamlError(node, fields.pathOf(key) + ": " + names.error().what());
  return node.text;
}

// ["x > 3", "any"] as any(x > 3).
Result<std::string> jaggedCut(const WorkflowFields& fields, const YamlNode& node, const std::string& key) {
  if (node.kind != YamlNode::Kind::kList || node.items.size() != 2) {
    return yamlError(node,
                     fields.pathOf(key) + ": expected [EXPRESSION, \"all\" or \"any\"], found " + node.describe());
  }
  MLAAS_TRY(const auto text, expression(fields, node.items[0], key));
  const std::string& how = node.items[1].text;
  if (how != "all" && how != "any") {
    return yamlError(node.items[1],
                     fields.pathOf(key) + ": expected \"all\" or \"any\", found " + node.items[1].describe());
  }
  return how + "(" + text + ")";
}

Result<void> readCuts(const WorkflowFields& fields, bool isJagged, CompatPreprocessing& result) {
  const YamlNode& node = fields.node();
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& key = node.keys[i].text;
    if (!isCut(key)) continue;
    const YamlNode& item = node.items[i];
    MLAAS_TRY(auto cut, isJagged ? jaggedCut(fields, item, key) : expression(fields, item, key));
    result.cuts.push_back({std::move(cut), item.where() + ": " + fields.pathOf(key)});
  }
  return {};
}

// `remove` is the text "True" or "False", or a truth value.
Result<bool> readRemove(const WorkflowFields& fields) {
  const YamlNode* node = fields.find("remove");
  if (node == nullptr) return false;
  if (node->text == "True" || node->text == "true") return true;
  if (node->text == "False" || node->text == "false") return false;
  return fields.error("remove", "expected \"True\" or \"False\", found " + node->describe());
}

Result<void> readBranch(const YamlNode& key, const YamlNode& node, const std::string& section, bool isJagged,
                        CompatPreprocessing& result) {
  MLAAS_TRY(const auto fields, branchFields(node, section + "." + key.text, kCutKeys));
  MLAAS_CHECK(readCuts(fields, isJagged, result));
  MLAAS_TRY(const bool remove, readRemove(fields));
  if (remove) result.removed.insert(key.text);
  result.used.push_back(key.text);
  return {};
}

Result<void> readNewBranch(const YamlNode& key, const YamlNode& node, CompatPreprocessing& result) {
  MLAAS_TRY(const auto fields, branchFields(node, "new_branch." + key.text, kNewKeys));
  MLAAS_TRY(const YamlNode* definition, fields.required("def"));
  MLAAS_TRY(auto text, expression(fields, *definition, "def"));
  MLAAS_TRY(const auto type, fields.text("type"));
  if (type != "flat" && type != "jagged") {
    return fields.error("type", "expected \"flat\" or \"jagged\", found '" + type + "'");
  }
  const bool isJagged = type == "jagged";
  result.defines.push_back({key.text, std::move(text)});
  result.isJagged[key.text] = isJagged;
  result.where[key.text] = key.where();
  MLAAS_CHECK(readCuts(fields, isJagged, result));
  MLAAS_TRY(const bool remove, readRemove(fields));
  if (remove) result.removed.insert(key.text);
  if (const YamlNode* keys = fields.find("keys_to_remove"); keys != nullptr && !keys->items.empty()) {
    MLAAS_TRY(const auto names, fields.texts("keys_to_remove"));
    result.removed.insert(names.begin(), names.end());
    result.used.insert(result.used.end(), names.begin(), names.end());
  }
  return {};
}

// Puts each define after those that it uses.
Result<void> sortDefines(CompatPreprocessing& result) {
  std::set<std::string> waiting;
  for (const auto& define : result.defines) waiting.insert(define.name);
  std::vector<feature::Define> sorted;
  while (sorted.size() < result.defines.size()) {
    const size_t before = sorted.size();
    for (const auto& define : result.defines) {
      if (!waiting.contains(define.name)) continue;
      MLAAS_TRY(const auto names, table::namesUsed(define.expression));
      const bool ready = std::ranges::none_of(
          names, [&](const std::string& name) { return name != define.name && waiting.contains(name); });
      if (!ready) continue;
      waiting.erase(define.name);
      sorted.push_back(define);
    }
    if (sorted.size() == before) {
      return Error(ErrorCode::kInvalidArgument, result.where.at(*waiting.begin()) + ": new_branch." + *waiting.begin() +
                                                    ": is defined by branches that are defined by it");
    }
  }
  result.defines = std::move(sorted);
  return {};
}

}  // namespace

Result<CompatPreprocessing> parseCompatPreprocessing(const std::string& text, const std::string& source) {
  CompatPreprocessing result;
  MLAAS_TRY(const YamlNode root, parseYaml(text, source));
  if (root.kind == YamlNode::Kind::kNull) return result;
  MLAAS_TRY(const auto fields, WorkflowFields::make(root, "", kSections));
  for (const auto& section : kSections) {
    const YamlNode* branches = fields.find(section);
    if (branches == nullptr) continue;
    MLAAS_TRY(const auto map, WorkflowFields::make(*branches, section, {}));
    for (size_t i = 0; i < branches->keys.size(); ++i) {
      const YamlNode& key = branches->keys[i];
      if (section == "new_branch") {
        MLAAS_CHECK(readNewBranch(key, branches->items[i], result));
      } else {
        MLAAS_CHECK(readBranch(key, branches->items[i], section, section == "jagged_cut", result));
      }
    }
  }
  MLAAS_CHECK(sortDefines(result));
  return result;
}

}  // namespace mlaas::dataset
