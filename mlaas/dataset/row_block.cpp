#include "mlaas/dataset/row_block.h"

#include <cstring>

namespace mlaas::dataset {

namespace {

void packRow(const LoadedRows& rows, const RowLayout& layout, size_t row, std::byte* record) {
  const auto& features = rows.features;
  const auto numScalars = static_cast<size_t>(layout.numScalars);
  if (numScalars > 0) std::memcpy(record, features.scalars.data() + row * numScalars, numScalars * sizeof(float));
  for (size_t g = 0; g < layout.groups.size(); ++g) {
    const auto& group = layout.groups[g];
    std::memcpy(record + group.offset, features.groups[g].values.data() + row * (group.bytes / sizeof(float)),
                group.bytes);
    std::memcpy(record + layout.countsOffset + g * sizeof(int32_t), &features.groups[g].count[row], sizeof(int32_t));
  }
  std::memcpy(record + layout.weightOffset, &rows.weights[row], sizeof(float));
  std::memcpy(record + layout.rowOffset, &rows.rowNumbers[row], sizeof(int64_t));
}

}  // namespace

RowLayout RowLayout::of(const feature::FeatureSpec& spec) {
  RowLayout layout;
  layout.numScalars = static_cast<int64_t>(spec.scalars.size());
  size_t offset = spec.scalars.size() * sizeof(float);
  for (const auto& group : spec.groups) {
    const auto numColumns = static_cast<int64_t>(group.columns.size());
    const auto bytes = static_cast<size_t>(group.length * numColumns) * sizeof(float);
    layout.groups.push_back({group.length, numColumns, offset, bytes});
    offset += bytes;
  }
  layout.countsOffset = offset;
  layout.weightOffset = offset + spec.groups.size() * sizeof(int32_t);
  const size_t end = layout.weightOffset + sizeof(float);
  layout.rowOffset = (end + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);
  layout.strideBytes = layout.rowOffset + sizeof(int64_t);
  return layout;
}

RowBlock packRows(const LoadedRows& rows, const RowLayout& layout, uint32_t sample, std::optional<Part> part) {
  RowBlock block;
  block.sample = sample;
  std::array<int64_t, 3> counts = {};
  for (const Part p : rows.parts) {
    if (!part || p == *part) ++counts[static_cast<size_t>(p)];
  }
  for (size_t p = 0; p < 3; ++p) block.partBegin[p + 1] = block.partBegin[p] + counts[p];
  block.records = Buffer(static_cast<size_t>(block.numRows()) * layout.strideBytes);
  std::array<int64_t, 3> next = {block.partBegin[0], block.partBegin[1], block.partBegin[2]};
  for (size_t row = 0; row < rows.parts.size(); ++row) {
    if (part && rows.parts[row] != *part) continue;
    const auto place = static_cast<size_t>(next[static_cast<size_t>(rows.parts[row])]++);
    packRow(rows, layout, row, block.records.data() + place * layout.strideBytes);
  }
  return block;
}

}  // namespace mlaas::dataset
