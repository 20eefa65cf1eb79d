#include "mlaas/base/column.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mlaas {

namespace {

struct DTypeRow {
  size_t bytes;
  std::string_view name;
  std::string_view numpy;
};

constexpr std::array<DTypeRow, 11> kDTypes = {{{1, "bool", "|b1"},
                                               {1, "int8", "|i1"},
                                               {1, "uint8", "|u1"},
                                               {2, "int16", "<i2"},
                                               {2, "uint16", "<u2"},
                                               {4, "int32", "<i4"},
                                               {4, "uint32", "<u4"},
                                               {8, "int64", "<i8"},
                                               {8, "uint64", "<u8"},
                                               {4, "float32", "<f4"},
                                               {8, "float64", "<f8"}}};

const DTypeRow& row(DType type) { return kDTypes[static_cast<size_t>(type)]; }

// Offsets [first, last] of one level, moved to start at 0.
SharedBuffer rebasedOffsets(std::span<const int64_t> offsets, int64_t first, int64_t last) {
  auto out = std::make_shared<Buffer>(static_cast<size_t>(last - first + 1) * sizeof(int64_t));
  auto to = out->as<int64_t>();
  for (size_t i = 0; i < to.size(); ++i)
    to[i] = offsets[static_cast<size_t>(first) + i] - offsets[static_cast<size_t>(first)];
  return out;
}

// One level of offsets of all columns, each shifted behind the one before.
SharedBuffer joinedOffsets(std::span<const Column> columns, size_t level) {
  size_t count = 1;
  for (const Column& column : columns) count += column.offsetsAt(level).size() - 1;
  auto out = std::make_shared<Buffer>(count * sizeof(int64_t));
  auto to = out->as<int64_t>();
  to[0] = 0;
  size_t next = 1;
  for (const Column& column : columns) {
    const int64_t shift = to[next - 1];
    for (int64_t offset : column.offsetsAt(level).subspan(1)) to[next++] = offset + shift;
  }
  return out;
}

}  // namespace

size_t dtypeBytes(DType type) { return row(type).bytes; }
std::string_view dtypeName(DType type) { return row(type).name; }
std::string_view numpyDescriptor(DType type) { return row(type).numpy; }
bool isFloating(DType type) { return type == DType::kFloat32 || type == DType::kFloat64; }

size_t ColumnType::valuesPerElement() const {
  size_t product = 1;
  for (uint32_t dimension : shape) product *= dimension;
  return product;
}

std::string ColumnType::name() const {
  std::string text;
  for (int level = isString ? 1 : 0; level < jaggedDepth; ++level) text += "var * ";
  text += isString ? std::string_view("string") : dtypeName(dtype);
  for (uint32_t dimension : shape) text += "[" + std::to_string(dimension) + "]";
  return text;
}

size_t Column::sizeBytes() const {
  size_t bytes = values ? values->size() : 0;
  for (const auto& buffer : offsets) bytes += buffer->size();
  return bytes;
}

Column sliceColumn(const Column& column, int64_t first, int64_t last) {
  Column out{column.type, last - first, {}, nullptr};
  for (size_t level = 0; level < column.offsets.size(); ++level) {
    auto offsets = column.offsetsAt(level);
    out.offsets.push_back(rebasedOffsets(offsets, first, last));
    first = offsets[static_cast<size_t>(first)];
    last = offsets[static_cast<size_t>(last)];
  }
  const size_t elementBytes = dtypeBytes(column.type.dtype) * column.type.valuesPerElement();
  auto values = std::make_shared<Buffer>(static_cast<size_t>(last - first) * elementBytes);
  if (values->size() > 0) {
    std::memcpy(values->data(), column.values->data() + static_cast<size_t>(first) * elementBytes, values->size());
  }
  out.values = std::move(values);
  return out;
}

Column concatenateColumns(std::span<const Column> columns) {
  if (columns.size() == 1) return columns.front();
  Column out{columns.front().type, 0, {}, nullptr};
  size_t bytes = 0;
  for (const Column& column : columns) {
    out.length += column.length;
    bytes += column.values ? column.values->size() : 0;
  }
  for (size_t level = 0; level < columns.front().offsets.size(); ++level) {
    out.offsets.push_back(joinedOffsets(columns, level));
  }
  auto values = std::make_shared<Buffer>(bytes);
  size_t at = 0;
  for (const Column& column : columns) {
    if (!column.values || column.values->size() == 0) continue;
    std::memcpy(values->data() + at, column.values->data(), column.values->size());
    at += column.values->size();
  }
  out.values = std::move(values);
  return out;
}

}  // namespace mlaas
