// The input of a model for some rows: float32 tensors of raw physics values.
// Shapes:  scalars [rows, numScalars]; each group values [rows, length, numColumns] and count [rows]; row-major.
//          Elements from count on are padding: 0, to be masked by count. count never exceeds length.
//          A ragged group has no padding: its rows' elements lie one behind the other, found by offsets [rows + 1]. With
//          a length of 0 none is cut off.
// Threads: a value; owned by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mlaas::feature {

struct GroupTensor {
  int64_t length = 0;
  int64_t numColumns = 0;
  std::vector<float> values;          // rows * length * numColumns; ragged: offsets.back() * numColumns
  std::vector<int32_t> count;         // rows
  std::vector<int64_t> offsets = {};  // of elements; empty where padded

  // The first element of a row: its values are numColumns times as far from the start.
  size_t firstElement(size_t row) const {
    return offsets.empty() ? row * static_cast<size_t>(length) : static_cast<size_t>(offsets[row]);
  }
};

struct Tensors {
  int64_t rows = 0;
  int64_t numScalars = 0;
  std::vector<float> scalars;  // rows * numScalars
  std::vector<GroupTensor> groups;
};

}  // namespace mlaas::feature
