#include "mlaas/dataset/workflow_yaml.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mlaas::dataset {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLineLength = 110;
constexpr size_t kIndent = 2;

// Texts that stand without quotes everywhere, also between { } and [ ], and are never taken for another type.
bool isPlain(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWords = {"true", "false", "null", "yes", "no", "on", "off", "nan"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/'; };
  if (text.empty() || text.size() > 200 || !letter(text.front())) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(kWords, lower) != kWords.end()) return false;
  return std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

std::string scalar(const Json& value) {
  if (value.is_string() && isPlain(value.get_ref<const std::string&>())) return value.get<std::string>();
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  // A workflow's own references would be taken for those of the environment.
  for (size_t at = 0; value.is_string() && (at = text.find("${", at)) != std::string::npos; at += 3)
    text.insert(at, "$");
  return text;
}

std::string keyText(const std::string& key) {
  return isPlain(key) ? key : Json(key).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// On one line.
std::string flow(const Json& value) {
  if (!value.is_structured()) return scalar(value);
  std::string text(1, value.is_array() ? '[' : '{');
  for (auto item = value.begin(); item != value.end(); ++item) {
    if (item != value.begin()) text += ", ";
    if (value.is_object()) text += keyText(item.key()) + ": ";
    text += flow(item.value());
  }
  return text + (value.is_array() ? ']' : '}');
}

// A list over several lines, as long as they may be.
std::string wrapped(const Json& list, size_t indent) {
  std::string text = "[";
  size_t length = indent + 1;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string item = flow(list[i]) + (i + 1 < list.size() ? "," : "]");
    if (i > 0 && length + 1 + item.size() > kLineLength) {
      text += "\n" + std::string(indent, ' ');
      length = indent;
    } else if (i > 0) {
      text += ' ';
      ++length;
    }
    text += item;
    length += item.size();
  }
  return text;
}

void block(const Json& map, size_t indent, std::string& text) {
  for (auto item = map.begin(); item != map.end(); ++item) {
    const std::string key = std::string(indent, ' ') + keyText(item.key()) + ":";
    const Json& value = item.value();
    const std::string line = flow(value);
    const bool isShort =
        key.size() + 1 + line.size() <= kLineLength && (indent > 0 || !value.is_object() || value.size() < 5);
    if (!value.is_structured() || value.empty() || isShort) {
      text += key + " " + line + "\n";
    } else if (value.is_array()) {
      text += key + " " + wrapped(value, key.size() + 2) + "\n";
    } else {
      text += key + "\n";
      block(value, indent + kIndent, text);
    }
  }
}

}  // namespace

std::string toYaml(const Json& value) {
  if (!value.is_object() || value.empty()) return flow(value) + "\n";
  std::string text;
  block(value, 0, text);
  return text;
}

}  // namespace mlaas::dataset
