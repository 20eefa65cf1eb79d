// A column in memory: values and offsets, in Arrow's layout.
// Shapes:  flat       -> values[length]
//          fixed      -> values[length * product(shape)], row-major
//          jagged     -> offsets[0][length + 1], values[offsets[0].back() * product(shape)]
//          nested     -> offsets[0][length + 1], offsets[1][offsets[0].back() + 1], ... outermost first
//          strings    -> one more level of offsets and uint8 values
// A bool is a byte as the file has it: any but 0 is true, so it is looked at as uint8_t (visitStoredDType).
// Offsets are int64, start at 0 and never decrease. Buffers are shared: columns with one counter share its offsets.
// It lies in base because the file readers below the table layer write it.
// Threads: immutable after it is made, so it can be read from any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/buffer.h"

namespace mlaas {

enum class DType : uint8_t {
  kBool,
  kInt8,
  kUInt8,
  kInt16,
  kUInt16,
  kInt32,
  kUInt32,
  kInt64,
  kUInt64,
  kFloat32,
  kFloat64,
};

// Bytes of one value.
size_t dtypeBytes(DType type);
// "float32", as numpy names it.
std::string_view dtypeName(DType type);
// The little-endian descriptor of numpy's .npy format: "<f4", "|b1".
std::string_view numpyDescriptor(DType type);
bool isFloating(DType type);

// DType of a C++ type.
template <class T>
inline constexpr DType kDTypeOf = [] {
  if constexpr (std::is_same_v<T, bool>) return DType::kBool;
  if constexpr (std::is_same_v<T, int8_t>) return DType::kInt8;
  if constexpr (std::is_same_v<T, uint8_t>) return DType::kUInt8;
  if constexpr (std::is_same_v<T, int16_t>) return DType::kInt16;
  if constexpr (std::is_same_v<T, uint16_t>) return DType::kUInt16;
  if constexpr (std::is_same_v<T, int32_t>) return DType::kInt32;
  if constexpr (std::is_same_v<T, uint32_t>) return DType::kUInt32;
  if constexpr (std::is_same_v<T, int64_t>) return DType::kInt64;
  if constexpr (std::is_same_v<T, uint64_t>) return DType::kUInt64;
  if constexpr (std::is_same_v<T, float>) return DType::kFloat32;
  if constexpr (std::is_same_v<T, double>) return DType::kFloat64;
}();

// Calls function(T{}) with the C++ type of `type`.
template <class Function>
decltype(auto) visitDType(DType type, Function&& function) {
  switch (type) {
    case DType::kBool:
      return function(bool{});
    case DType::kInt8:
      return function(int8_t{});
    case DType::kUInt8:
      return function(uint8_t{});
    case DType::kInt16:
      return function(int16_t{});
    case DType::kUInt16:
      return function(uint16_t{});
    case DType::kInt32:
      return function(int32_t{});
    case DType::kUInt32:
      return function(uint32_t{});
    case DType::kInt64:
      return function(int64_t{});
    case DType::kUInt64:
      return function(uint64_t{});
    case DType::kFloat32:
      return function(float{});
    case DType::kFloat64:
      break;
  }
  return function(double{});
}

// The same with uint8_t for kBool, whose bytes are not always those of a C++ bool.
template <class Function>
decltype(auto) visitStoredDType(DType type, Function&& function) {
  return visitDType(type, [&](auto zero) -> decltype(auto) {
    if constexpr (std::is_same_v<decltype(zero), bool>) {
      return function(uint8_t{});
    } else {
      return function(zero);
    }
  });
}

struct ColumnType {
  DType dtype = DType::kFloat64;
  int jaggedDepth = 0;          // levels of offsets, a string's own level included
  std::vector<uint32_t> shape;  // dimensions of a fixed array inside the innermost level
  bool isString = false;        // the innermost offsets are those of characters (dtype kUInt8)

  bool operator==(const ColumnType&) const = default;
  bool isFlat() const { return jaggedDepth == 0 && shape.empty(); }
  // Values of one innermost element: the product of shape.
  size_t valuesPerElement() const;
  // "float32", "float32[3]", "var * float32", "var * var * int64", "string".
  std::string name() const;
};

struct Column {
  ColumnType type;
  int64_t length = 0;                 // entries
  std::vector<SharedBuffer> offsets;  // type.jaggedDepth buffers of int64
  SharedBuffer values;

  std::span<const int64_t> offsetsAt(size_t level) const { return offsets[level]->as<int64_t>(); }
  // The values as T, which must be the type of type.dtype.
  template <class T>
  std::span<const T> valuesAs() const {
    return values ? values->as<T>() : std::span<const T>{};
  }
  // Innermost elements, counted through all levels.
  int64_t numElements() const { return offsets.empty() ? length : offsets.back()->as<int64_t>().back(); }
  // Bytes of all buffers.
  size_t sizeBytes() const;
};

// A flat column of `values`.
template <class T>
Column makeFlatColumn(std::span<const T> values);

// A jagged column of one level; offsets.size() == length + 1.
template <class T>
Column makeJaggedColumn(std::span<const int64_t> offsets, std::span<const T> values);

// The rows [first, last) of a column as a column of its own (copies).
Column sliceColumn(const Column& column, int64_t first, int64_t last);

// Columns of one type, one after the other; the list must not be empty.
Column concatenateColumns(std::span<const Column> columns);

// ---- implementation of the templates

template <class T>
SharedBuffer copyToBuffer(std::span<const T> values) {
  auto buffer = std::make_shared<Buffer>(values.size_bytes());
  std::copy(values.begin(), values.end(), buffer->template as<T>().begin());
  return buffer;
}

template <class T>
Column makeFlatColumn(std::span<const T> values) {
  return {ColumnType{kDTypeOf<T>, 0, {}, false}, static_cast<int64_t>(values.size()), {}, copyToBuffer(values)};
}

template <class T>
Column makeJaggedColumn(std::span<const int64_t> offsets, std::span<const T> values) {
  return {ColumnType{kDTypeOf<T>, 1, {}, false},
          static_cast<int64_t>(offsets.size()) - 1,
          {copyToBuffer(offsets)},
          copyToBuffer(values)};
}

}  // namespace mlaas
