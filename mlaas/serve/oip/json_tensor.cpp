#include "mlaas/serve/oip/json_tensor.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "mlaas/serve/json_request.h"
#include "mlaas/serve/json_text.h"

namespace mlaas::serve {

namespace {

using infer::DataType;
using infer::Tensor;
using simdjson::dom::array;
using simdjson::dom::element;

constexpr size_t kQuoted = 200;

// Calls `use` with a value of the type's C++ type; false for those that have none in JSON.
template <class Use>
bool withType(DataType type, Use use) {
  switch (type) {
    case DataType::kBool:
      return use(bool{}), true;
    case DataType::kUint8:
      return use(uint8_t{}), true;
    case DataType::kUint16:
      return use(uint16_t{}), true;
    case DataType::kUint32:
      return use(uint32_t{}), true;
    case DataType::kUint64:
      return use(uint64_t{}), true;
    case DataType::kInt8:
      return use(int8_t{}), true;
    case DataType::kInt16:
      return use(int16_t{}), true;
    case DataType::kInt32:
      return use(int32_t{}), true;
    case DataType::kInt64:
      return use(int64_t{}), true;
    case DataType::kFp32:
      return use(float{}), true;
    case DataType::kFp64:
      return use(double{}), true;
    case DataType::kBytes:
      return use(std::string_view{}), true;
    default:
      return false;
  }
}

class DataReader {
 public:
  DataReader(const NullAllowed& nullAllowed, Tensor& tensor) : nullAllowed_(nullAllowed), tensor_(tensor) {}

  Result<void> read(const array& data) {
    const auto count = infer::numElements(tensor_.shape);
    if (!count) return fail("has the impossible shape " + infer::shapeText(tensor_.shape));
    const auto first = data.begin();
    const bool nested = tensor_.shape.size() > 1 && first != data.end() && (*first).is_array();
    Result<void> done = Error(ErrorCode::kInvalidArgument, "");
    const bool known = withType(tensor_.type, [&](auto value) {
      using Value = decltype(value);
      done = nested ? readNested<Value>(data, 0) : readValues<Value>(data, *count);
    });
    if (known) return done;
    return fail("has datatype " + std::string(infer::dataTypeName(tensor_.type)) +
                ", which JSON cannot hold; send it as bytes (binary_data_size)");
  }

 private:
  Error fail(const std::string& message) const {
    return {ErrorCode::kInvalidArgument, "input '" + tensor_.name.substr(0, kQuoted) + "' " + message};
  }
  Error failAt(const std::string& message) const {
    return {ErrorCode::kInvalidArgument,
            "input '" + tensor_.name.substr(0, kQuoted) + "': element " + std::to_string(numRead_) + " " + message};
  }

  // The parser's limit on nesting bounds the depth.
  template <class Value>
  Result<void> readNested(const array& list, size_t level) {
    if (level + 1 == tensor_.shape.size()) return readValues<Value>(list, tensor_.shape[level]);
    int64_t count = 0;
    for (const element& item : list) {
      array inner;
      if (item.get(inner) != simdjson::SUCCESS) {
        return fail("has " + std::string(jsonKind(item)) + " in its nested data where shape " +
                    infer::shapeText(tensor_.shape) + " wants a list");
      }
      MLAAS_CHECK(readNested<Value>(inner, level + 1));
      ++count;
    }
    return checkLength(count, tensor_.shape[level]);
  }

  Result<void> checkLength(int64_t found, int64_t expected) const {
    if (found == expected) return {};
    return fail("has " + std::to_string(found) + " elements in a list where shape " + infer::shapeText(tensor_.shape) +
                " wants " + std::to_string(expected));
  }

  template <class Value>
  Result<void> readValues(const array& list, int64_t expected) {
    // The list's own length is what memory is asked for: the shape is only a claim.
    const auto length = static_cast<int64_t>(list.size());
    if (length < static_cast<int64_t>(kLongestCount)) MLAAS_CHECK(checkLength(length, expected));
    if constexpr (std::is_same_v<Value, std::string_view>) {
      for (const element& item : list) MLAAS_CHECK(readText(item));
      return {};
    } else {
      const size_t from = tensor_.bytes.size();
      tensor_.bytes.resize(from + list.size() * sizeof(Value));
      char* to = tensor_.bytes.data() + from;
      const char* end = tensor_.bytes.data() + tensor_.bytes.size();
      for (const element& item : list) {
        if (to == end) {
          // simdjson counts no further than 2^24 - 1.
          const auto at = static_cast<size_t>(to - tensor_.bytes.data());
          tensor_.bytes.resize(at + (list.size() / 2) * sizeof(Value));
          to = tensor_.bytes.data() + at;
          end = tensor_.bytes.data() + tensor_.bytes.size();
        }
        Value value{};
        if (!plain(item, value)) MLAAS_CHECK(unusual(item, value));
        std::memcpy(to, &value, sizeof(Value));
        to += sizeof(Value);
        ++numRead_;
      }
      tensor_.bytes.resize(static_cast<size_t>(to - tensor_.bytes.data()));
      return checkLength(static_cast<int64_t>((tensor_.bytes.size() - from) / sizeof(Value)), expected);
    }
  }

