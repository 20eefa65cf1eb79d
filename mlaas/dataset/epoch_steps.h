// Which rows of an epoch's order each rank takes in each step. Every rank has the same number of steps, no row is taken
// twice, and together the ranks take all of them.
// Threads: pure functions.
#pragma once

#include <cstdint>

namespace mlaas::dataset {

// Rows [first, last) of an epoch's order.
struct RowSpan {
  int64_t first = 0;
  int64_t last = 0;
  int64_t size() const { return last - first; }
  bool operator==(const RowSpan&) const = default;
};

class EpochSteps {
 public:
  // In each step but the last every rank takes `batchSize` rows. The last step shares what is left evenly: batches that
  // differ by one row at most, and have up to one more than `batchSize` where fewer rows than ranks were left over.
  // `batchSize` and `numRanks` are at least 1; `numRows` is 0, or at least `numRanks`.
  EpochSteps(int64_t numRows, int64_t batchSize, int64_t numRanks);

  int64_t numSteps() const { return numSteps_; }
  RowSpan rows(int64_t step, int64_t rank) const;

 private:
  int64_t numRows_;
  int64_t batchSize_;
  int64_t numRanks_;
  int64_t numSteps_;
};

}  // namespace mlaas::dataset
