// A named tensor as the Open Inference Protocol exchanges it.
// Layout:  row-major, little-endian; BOOL is a byte; an element of BYTES is a 32-bit length and that many bytes.
// Threads: values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mlaas::client {

// "FP32" for float, and so on.
template <class Value>
constexpr std::string_view datatypeOf() {
  if constexpr (std::is_same_v<Value, bool>) return "BOOL";
  if constexpr (std::is_same_v<Value, uint8_t>) return "UINT8";
  if constexpr (std::is_same_v<Value, uint16_t>) return "UINT16";
  if constexpr (std::is_same_v<Value, uint32_t>) return "UINT32";
  if constexpr (std::is_same_v<Value, uint64_t>) return "UINT64";
  if constexpr (std::is_same_v<Value, int8_t>) return "INT8";
  if constexpr (std::is_same_v<Value, int16_t>) return "INT16";
  if constexpr (std::is_same_v<Value, int32_t>) return "INT32";
  if constexpr (std::is_same_v<Value, int64_t>) return "INT64";
  if constexpr (std::is_same_v<Value, float>) return "FP32";
  if constexpr (std::is_same_v<Value, double>) return "FP64";
}

struct Tensor {
  std::string name;
  std::string datatype;
  std::vector<int64_t> shape;
  std::string bytes;

  // `values` in row-major order.
  template <class Value>
  static Tensor of(std::string name, std::vector<int64_t> shape, std::span<const Value> values) {
    return {std::move(name), std::string(datatypeOf<Value>()), std::move(shape),
            std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes())};
  }
  // The values; empty where they are of another type.
  template <class Value>
  std::span<const Value> as() const {
    if (datatype != datatypeOf<Value>()) return {};
    return {reinterpret_cast<const Value*>(bytes.data()), bytes.size() / sizeof(Value)};
  }
};

}  // namespace mlaas::client
