// Tensors by name, as inference servers exchange them: a type, a shape and bytes.
// Layout:  row-major, little-endian; a BYTES tensor holds each element as a 32-bit length and that many bytes; a BOOL
//          is one byte, 0 or 1.
// Source:  Open Inference Protocol v2, "Tensor Data Types", and Triton's raw contents.
// Threads: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::infer {

enum class DataType : uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,
};

// "FP32", as the protocol spells it.
std::string_view dataTypeName(DataType type);
std::optional<DataType> dataTypeFrom(std::string_view name);
// Bytes of one element; 0 for kBytes, whose elements differ.
size_t elementBytes(DataType type);

// The product of a shape's dimensions; nothing where one is negative or the product passes 2^62.
std::optional<int64_t> numElements(std::span<const int64_t> shape);
// "[1, 42]"; -1 is written as such.
std::string shapeText(std::span<const int64_t> shape);

struct Tensor {
  std::string name;
  DataType type = DataType::kFp32;
  std::vector<int64_t> shape;
  std::string bytes;

  template <class Value>
  std::span<const Value> as() const {
    return {reinterpret_cast<const Value*>(bytes.data()), bytes.size() / sizeof(Value)};
  }
};

// kInvalidArgument where the bytes are not what type and shape say; checks each length of a BYTES tensor.
Result<void> checkTensor(const Tensor& tensor);

// Where each element of a BYTES tensor that checkTensor accepted begins and ends.
std::vector<std::string_view> bytesElements(const Tensor& tensor);
void appendBytesElement(std::string& bytes, std::string_view element);

// What a model takes or gives under one name.
struct TensorSpec {
  std::string name;
  DataType type = DataType::kFp32;
  std::vector<int64_t> dimensions;       // without the batch's where the model is batched; -1: any
  std::vector<std::string> labels = {};  // of an output's classes, where they have names
};

// Whether `shape` fits `spec`; the first dimension is the batch's where `batched`.
bool shapeFits(const TensorSpec& spec, bool batched, std::span<const int64_t> shape);

struct Signature {
  bool batched = true;  // every input and output has rows as its first dimension, and rows do not know each other
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;

  const TensorSpec* findInput(std::string_view name) const;
  const TensorSpec* findOutput(std::string_view name) const;
};

}  // namespace mlaas::infer
