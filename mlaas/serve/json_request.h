// Parses the JSON of a request: simdjson with our limits and messages.
// Threads: one parser for each serving thread. Owns: the parsed document, which lives until the next parse().
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::serve {

class JsonParser {
 public:
  // Deeper nesting than any request has is refused.
  static constexpr size_t kMaxDepth = 32;

  JsonParser() = default;

  // The document, which must be an object; kInvalidArgument says what is wrong with it.
  Result<simdjson::dom::object> parse(std::string_view body);

 private:
  simdjson::dom::parser parser_;
};

// A JSON number as float32; kInvalidArgument for anything else and beyond float32's range. `what` names it.
Result<float> floatFrom(const simdjson::dom::element& value, const std::string& what);

// "a list", "a string", "null": what a value is, for messages.
std::string_view jsonKind(const simdjson::dom::element& value);

}  // namespace mlaas::serve
