#include "mlaas/serve/json_request.h"

#include <cmath>
#include <limits>

namespace mlaas::serve {

namespace {
// A parser that once read a large body is not kept: its memory is a multiple of the body's size.
constexpr size_t kKeptCapacity = size_t{1} << 20;
}  // namespace

Result<simdjson::dom::object> JsonParser::parse(std::string_view body) {
  if (body.empty()) return Error(ErrorCode::kInvalidArgument, "the body is empty, expected a JSON object");
  if (parser_.capacity() > kKeptCapacity && body.size() <= kKeptCapacity) parser_ = simdjson::dom::parser();
  if (parser_.max_depth() != kMaxDepth || parser_.capacity() < body.size()) {
    if (parser_.allocate(body.size(), kMaxDepth) != simdjson::SUCCESS) {
      return Error(ErrorCode::kOverloaded, "no memory for a JSON body of " + std::to_string(body.size()) + " bytes");
    }
  }
  simdjson::dom::element document;
  const auto status = parser_.parse(body.data(), body.size()).get(document);
  if (status == simdjson::MEMALLOC) return Error(ErrorCode::kOverloaded, "no memory for the JSON body");
  if (status == simdjson::DEPTH_ERROR) {
    return Error(ErrorCode::kInvalidArgument,
                 "the JSON is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  if (status != simdjson::SUCCESS) {
    return Error(ErrorCode::kInvalidArgument, std::string("the body is not JSON: ") + simdjson::error_message(status));
  }
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    return Error(ErrorCode::kInvalidArgument,
                 "the body is " + std::string(jsonKind(document)) + ", expected a JSON object");
  }
  return object;
}

Result<float> floatFrom(const simdjson::dom::element& value, const std::string& what) {
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) {
    return Error(ErrorCode::kInvalidArgument, what + " is " + std::string(jsonKind(value)) + ", expected a number");
  }
  if (std::abs(number) > double{std::numeric_limits<float>::max()}) {
    return Error(ErrorCode::kInvalidArgument, what + " is beyond the range of float32");
  }
  return static_cast<float>(number);
}

std::string_view jsonKind(const simdjson::dom::element& value) {
  switch (value.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "a list";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "true or false";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace mlaas::serve
