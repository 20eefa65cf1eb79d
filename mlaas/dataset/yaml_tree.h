// A YAML text as a tree that remembers where each node stands, read strictly because the text may be hostile.
// Limits:  UTF-8; 1 MiB of text, 32 levels, 100,000 nodes after aliases are copied, 2,000 keys in a map; one document;
//          no tags; no key twice.
// Errors:  kInvalidArgument with "file:line:column".
// Threads: values.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::dataset {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  bool quoted = false;                        // a scalar that is text whatever it looks like
  std::string text;                           // of a scalar
  std::vector<YamlNode> keys;                 // of a map: scalars, in the order of the file, each once
  std::vector<YamlNode> items;                // of a list, or the values of a map
  std::shared_ptr<const std::string> source;  // file, or the --set option
  int line = 0;                               // from 1; 0 where the source has no lines
  int column = 0;

  // "workflow.yaml:5:12".
  std::string where() const;
  // What a message calls it: "the list", "the text 'abc'".
  std::string describe() const;
  // The value of a map's key, or null.
  const YamlNode* find(std::string_view key) const;
};

inline constexpr size_t kMaxYamlBytes = size_t{1} << 20;
inline constexpr size_t kMaxYamlDepth = 32;
inline constexpr size_t kMaxYamlNodes = 100'000;
inline constexpr size_t kMaxYamlKeys = 2'000;
// Escaped as \u0000 each byte takes six characters, and YAML ends the search for a key's colon after 1024.
inline constexpr size_t kMaxYamlKeyBytes = 150;

// Parses `text`; `source` stands in messages. An empty text is a null node.
Result<YamlNode> parseYaml(const std::string& text, const std::string& source);

// The same for one value on a command line, whose messages say `source` without line and column.
Result<YamlNode> parseYamlValue(const std::string& text, const std::string& source);

// The node as JSON: plain scalars become null, bool, integer or number where they look like one, else strings.
// kInvalidArgument for an integer beyond 64 bits.
Result<nlohmann::ordered_json> yamlToJson(const YamlNode& node);

// The position of the first byte that is not UTF-8 (RFC 3629), or the text's size.
size_t findBadUtf8(std::string_view text);

// Refuses a map's key that is no text or too long.
Result<void> checkYamlKey(const YamlNode& key);

// kInvalidArgument "where: message".
Error yamlError(const YamlNode& node, std::string_view message);

}  // namespace mlaas::dataset
