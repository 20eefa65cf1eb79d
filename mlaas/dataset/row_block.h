// Rows of features in memory, one contiguous record each, as shuffled batches are gathered from them: one place in
// memory for each row that is picked.
// Shapes:  record = scalars [numScalars] | counts int32 [groups] | weight float32 | targets float32 [numTargets] | label
//          int32, where events have their own | row number int64, padded to 8 bytes | each group's values [count * numColumns]: no padding is kept. Rows
//          of one part lie together, in the order of entries.
// Threads: a block is immutable after it is made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mlaas/base/buffer.h"
#include "mlaas/dataset/identity_split.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/tensors.h"

namespace mlaas::dataset {

// Where the fields of a record lie, in bytes from its start.
struct RowLayout {
  struct Group {
    int64_t length = 0;  // 0: all elements
    int64_t numColumns = 0;
    size_t elementBytes = 0;
  };
  int64_t numScalars = 0;
  std::vector<Group> groups;
  size_t countsOffset = 0;
  size_t weightOffset = 0;  // the targets' begin behind it
  int64_t numTargets = 0;
  size_t labelOffset = 0;  // 0: records have no label
  size_t rowOffset = 0;
  size_t fixedBytes = 0;  // of a record in front of the groups' values

  size_t targetsOffset() const { return weightOffset + sizeof(float); }
  // Of a record with so many elements of each group, and of where it begins.
  size_t recordBytes(std::span<const int32_t> counts) const;

  static RowLayout of(const feature::FeatureSpec& spec, bool withLabels = false, size_t numTargets = 0);
};

// What the rows of one reading unit are made of, in the order of entries.
struct LoadedRows {
  feature::Tensors features;
  std::vector<Part> parts;
  std::vector<float> weights;
  std::vector<int32_t> labels;  // empty where the layout has none
  feature::Tensors targets;     // scalars only
  std::vector<int64_t> rowNumbers;
};

struct RowBlock {
  Buffer records;
  std::vector<uint32_t> begins;           // of each record, in multiples of kUnit; empty where all are of fixedBytes
  std::array<int64_t, 4> partBegin = {};  // rows [partBegin[p], partBegin[p + 1]) belong to part p
  uint32_t sample = 0;

  static constexpr size_t kUnit = sizeof(float);

  const std::byte* record(size_t row, const RowLayout& layout) const {
    return records.data() + (begins.empty() ? row * layout.fixedBytes : begins[row] * kUnit);
  }
  size_t recordBytes(size_t row, const RowLayout& layout) const {
    if (begins.empty()) return layout.fixedBytes;
    const size_t end = row + 1 < begins.size() ? begins[row + 1] * kUnit : records.size();
    return end - begins[row] * kUnit;
  }
  size_t bytes() const { return records.size() + begins.size() * sizeof(uint32_t); }
  int64_t numRows() const { return partBegin[3]; }
  int64_t numRows(Part part) const {
    const auto i = static_cast<size_t>(part);
    return partBegin[i + 1] - partBegin[i];
  }
};

// What the records of each part take.
std::array<size_t, 3> bytesOfParts(const LoadedRows& rows, const RowLayout& layout);

// Packs rows into records; only those of `part` where one is given.
RowBlock packRows(const LoadedRows& rows, const RowLayout& layout, uint32_t sample, std::optional<Part> part);

// A block of some rows of one part of another, counted from the part's first, in the order of `rows`.
RowBlock pickRows(const RowBlock& block, const RowLayout& layout, Part part, std::span<const uint32_t> rows);

}  // namespace mlaas::dataset
