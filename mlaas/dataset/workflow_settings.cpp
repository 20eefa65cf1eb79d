#include "mlaas/dataset/workflow_settings.h"

#include <charconv>
#include <vector>

namespace mlaas::dataset {

namespace {

Result<std::vector<std::string>> splitPath(const std::string& path, const std::string& source) {
  std::vector<std::string> names;
  size_t begin = 0;
  while (true) {
    const size_t end = std::min(path.find('.', begin), path.size());
    if (end == begin) return Error(ErrorCode::kInvalidArgument, source + ": expected KEY.KEY=VALUE with no empty key");
    names.push_back(path.substr(begin, end - begin));
    if (end == path.size()) break;
    begin = end + 1;
  }
  if (names.size() > kMaxYamlDepth / 2) return Error(ErrorCode::kInvalidArgument, source + ": the path is too long");
  return names;
}

Result<YamlNode*> listItem(YamlNode& list, const std::string& name, const std::string& source) {
  size_t index = 0;
  const auto [end, status] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (status != std::errc() || end != name.data() + name.size() || index >= list.items.size()) {
    return Error(ErrorCode::kInvalidArgument, source + ": expected a position from 0 to " +
                                                  std::to_string(list.items.size()) + " (excluded) in the list of " +
                                                  list.where() + ", found '" + name + "'");
  }
  return &list.items[index];
}

Result<YamlNode*> child(YamlNode& parent, const std::string& name, const YamlNode& origin) {
  if (parent.kind == YamlNode::Kind::kList) return listItem(parent, name, *origin.source);
  if (parent.kind == YamlNode::Kind::kScalar) {
    return Error(ErrorCode::kInvalidArgument, *origin.source + ": '" + name + "' lies below a value that is no map: " +
                                                  parent.describe() + " in " + parent.where());
  }
  if (parent.kind == YamlNode::Kind::kNull) {
    parent.kind = YamlNode::Kind::kMap;
    parent.source = origin.source;
    parent.line = 0;
  }
  for (size_t i = 0; i < parent.keys.size(); ++i) {
    if (parent.keys[i].text == name) return &parent.items[i];
  }
  YamlNode key = origin;
  key.kind = YamlNode::Kind::kScalar;
  key.items.clear();
  key.keys.clear();
  key.text = name;
  MLAAS_CHECK(checkYamlKey(key));
  parent.keys.push_back(std::move(key));
  parent.items.emplace_back();
  parent.items.back().source = origin.source;
  return &parent.items.back();
}

}  // namespace

Result<void> applySetting(YamlNode& root, const std::string& setting) {
  constexpr size_t kShown = 100;
  const std::string source = "--set " + (setting.size() <= kShown ? setting : setting.substr(0, kShown) + "...");
  if (findBadUtf8(setting) != setting.size()) {
    return Error(ErrorCode::kInvalidArgument, "a --set option is not UTF-8 text");
  }
  const size_t equals = setting.find('=');
  if (equals == std::string::npos) return Error(ErrorCode::kInvalidArgument, source + ": expected KEY.KEY=VALUE");
  MLAAS_TRY(const auto path, splitPath(setting.substr(0, equals), source));
  MLAAS_TRY(YamlNode value, parseYamlValue(setting.substr(equals + 1), source));
  if (!value.source) value.source = std::make_shared<const std::string>(source);
  YamlNode* node = &root;
  for (const auto& name : path) {
    MLAAS_TRY(node, child(*node, name, value));
  }
  *node = std::move(value);
  return {};
}

}  // namespace mlaas::dataset
