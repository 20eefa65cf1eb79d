// Columns from JSON: nested lists of numbers, bools and strings, with "nan", "inf" and "-inf".
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table::test {

using nlohmann::json;

template <class T>
T number(const json& value) {
  if (!value.is_string()) return value.get<T>();
  const std::string text = value.get<std::string>();
  return static_cast<T>(text == "nan" ? test::kNan : text == "inf" ? test::kInfinity : -test::kInfinity);
}

inline DType dtypeNamed(const std::string& name) {
  for (int k = 0; k <= static_cast<int>(DType::kFloat64); ++k) {
    if (dtypeName(static_cast<DType>(k)) == name) return static_cast<DType>(k);
  }
  throw std::runtime_error("no dtype " + name);
}

// The lists of a level, one after the other, and their offsets.
inline SharedBuffer takeOffsets(std::vector<json>& level) {
  std::vector<int64_t> offsets = {0};
  std::vector<json> below;
  for (const json& list : level) {
    for (const json& element : list) below.push_back(element);
    offsets.push_back(static_cast<int64_t>(below.size()));
  }
  level = std::move(below);
  return copyToBuffer<int64_t>(offsets);
}

inline Column stringsOf(Column column, const std::vector<json>& words) {
  std::vector<int64_t> offsets = {0};
  std::vector<uint8_t> characters;
  for (const json& word : words) {
    const std::string text = word.get<std::string>();
    characters.insert(characters.end(), text.begin(), text.end());
    offsets.push_back(static_cast<int64_t>(characters.size()));
  }
  column.type = {DType::kUInt8, column.type.jaggedDepth + 1, {}, true};
  column.offsets.push_back(copyToBuffer<int64_t>(offsets));
  column.values = copyToBuffer<uint8_t>(characters);
  return column;
}

// `values` nested `depth` levels and then as deep as `shape`; dtype "string" for strings.
inline Column columnOf(const std::string& dtype, const std::vector<uint32_t>& shape, int depth, const json& values) {
  std::vector<json> level(values.begin(), values.end());
  Column column;
  column.length = static_cast<int64_t>(level.size());
  column.type.jaggedDepth = depth;
  column.type.shape = shape;
  for (int i = 0; i < depth; ++i) column.offsets.push_back(takeOffsets(level));
  if (dtype == "string") return stringsOf(std::move(column), level);
  for (size_t k = 0; k < shape.size(); ++k) takeOffsets(level);
  column.type.dtype = dtypeNamed(dtype);
  column.values = visitStoredDType(column.type.dtype, [&]<class T>(T) -> SharedBuffer {
    std::vector<T> numbers;
    for (const json& value : level) numbers.push_back(number<T>(value));
    return copyToBuffer<T>(numbers);
  });
  return column;
}

}  // namespace mlaas::table::test
