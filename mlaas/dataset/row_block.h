// Rows of features in memory, one contiguous record each, as shuffled batches are gathered from them: one place in
// memory for each row that is picked.
// Shapes:  record = scalars [numScalars] | each group's values [length * numColumns] | counts int32 [groups] |
//          weight float32 | row number int64, padded to 8 bytes. Rows of one part lie together, in the order of entries.
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
    int64_t length = 0;
    int64_t numColumns = 0;
    size_t offset = 0;
    size_t bytes = 0;
  };
  int64_t numScalars = 0;
  std::vector<Group> groups;
  size_t countsOffset = 0;
  size_t weightOffset = 0;
  size_t rowOffset = 0;
  size_t strideBytes = 0;

  static RowLayout of(const feature::FeatureSpec& spec);
};

// What the rows of one reading unit are made of, in the order of entries.
struct LoadedRows {
  feature::Tensors features;
  std::vector<Part> parts;
  std::vector<float> weights;
  std::vector<int64_t> rowNumbers;
};

struct RowBlock {
  Buffer records;
  std::array<int64_t, 4> partBegin = {};  // rows [partBegin[p], partBegin[p + 1]) belong to part p
  uint32_t sample = 0;

  int64_t numRows() const { return partBegin[3]; }
  int64_t numRows(Part part) const {
    const auto i = static_cast<size_t>(part);
    return partBegin[i + 1] - partBegin[i];
  }
};

// Packs rows into records; only those of `part` where one is given.
RowBlock packRows(const LoadedRows& rows, const RowLayout& layout, uint32_t sample, std::optional<Part> part);

}  // namespace mlaas::dataset
