#include "mlaas/dataset/row_block.h"

#include <cstring>

namespace mlaas::dataset {

namespace {

// The bytes of a row's elements, all groups together.
size_t elementBytes(const feature::Tensors& features, const RowLayout& layout, size_t row) {
  size_t bytes = 0;
  for (size_t g = 0; g < layout.groups.size(); ++g) {
    bytes += static_cast<size_t>(features.groups[g].count[row]) * layout.groups[g].elementBytes;
  }
  return bytes;
}

void packRow(const LoadedRows& rows, const RowLayout& layout, size_t row, std::byte* record) {
  const auto& features = rows.features;
  const auto numScalars = static_cast<size_t>(layout.numScalars);
  if (numScalars > 0) std::memcpy(record, features.scalars.data() + row * numScalars, numScalars * sizeof(float));
  std::memcpy(record + layout.weightOffset, &rows.weights[row], sizeof(float));
  if (const auto numTargets = static_cast<size_t>(layout.numTargets); numTargets > 0) {
    std::memcpy(record + layout.targetsOffset(), rows.targets.scalars.data() + row * numTargets,
                numTargets * sizeof(float));
  }
  if (layout.labelOffset > 0) std::memcpy(record + layout.labelOffset, &rows.labels[row], sizeof(int32_t));
  std::memcpy(record + layout.rowOffset, &rows.rowNumbers[row], sizeof(int64_t));
  std::byte* values = record + layout.fixedBytes;
  for (size_t g = 0; g < layout.groups.size(); ++g) {
    const auto& group = features.groups[g];
    std::memcpy(record + layout.countsOffset + g * sizeof(int32_t), &group.count[row], sizeof(int32_t));
    const size_t bytes = static_cast<size_t>(group.count[row]) * layout.groups[g].elementBytes;
    if (bytes == 0) continue;
    std::memcpy(values, group.values.data() + group.firstElement(row) * static_cast<size_t>(group.numColumns), bytes);
    values += bytes;
  }
}

}  // namespace

RowLayout RowLayout::of(const feature::FeatureSpec& spec, bool withLabels, size_t numTargets) {
  RowLayout layout;
  layout.numScalars = static_cast<int64_t>(spec.scalars.size());
  for (const auto& group : spec.groups) {
    layout.groups.push_back(
        {group.length, static_cast<int64_t>(group.columns.size()), group.columns.size() * sizeof(float)});
  }
  layout.countsOffset = spec.scalars.size() * sizeof(float);
  layout.weightOffset = layout.countsOffset + spec.groups.size() * sizeof(int32_t);
  layout.numTargets = static_cast<int64_t>(numTargets);
  size_t end = layout.targetsOffset() + numTargets * sizeof(float);
  if (withLabels) {
    layout.labelOffset = end;
    end += sizeof(int32_t);
  }
  layout.rowOffset = (end + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);
  layout.fixedBytes = layout.rowOffset + sizeof(int64_t);
  return layout;
}

size_t RowLayout::recordBytes(std::span<const int32_t> counts) const {
  if (groups.empty()) return fixedBytes;
  size_t bytes = fixedBytes + sizeof(uint32_t);
  for (size_t g = 0; g < groups.size(); ++g) bytes += static_cast<size_t>(counts[g]) * groups[g].elementBytes;
  return bytes;
}

std::array<size_t, 3> bytesOfParts(const LoadedRows& rows, const RowLayout& layout) {
  const size_t fixedBytes = layout.fixedBytes + (layout.groups.empty() ? 0 : sizeof(uint32_t));
  std::array<size_t, 3> bytes = {};
  for (size_t row = 0; row < rows.parts.size(); ++row) {
    bytes[static_cast<size_t>(rows.parts[row])] += fixedBytes + elementBytes(rows.features, layout, row);
  }
  return bytes;
}

RowBlock packRows(const LoadedRows& rows, const RowLayout& layout, uint32_t sample, std::optional<Part> part) {
  RowBlock block;
  block.sample = sample;
  std::array<int64_t, 3> counts = {};
  for (const Part p : rows.parts) {
    if (!part || p == *part) ++counts[static_cast<size_t>(p)];
  }
  for (size_t p = 0; p < 3; ++p) block.partBegin[p + 1] = block.partBegin[p] + counts[p];
  std::vector<uint32_t> order(static_cast<size_t>(block.numRows()));  // the row that each record holds
  std::array<int64_t, 3> next = {block.partBegin[0], block.partBegin[1], block.partBegin[2]};
  for (size_t row = 0; row < rows.parts.size(); ++row) {
    if (part && rows.parts[row] != *part) continue;
    order[static_cast<size_t>(next[static_cast<size_t>(rows.parts[row])]++)] = static_cast<uint32_t>(row);
  }
  size_t bytes = order.size() * layout.fixedBytes;
  if (!layout.groups.empty()) {
    bytes = 0;
    block.begins.reserve(order.size());
    for (const uint32_t row : order) {
      block.begins.push_back(static_cast<uint32_t>(bytes / RowBlock::kUnit));
      bytes += layout.fixedBytes + elementBytes(rows.features, layout, row);
    }
  }
  block.records = Buffer(bytes);
  for (size_t i = 0; i < order.size(); ++i) {
    packRow(rows, layout, order[i], block.records.data() + (block.record(i, layout) - block.records.data()));
  }
  return block;
}

RowBlock pickRows(const RowBlock& block, const RowLayout& layout, Part part, std::span<const uint32_t> rows) {
  RowBlock picked;
  picked.sample = block.sample;
  const auto first = static_cast<size_t>(block.partBegin[static_cast<size_t>(part)]);
  for (size_t i = static_cast<size_t>(part) + 1; i < picked.partBegin.size(); ++i) {
    picked.partBegin[i] = static_cast<int64_t>(rows.size());
  }
  size_t bytes = 0;
  for (const uint32_t row : rows) {
    if (!layout.groups.empty()) picked.begins.push_back(static_cast<uint32_t>(bytes / RowBlock::kUnit));
    bytes += block.recordBytes(first + row, layout);
  }
  picked.records = Buffer(bytes);
  std::byte* to = picked.records.data();
  for (const uint32_t row : rows) {
    std::memcpy(to, block.record(first + row, layout), block.recordBytes(first + row, layout));
    to += block.recordBytes(first + row, layout);
  }
  return picked;
}

}  // namespace mlaas::dataset
