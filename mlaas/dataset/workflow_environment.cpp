#include "mlaas/dataset/workflow_environment.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace mlaas::dataset {

namespace {

constexpr std::string_view kBegin = "${";
constexpr std::string_view kScheme = "env:";
constexpr std::string_view kDefault = ":-";

bool isVariableName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

class Expander {
 public:
  explicit Expander(const EnvironmentLookup& lookup) : lookup_(lookup) {}

  // Recursion is as deep as the tree, which parseYaml limits.
  Result<void> expand(YamlNode& node) {
    if (node.kind == YamlNode::Kind::kScalar && node.text.find(kBegin) != std::string::npos) return expandText(node);
    for (YamlNode& item : node.items) MLAAS_CHECK(expand(item));
    return {};
  }

 private:
  Result<void> expandText(YamlNode& node) {
    const std::string_view text = node.text;
    std::string result;
    bool alone = false;
    for (size_t at = 0; at < text.size();) {
      const size_t begin = text.find(kBegin, at);
      result += text.substr(at, begin - at);
      if (begin == std::string_view::npos) break;
      if (begin > 0 && text[begin - 1] == '$') {  // $${: the first $ is in `result` already
        result += '{';
        at = begin + kBegin.size();
        continue;
      }
      const size_t end = text.find('}', begin);
      if (end == std::string_view::npos) return yamlError(node, "'${' without '}'; write $${ for the characters ${");
      MLAAS_TRY(const auto value, valueOf(node, text.substr(begin + kBegin.size(), end - begin - kBegin.size())));
      result += value;
      at = end + 1;
      alone = begin == 0 && at == text.size();
    }
    if (alone) node.quoted = false;
    node.text = std::move(result);
    return {};
  }

  // `reference` is "env:NAME" or "env:NAME:-DEFAULT".
  Result<std::string> valueOf(const YamlNode& node, std::string_view reference) {
    const size_t split = reference.find(kDefault);
    const std::string_view scoped = reference.substr(0, split);
    if (!scoped.starts_with(kScheme) || !isVariableName(scoped.substr(kScheme.size()))) {
      return yamlError(node, "'${" + std::string(reference.substr(0, 60)) +
                                 "}' is no reference; expected ${env:NAME} or ${env:NAME:-DEFAULT}, and $${ for the "
                                 "characters ${");
    }
    const std::string name(scoped.substr(kScheme.size()));
    auto value = lookup_(name);
    if (!value && split != std::string_view::npos) value = std::string(reference.substr(split + kDefault.size()));
    if (!value) {
      return yamlError(
          node, "the environment variable " + name + " is not set; set it, or write ${env:" + name + ":-DEFAULT}");
    }
    if (findBadUtf8(*value) != value->size()) {
      return yamlError(node, "the environment variable " + name + " holds no UTF-8 text");
    }
    expandedBytes_ += value->size();
    if (expandedBytes_ > kMaxYamlBytes) {
      return yamlError(
          node, "the environment variables used hold more than " + std::to_string(kMaxYamlBytes) + " bytes together");
    }
    return *std::move(value);
  }

  const EnvironmentLookup& lookup_;
  size_t expandedBytes_ = 0;
};

}  // namespace

std::optional<std::string> environmentValue(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Result<void> expandEnvironment(YamlNode& root, const EnvironmentLookup& lookup) {
  return Expander(lookup).expand(root);
}

}  // namespace mlaas::dataset
