// How many rows of a graph run at a time.
// OpenVINO keeps compiled kernels and buffers for every number of rows that it has seen, some 0.3 MB for a small
// network. So graphs run with powers of two only: a rest is filled up where that adds less than a quarter, and split
// otherwise.
// Threads: a function of its argument.
#pragma once

#include <bit>
#include <cstdint>

namespace mlaas::infer {

inline constexpr int64_t kLargestBatch = 1024;

// Rows of the next run where `left` (at least 1) are still to be done; it may be more than there are.
inline int64_t nextBatchRows(int64_t left) {
  if (left >= kLargestBatch) return kLargestBatch;
  const auto rows = static_cast<uint64_t>(left);
  const auto filled = static_cast<int64_t>(std::bit_ceil(rows));
  return (filled - left) * 4 < left ? filled : static_cast<int64_t>(std::bit_floor(rows));
}

}  // namespace mlaas::infer
