#include "mlaas/dataset/epoch_steps.h"

#include <gtest/gtest.h>

#include <limits>

namespace mlaas::dataset {
namespace {

// All ranks, step by step, take the rows from 0 to numRows without a gap.
TEST(EpochSteps, SharesEveryRowOnce) {
  for (const int64_t numRanks : {1, 2, 3, 8}) {
    for (const int64_t batchSize : {1, 2, 7, 100}) {
      for (int64_t numRows = numRanks; numRows < 120; ++numRows) {
        const EpochSteps steps(numRows, batchSize, numRanks);
        int64_t next = 0;
        for (int64_t step = 0; step < steps.numSteps(); ++step) {
          for (int64_t rank = 0; rank < numRanks; ++rank) {
            const RowSpan span = steps.rows(step, rank);
            ASSERT_EQ(span.first, next);
            ASSERT_GT(span.size(), 0);
            ASSERT_LE(span.size(), batchSize + 1);
            next = span.last;
          }
        }
        ASSERT_EQ(next, numRows) << numRanks << " ranks, batches of " << batchSize;
      }
    }
  }
}

TEST(EpochSteps, OneRankTakesFullBatchesAndTheRest) {
  const EpochSteps steps(2500, 1000, 1);
  ASSERT_EQ(steps.numSteps(), 3);
  EXPECT_EQ(steps.rows(1, 0), (RowSpan{1000, 2000}));
  EXPECT_EQ(steps.rows(2, 0), (RowSpan{2000, 2500}));
}

TEST(EpochSteps, TakesAnyBatchSize) {
  EXPECT_EQ(EpochSteps(0, 1000, 4).numSteps(), 0);
  const EpochSteps steps(10, std::numeric_limits<int64_t>::max(), 2);
  ASSERT_EQ(steps.numSteps(), 1);
  EXPECT_EQ(steps.rows(0, 1), (RowSpan{5, 10}));
}

}  // namespace
}  // namespace mlaas::dataset
