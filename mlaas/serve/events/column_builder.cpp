#include "mlaas/serve/events/column_builder.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "mlaas/serve/json_request.h"

namespace mlaas::serve {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

Error wrong(const std::string& column, size_t event, const std::string& message) {
  return {ErrorCode::kInvalidArgument, "event " + std::to_string(event) + ", column '" + column + "': " + message};
}

// "var * float32" in words.
std::string described(const ColumnType& type) {
  const int levels = type.jaggedDepth - (type.isString ? 1 : 0);
  std::string text;
  for (int level = 0; level < levels; ++level) text += level == 0 ? "a list of " : "lists of ";
  if (type.isString) return text + (levels > 0 ? "strings" : "a string");
  const std::string kind = type.dtype == DType::kBool ? "true or false"
                           : isFloating(type.dtype)   ? (levels > 0 ? "numbers" : "a number")
                                                      : (levels > 0 ? "integers" : "an integer");
  return text + kind + " (" + type.name() + ")";
}

// What the values seen so far need.
class TypeFinder {
 public:
  Result<void> see(const element& value, int depth) {
    simdjson::dom::array list;
    if (value.get(list) == simdjson::SUCCESS) {
      if (depth == kMostListLevels) {
        return Error(ErrorCode::kInvalidArgument,
                     "lists in lists, more than " + std::to_string(kMostListLevels) + " levels deep");
      }
      listDepth_ = std::max(listDepth_, depth + 1);
      if (leafDepth_ >= 0 && depth >= leafDepth_) return mixed("a list", depth);
      for (const element& one : list) MLAAS_CHECK(see(one, depth + 1));
      return {};
    }
    if (value.type() == element_type::OBJECT) {
      return Error(ErrorCode::kInvalidArgument, "an object, expected a value or a list");
    }
    if (depth < listDepth_ || (leafDepth_ >= 0 && depth != leafDepth_)) {
      return mixed(std::string(jsonKind(value)), depth);
    }
    leafDepth_ = depth;
    return seeLeaf(value);
  }

  ColumnType type() const {
    ColumnType found;
    found.jaggedDepth = std::max(listDepth_, 0);
    found.dtype = DType::kFloat64;
    if (strings_) {
      found.dtype = DType::kUInt8;
      found.isString = true;
      ++found.jaggedDepth;
    } else if (bools_) {
      found.dtype = DType::kBool;
    } else if (integers_ && !floats_ && !(large_ && negative_)) {
      found.dtype = large_ ? DType::kUInt64 : DType::kInt64;
    }
    return found;
  }

 private:
  static Result<void> mixed(const std::string& what, int depth) {
    return Error(ErrorCode::kInvalidArgument,
                 what + " at level " + std::to_string(depth) + " of the lists, where other events have " +
                     (what == "a list" ? "a value" : "a list") + "; all events must have the same depth of lists");
  }

  Result<void> seeLeaf(const element& value) {
    switch (value.type()) {
      case element_type::STRING:
        strings_ = true;
        break;
      case element_type::BOOL:
        bools_ = true;
        break;
      case element_type::INT64:
        integers_ = true;
        negative_ = negative_ || value.get_int64().value_unsafe() < 0;
        break;
      case element_type::UINT64:
        integers_ = large_ = true;
        break;
      default:  // numbers with a fraction, and null
        floats_ = true;
    }
    if (int{strings_} + int{bools_} + int{integers_ || floats_} > 1) {
      return Error(ErrorCode::kInvalidArgument,
                   std::string(jsonKind(value)) + ", where earlier values are of another kind");
    }
    return {};
  }

