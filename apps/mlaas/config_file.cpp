#include "apps/mlaas/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "mlaas/base/nearest_name.h"

namespace mlaas::command {

namespace {

constexpr std::streamsize kMostBytes = std::streamsize{1} << 20;

Error wrong(const std::string& path, int line, const std::string& message) {
  return Error(ErrorCode::kInvalidArgument, path + ":" + std::to_string(line) + ": " + message);
}

Result<std::string> readText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<size_t>(kMostBytes) + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return Error(ErrorCode::kIo, "the configuration '" + path + "' cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > static_cast<size_t>(kMostBytes)) {
    return Error(ErrorCode::kInvalidArgument, "the configuration '" + path + "' is larger than 1 MiB");
  }
  return text;
}

ConfigEntry entryOf(const YAML::Node& key, const YAML::Node& value) {
  ConfigEntry entry{key.Scalar(), {}, key.Mark().line + 1, value.IsMap()};
  if (value.IsSequence()) {
    for (const auto& item : value) entry.values.push_back(item.IsScalar() ? item.Scalar() : "");
  } else if (!value.IsMap()) {
    entry.values.push_back(value.IsScalar() ? value.Scalar() : "");
  }
  return entry;
}

std::vector<std::string> longNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) {
      if (name != "help" && name != "config") names.push_back(name);
    }
  }
  return names;
}

// The option's words on a command line.
Result<void> appendArguments(std::vector<std::string>& arguments, const CLI::Option& option, const std::string& path,
                             const ConfigEntry& entry) {
  if (entry.isMap) return wrong(path, entry.line, "'" + entry.key + "' is a map, expected a value");
  for (const auto& value : entry.values) {
    if (value.empty()) continue;
    const bool isFlag = option.get_expected_max() == 0;
    if (isFlag && value != "true" && value != "false") {
      return wrong(path, entry.line, "'" + entry.key + "' is '" + value + "', expected true or false");
    }
    if (!isFlag) {
      arguments.push_back("--" + entry.key + "=" + value);
    } else if (value == "true") {
      arguments.push_back("--" + entry.key);
    }
  }
  return {};
}

void appendGiven(std::vector<std::string>& arguments, const CLI::App& given) {
  for (const auto* option : given.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    const std::string name = "--" + option->get_lnames().front();
    for (const auto& value : option->results()) {
      arguments.push_back(option->get_expected_max() == 0 ? name : name + "=" + value);
    }
  }
}

}  // namespace

Result<std::vector<ConfigEntry>> readConfigFile(const std::string& path) {
  MLAAS_TRY(const std::string text, readText(path));
  std::vector<ConfigEntry> entries;
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) return wrong(path, 1, "expected a map of options, as in 'http: 127.0.0.1:8083'");
    for (const auto& item : root) {
      if (!item.first.IsScalar()) return wrong(path, item.first.Mark().line + 1, "a key that is not a name");
      entries.push_back(entryOf(item.first, item.second));
    }
  } catch (const YAML::Exception& error) {
    return wrong(path, error.mark.line + 1, "not YAML or JSON: " + error.msg);
  }
  return entries;
}

Result<void> applyConfigFile(const std::string& path, const CLI::App& given, CLI::App& scratch,
                             const ConfigTranslation& translate, const std::vector<std::string>& foreignKeys) {
  MLAAS_TRY(auto entries, readConfigFile(path));
  std::vector<std::string> arguments;
  for (auto& entry : entries) {
    const std::string written = entry.key;
    if (!translate(entry)) continue;
    std::replace(entry.key.begin(), entry.key.end(), '_', '-');
    auto names = longNames(scratch);
    if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
      names.insert(names.end(), foreignKeys.begin(), foreignKeys.end());
      return wrong(path, entry.line, "there is no option '" + written + "'" + suggestNames(written, names));
    }
    if (given.get_option("--" + entry.key)->count() > 0) continue;
    MLAAS_CHECK(appendArguments(arguments, *scratch.get_option("--" + entry.key), path, entry));
  }
  appendGiven(arguments, given);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    scratch.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return Error(ErrorCode::kInvalidArgument, path + ": " + error.what());
  }
  return {};
}

}  // namespace mlaas::command