  Result<void> readText(const element& item) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) return failAt("is " + std::string(jsonKind(item)) + ", expected a string");
    infer::appendBytesElement(tensor_.bytes, text);
    ++numRead_;
    return {};
  }

  static bool plain(const element& item, float& value) {
    double number = 0;
    if (item.get(number) != simdjson::SUCCESS || !(std::abs(number) <= double{std::numeric_limits<float>::max()})) {
      return false;
    }
    value = static_cast<float>(number);
    return true;
  }
  static bool plain(const element& item, double& value) { return item.get(value) == simdjson::SUCCESS; }
  static bool plain(const element& item, bool& value) { return item.get(value) == simdjson::SUCCESS; }
  template <class Value>
  static bool plain(const element& item, Value& value) {
    std::conditional_t<std::is_signed_v<Value>, int64_t, uint64_t> number = 0;
    if (item.get(number) != simdjson::SUCCESS || number < std::numeric_limits<Value>::min() ||
        number > std::numeric_limits<Value>::max()) {
      return false;
    }
    value = static_cast<Value>(number);
    return true;
  }

  // What is not simply a number of the type.
  template <class Value>
  Result<void> unusual(const element& item, Value& value) const {
    const std::string type(infer::dataTypeName(tensor_.type));
    if constexpr (std::is_floating_point_v<Value>) {
      const auto columns = static_cast<size_t>(tensor_.shape.empty() ? 1 : tensor_.shape.back());
      if (item.is_null() && nullAllowed_ && nullAllowed_(numRead_ % columns)) {
        value = std::numeric_limits<Value>::quiet_NaN();
        return {};
      }
      if (item.is_number()) return failAt("is beyond the range of " + type);
    } else if constexpr (std::is_same_v<Value, bool>) {
      int64_t number = 0;
      if (item.get(number) == simdjson::SUCCESS && (number == 0 || number == 1)) {
        value = number == 1;
        return {};
      }
      return failAt("is " + std::string(jsonKind(item)) + ", expected true or false");
    } else {
      if (item.is_number()) return failAt("is not a whole number in the range of " + type);
    }
    return failAt("is " + std::string(jsonKind(item)) + ", expected a number");
  }

  static constexpr size_t kLongestCount = 0xFFFFFF;  // where simdjson's list.size() ends

  const NullAllowed& nullAllowed_;
  Tensor& tensor_;
  size_t numRead_ = 0;
};

template <class Value>
void appendNumber(std::string& out, Value value) {
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), static_cast<size_t>(end - text.data()));
}

bool isUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

Result<void> appendTexts(std::string& out, const Tensor& tensor) {
  const auto elements = infer::bytesElements(tensor);
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!isUtf8(elements[i])) {
      return Error(ErrorCode::kInvalidArgument, "output '" + tensor.name.substr(0, kQuoted) + "': element " +
                                                    std::to_string(i) +
                                                    " is not UTF-8; ask for it as bytes (\"binary_data\": true)");
    }
    if (i > 0) out += ',';
    appendJsonString(out, elements[i]);
  }
  return {};
}

template <class Value>
Result<void> appendValues(std::string& out, const Tensor& tensor) {
  const auto values = tensor.as<Value>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    if constexpr (std::is_same_v<Value, bool>) {
      out += tensor.bytes[i] != 0 ? "true" : "false";
    } else if constexpr (std::is_floating_point_v<Value>) {
      if (!std::isfinite(values[i])) {
        return Error(ErrorCode::kInternal, "output '" + tensor.name.substr(0, kQuoted) + "': element " +
                                               std::to_string(i) + " is not a finite number");
      }
      if constexpr (std::is_same_v<Value, float>) {
        appendFloat(out, values[i]);
      } else {
        appendNumber(out, values[i]);
      }
    } else {
      appendNumber(out, values[i]);
    }
  }
  return {};
}

}  // namespace

Result<void> readJsonData(const array& data, const NullAllowed& nullAllowed, Tensor& tensor) {
  tensor.bytes.clear();
  return DataReader(nullAllowed, tensor).read(data);
}

Result<void> appendJsonData(std::string& out, const Tensor& tensor) {
  Result<void> done = Error(ErrorCode::kInvalidArgument, "");
  out += '[';
  const bool known = withType(tensor.type, [&](auto value) {
    using Value = decltype(value);
    if constexpr (std::is_same_v<Value, std::string_view>) {
      done = appendTexts(out, tensor);
    } else {
      done = appendValues<Value>(out, tensor);
    }
  });
  out += ']';
  if (known) return done;
  return Error(ErrorCode::kInvalidArgument,
               "output '" + tensor.name.substr(0, kQuoted) + "' has datatype " +
                   std::string(infer::dataTypeName(tensor.type)) +
                   ", which JSON cannot hold; ask for it as bytes (\"binary_data\": true)");
}

}  // namespace mlaas::serve