  int listDepth_ = 0;   // values lie at least as deep
  int leafDepth_ = -1;  // of values, where there was one
  bool strings_ = false, bools_ = false, integers_ = false, floats_ = false;
  bool negative_ = false, large_ = false;
};

template <class Value>
Result<Value> integerFrom(const element& value) {
  constexpr auto kLowest = std::numeric_limits<Value>::min();
  const auto outside = [] { return Error(ErrorCode::kInvalidArgument, "beyond the range of this type"); };
  int64_t integer = 0;
  uint64_t large = 0;
  double number = 0;
  if (value.type() == element_type::INT64) {
    integer = value.get_int64().value_unsafe();
    if (std::in_range<Value>(integer)) return static_cast<Value>(integer);
    return outside();
  }
  if (value.type() == element_type::UINT64) {
    large = value.get_uint64().value_unsafe();
    if (std::in_range<Value>(large)) return static_cast<Value>(large);
    return outside();
  }
  if (value.type() != element_type::DOUBLE) {
    return Error(ErrorCode::kInvalidArgument, std::string(jsonKind(value)));
  }
  number = value.get_double().value_unsafe();
  if (number != std::floor(number)) return Error(ErrorCode::kInvalidArgument, "a number with a fraction");
  // 2^63 and 2^64 are exact in double, the highest integers are not.
  if (number < static_cast<double>(kLowest) || number >= std::ldexp(1.0, std::numeric_limits<Value>::digits)) {
    return outside();
  }
  return static_cast<Value>(number);
}

template <class Value>
Result<Value> valueFrom(const element& value) {
  if constexpr (std::is_floating_point_v<Value>) {
    if (value.is_null()) return std::numeric_limits<Value>::quiet_NaN();
    double number = 0;
    if (value.get(number) != simdjson::SUCCESS) {
      return Error(ErrorCode::kInvalidArgument, std::string(jsonKind(value)));
    }
    if (std::abs(number) > static_cast<double>(std::numeric_limits<Value>::max())) {
      return Error(ErrorCode::kInvalidArgument, "beyond the range of this type");
    }
    return static_cast<Value>(number);
  } else if constexpr (std::is_same_v<Value, bool>) {
    bool flag = false;
    if (value.get(flag) == simdjson::SUCCESS) return flag;
    auto number = integerFrom<uint8_t>(value);
    if (number.ok() && *number <= 1) return *number != 0;
    return Error(ErrorCode::kInvalidArgument, std::string(jsonKind(value)));
  } else {
    return integerFrom<Value>(value);
  }
}

class Builder {
 public:
  explicit Builder(const ColumnType& type)
      : type_(type),
        levels_(type.jaggedDepth - (type.isString ? 1 : 0)),
        offsets_(static_cast<size_t>(type.jaggedDepth)) {
    for (auto& offsets : offsets_) offsets.push_back(0);
  }

  Result<void> add(const element& value) { return addAt(value, 0); }

  Column take(size_t rows) {
    Column column{type_, static_cast<int64_t>(rows), {}, nullptr};
    for (const auto& offsets : offsets_) column.offsets.push_back(copyToBuffer(std::span<const int64_t>(offsets)));
    column.values = copyToBuffer(std::span<const char>(values_));
    return column;
  }

 private:
  Result<void> addAt(const element& value, int level) {
    if (level == levels_) return addShape(value, 0);
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return Error(ErrorCode::kInvalidArgument, std::string(jsonKind(value)));
    int64_t count = 0;
    for (const element& one : list) {
      MLAAS_CHECK(addAt(one, level + 1));
      ++count;
    }
    auto& offsets = offsets_[static_cast<size_t>(level)];
    offsets.push_back(offsets.back() + count);
    return {};
  }

  Result<void> addShape(const element& value, size_t dimension) {
    if (dimension == type_.shape.size()) return addLeaf(value);
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return Error(ErrorCode::kInvalidArgument, std::string(jsonKind(value)));
    size_t count = 0;
    for (const element& one : list) {
      MLAAS_CHECK(addShape(one, dimension + 1));
      ++count;
    }
    if (count == type_.shape[dimension]) return {};
    return Error(ErrorCode::kInvalidArgument, "a list of " + std::to_string(count) + " values where " +
                                                  std::to_string(type_.shape[dimension]) + " are needed");
  }

  Result<void> addLeaf(const element& value) {
    if (type_.isString) {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return Error(ErrorCode::kInvalidArgument, std::string(jsonKind(value)));
      values_.insert(values_.end(), text.begin(), text.end());
      offsets_.back().push_back(static_cast<int64_t>(values_.size()));
      return {};
    }
    return visitDType(type_.dtype, [&](auto zero) -> Result<void> {
      MLAAS_TRY(const auto made, valueFrom<decltype(zero)>(value));
      const size_t size = values_.size();
      values_.resize(size + sizeof made);
      std::memcpy(values_.data() + size, &made, sizeof made);
      return {};
    });
  }

  const ColumnType& type_;
  const int levels_;
  std::vector<std::vector<int64_t>> offsets_;
  std::vector<char> values_;
};

}  // namespace

Result<ColumnType> inferColumnType(const std::string& name, std::span<const element> values) {
  TypeFinder finder;
  for (size_t event = 0; event < values.size(); ++event) {
    if (const auto seen = finder.see(values[event], 0); !seen.ok()) return wrong(name, event, seen.error().message());
  }
  return finder.type();
}

Result<Column> buildColumn(const std::string& name, const ColumnType& type, std::span<const element> values) {
  Builder builder(type);
  for (size_t event = 0; event < values.size(); ++event) {
    if (const auto added = builder.add(values[event]); !added.ok()) {
      return wrong(name, event, added.error().message() + ", expected " + described(type));
    }
  }
  return builder.take(values.size());
}

}  // namespace mlaas::serve
