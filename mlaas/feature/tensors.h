// The input of a model for some rows: float32 tensors of raw physics values.
// Shapes:  scalars [rows, numScalars]; each group values [rows, length, numColumns] and count [rows]; row-major.
//          Elements from count on are padding: 0, to be masked by count. count never exceeds length.
// Threads: a value; owned by one thread at a time.
#pragma once

#include <cstdint>
#include <vector>

namespace mlaas::feature {

struct GroupTensor {
  int64_t length = 0;
  int64_t numColumns = 0;
  std::vector<float> values;   // rows * length * numColumns
  std::vector<int32_t> count;  // rows
};

struct Tensors {
  int64_t rows = 0;
  int64_t numScalars = 0;
  std::vector<float> scalars;  // rows * numScalars
  std::vector<GroupTensor> groups;
};

}  // namespace mlaas::feature
