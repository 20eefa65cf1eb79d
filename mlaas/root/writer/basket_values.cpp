#include "mlaas/root/writer/basket_values.h"

#include <cstring>

#include "mlaas/root/writer/object_writer.h"

namespace mlaas::root {

namespace {

constexpr uint32_t kByteCountMask = 0x40000000;
constexpr int16_t kVectorVersion = 10;  // of a collection's bytes in ROOT 6

void appendString(std::vector<std::byte>& bytes, const Column& column, int64_t index) {
  auto offsets = column.offsetsAt(column.offsets.size() - 1);
  auto first = static_cast<size_t>(offsets[static_cast<size_t>(index)]);
  auto last = static_cast<size_t>(offsets[static_cast<size_t>(index) + 1]);
  const char* characters = last == first ? "" : reinterpret_cast<const char*>(column.values->data());
  appendCountedString(bytes, {characters + first, last - first});
}

// The elements of one list: their number, then each. Levels are at most as many as the column's type has.
void appendList(std::vector<std::byte>& bytes, const Column& column, size_t level, int64_t index) {
  auto offsets = column.offsetsAt(level);
  int64_t first = offsets[static_cast<size_t>(index)];
  int64_t last = offsets[static_cast<size_t>(index) + 1];
  appendBig(bytes, static_cast<int32_t>(last - first));
  size_t numLevels = column.offsets.size();
  if (level + 1 == numLevels) return appendValues(bytes, column, first, last);
  bool ofStrings = column.type.isString && level + 2 == numLevels;
  for (int64_t i = first; i < last; ++i)
    ofStrings ? appendString(bytes, column, i) : appendList(bytes, column, level + 1, i);
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "the values are swapped to big-endian order");

void appendValues(std::vector<std::byte>& bytes, const Column& column, int64_t first, int64_t last) {
  if (first == last) return;
  visitStoredDType(column.type.dtype, [&](auto zero) {
    using T = decltype(zero);
    auto values = column.valuesAs<T>().subspan(static_cast<size_t>(first), static_cast<size_t>(last - first));
    size_t at = bytes.size();
    bytes.resize(at + values.size_bytes());
    for (T value : values) {
      if constexpr (sizeof(T) > 1) value = byteSwapped(value);
      std::memcpy(bytes.data() + at, &value, sizeof(T));
      at += sizeof(T);
    }
  });
}

void appendObject(std::vector<std::byte>& bytes, const Column& column, int64_t entry) {
  if (column.type.jaggedDepth == 1 && column.type.isString) return appendString(bytes, column, entry);
  size_t start = bytes.size();
  appendBig(bytes, uint32_t{0});  // the byte count, known at the end
  appendBig(bytes, kVectorVersion);
  appendList(bytes, column, 0, entry);
  auto count = static_cast<uint32_t>(bytes.size() - start - sizeof(uint32_t)) | kByteCountMask;
  for (size_t i = 0; i < sizeof(count); ++i)
    bytes[start + i] = static_cast<std::byte>(count >> (8 * (sizeof(count) - 1 - i)));
}

}  // namespace mlaas::root
