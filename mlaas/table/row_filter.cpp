#include "mlaas/table/row_filter.h"

#include <cstring>

namespace mlaas::table {

namespace {

template <class T>
void gather(const std::byte* from, std::span<const int64_t> rows, std::byte* to) {
  const auto* source = reinterpret_cast<const T*>(from);
  auto* target = reinterpret_cast<T*>(to);
  for (size_t i = 0; i < rows.size(); ++i) target[i] = source[rows[i]];
}

// Single elements of `elementBytes`.
SharedBuffer gatherFlat(const Column& column, std::span<const int64_t> rows, size_t elementBytes) {
  auto out = std::make_shared<Buffer>(rows.size() * elementBytes);
  if (rows.empty()) return out;
  const std::byte* from = column.values->data();
  switch (elementBytes) {
    case 1:
      gather<uint8_t>(from, rows, out->data());
      break;
    case 2:
      gather<uint16_t>(from, rows, out->data());
      break;
    case 4:
      gather<uint32_t>(from, rows, out->data());
      break;
    case 8:
      gather<uint64_t>(from, rows, out->data());
      break;
    default:
      for (size_t i = 0; i < rows.size(); ++i) {
        std::memcpy(out->data() + i * elementBytes, from + static_cast<size_t>(rows[i]) * elementBytes, elementBytes);
      }
  }
  return out;
}

// Elements [first, last) of the level below.
struct Range {
  int64_t first;
  int64_t last;
};

// The new offsets of one level over `ranges` of its lists; `ranges` becomes those of the level below, neighbours
// joined.
SharedBuffer gatherOffsets(std::span<const int64_t> offsets, std::vector<Range>& ranges) {
  size_t count = 1;
  for (const Range& range : ranges) count += static_cast<size_t>(range.last - range.first);
  auto out = std::make_shared<Buffer>(count * sizeof(int64_t));
  int64_t* to = out->as<int64_t>().data();
  int64_t total = 0;
  *to++ = 0;
  for (Range& range : ranges) {
    const int64_t base = offsets[static_cast<size_t>(range.first)];
    for (int64_t i = range.first; i < range.last; ++i) *to++ = total + offsets[static_cast<size_t>(i) + 1] - base;
    range = {base, offsets[static_cast<size_t>(range.last)]};
    total += range.last - range.first;
  }
  return out;
}

}  // namespace

Column takeRows(const Column& column, std::span<const int64_t> rows) {
  const size_t elementBytes = dtypeBytes(column.type.dtype) * column.type.valuesPerElement();
  Column out{column.type, static_cast<int64_t>(rows.size()), {}, nullptr};
  if (column.offsets.empty()) {
    out.values = gatherFlat(column, rows, elementBytes);
    return out;
  }
  std::vector<Range> ranges;
  for (int64_t row : rows) {
    if (!ranges.empty() && ranges.back().last == row) {
      ++ranges.back().last;
    } else {
      ranges.push_back({row, row + 1});
    }
  }
  for (size_t level = 0; level < column.offsets.size(); ++level) {
    out.offsets.push_back(gatherOffsets(column.offsetsAt(level), ranges));
  }
  auto values = std::make_shared<Buffer>(static_cast<size_t>(out.numElements()) * elementBytes);
  size_t at = 0;
  for (const Range& range : ranges) {
    const size_t bytes = static_cast<size_t>(range.last - range.first) * elementBytes;
    if (bytes == 0) continue;
    std::memcpy(values->data() + at, column.values->data() + static_cast<size_t>(range.first) * elementBytes, bytes);
    at += bytes;
  }
  out.values = std::move(values);
  return out;
}

}  // namespace mlaas::table
