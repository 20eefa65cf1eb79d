#include "mlaas/dataset/epoch_steps.h"

#include <algorithm>

namespace mlaas::dataset {

EpochSteps::EpochSteps(int64_t numRows, int64_t batchSize, int64_t numRanks)
    : numRows_(numRows),
      // A batch of the whole epoch is as good as a larger one, and its product with the ranks does not overflow.
      batchSize_(std::min(batchSize, std::max<int64_t>(1, numRows))),
      numRanks_(numRanks) {
  const int64_t perStep = batchSize_ * numRanks_;
  numSteps_ = numRows_ / perStep;
  if (const int64_t left = numRows_ % perStep; left >= numRanks_ || (left > 0 && numSteps_ == 0)) ++numSteps_;
}

RowSpan EpochSteps::rows(int64_t step, int64_t rank) const {
  const int64_t begin = step * batchSize_ * numRanks_;
  if (step + 1 < numSteps_) return {begin + rank * batchSize_, begin + (rank + 1) * batchSize_};
  const int64_t left = numRows_ - begin;
  const auto share = [&](int64_t r) { return begin + left / numRanks_ * r + std::min(r, left % numRanks_); };
  return {share(rank), share(rank + 1)};
}

}  // namespace mlaas::dataset
