#include "mlaas/infer/tensor.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mlaas::infer {

namespace {

struct TypeName {
  DataType type;
  std::string_view name;
  size_t bytes;
};

constexpr std::array<TypeName, 14> kTypes = {{{DataType::kBool, "BOOL", 1},
                                              {DataType::kUint8, "UINT8", 1},
                                              {DataType::kUint16, "UINT16", 2},
                                              {DataType::kUint32, "UINT32", 4},
                                              {DataType::kUint64, "UINT64", 8},
                                              {DataType::kInt8, "INT8", 1},
                                              {DataType::kInt16, "INT16", 2},
                                              {DataType::kInt32, "INT32", 4},
                                              {DataType::kInt64, "INT64", 8},
                                              {DataType::kFp16, "FP16", 2},
                                              {DataType::kBf16, "BF16", 2},
                                              {DataType::kFp32, "FP32", 4},
                                              {DataType::kFp64, "FP64", 8},
                                              {DataType::kBytes, "BYTES", 0}}};

constexpr int64_t kMostElements = int64_t{1} << 62;
constexpr size_t kLengthBytes = sizeof(uint32_t);

Error wrong(const Tensor& tensor, const std::string& message) {
  return {ErrorCode::kInvalidArgument, "tensor '" + tensor.name.substr(0, 200) + "' " + message};
}

// The length that stands at `at`; the caller knows that it is there.
size_t lengthAt(std::string_view bytes, size_t at) {
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + at, kLengthBytes);
  return length;
}

Result<void> checkBytesElements(const Tensor& tensor, int64_t expected) {
  size_t at = 0;
  int64_t found = 0;
  for (; at < tensor.bytes.size(); ++found) {
    if (tensor.bytes.size() - at < kLengthBytes) return wrong(tensor, "ends within the length of an element");
    const size_t length = lengthAt(tensor.bytes, at);
    at += kLengthBytes;
    if (tensor.bytes.size() - at < length) {
      return wrong(tensor, "has an element " + std::to_string(found) + " of " + std::to_string(length) +
                               " bytes, but only " + std::to_string(tensor.bytes.size() - at) + " follow");
    }
    at += length;
  }
  if (found == expected) return {};
  return wrong(tensor, "has " + std::to_string(found) + " elements, its shape " + shapeText(tensor.shape) + " wants " +
                           std::to_string(expected));
}

}  // namespace

std::string_view dataTypeName(DataType type) { return kTypes.at(static_cast<size_t>(type)).name; }

std::optional<DataType> dataTypeFrom(std::string_view name) {
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& type) { return type.name == name; });
  if (found == kTypes.end()) return std::nullopt;
  return found->type;
}

size_t elementBytes(DataType type) { return kTypes.at(static_cast<size_t>(type)).bytes; }

std::optional<int64_t> numElements(std::span<const int64_t> shape) {
  int64_t product = 1;
  bool empty = false;
  for (const int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) {
      empty = true;
    } else if (product > kMostElements / dimension) {
      return std::nullopt;
    } else {
      product *= dimension;
    }
  }
  return empty ? 0 : product;
}

std::string shapeText(std::span<const int64_t> shape) {
  std::string text = "[";
  for (const int64_t dimension : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(dimension);
  return text + "]";
}

Result<void> checkTensor(const Tensor& tensor) {
  const auto elements = numElements(tensor.shape);
  if (!elements) return wrong(tensor, "has the impossible shape " + shapeText(tensor.shape));
  if (tensor.type == DataType::kBytes) return checkBytesElements(tensor, *elements);
  const size_t width = elementBytes(tensor.type);
  if (tensor.bytes.size() % width == 0 && static_cast<int64_t>(tensor.bytes.size() / width) == *elements) return {};
  return wrong(tensor, "has " + std::to_string(tensor.bytes.size()) + " bytes, " +
                           std::string(dataTypeName(tensor.type)) + " of shape " + shapeText(tensor.shape) +
                           " has elements of " + std::to_string(width) + " bytes, " + std::to_string(*elements) +
                           " of them");
}

std::vector<std::string_view> bytesElements(const Tensor& tensor) {
  std::vector<std::string_view> elements;
  const std::string_view bytes = tensor.bytes;
  for (size_t at = 0; at + kLengthBytes <= bytes.size();) {
    const size_t length = lengthAt(bytes, at);
    elements.push_back(bytes.substr(at + kLengthBytes, length));
    at += kLengthBytes + length;
  }
  return elements;
}

void appendBytesElement(std::string& bytes, std::string_view element) {
  const auto length = static_cast<uint32_t>(element.size());
  bytes.append(reinterpret_cast<const char*>(&length), kLengthBytes);
  bytes.append(element);
}

bool shapeFits(const TensorSpec& spec, bool batched, std::span<const int64_t> shape) {
  const size_t skipped = batched ? 1 : 0;
  if (shape.size() != spec.dimensions.size() + skipped) return false;
  return std::equal(spec.dimensions.begin(), spec.dimensions.end(), shape.begin() + static_cast<ptrdiff_t>(skipped),
                    [](int64_t expected, int64_t found) { return expected < 0 || expected == found; });
}

namespace {

const TensorSpec* findSpec(const std::vector<TensorSpec>& specs, std::string_view name) {
  const auto found =
      std::find_if(specs.begin(), specs.end(), [&](const TensorSpec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

}  // namespace

const TensorSpec* Signature::findInput(std::string_view name) const { return findSpec(inputs, name); }
const TensorSpec* Signature::findOutput(std::string_view name) const { return findSpec(outputs, name); }

}  // namespace mlaas::infer
