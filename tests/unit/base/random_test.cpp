#include "mlaas/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace mlaas {
namespace {

TEST(Random, IsSplitMix64) {
  // The first outputs of SplitMix64 for seed 1234567, from its reference implementation (prng.di.unimi.it).
  Random random(1234567);
  EXPECT_EQ(random.bits(), 6457827717110365317ULL);
  EXPECT_EQ(random.bits(), 3203168211198807973ULL);
  EXPECT_EQ(random.bits(), 9817491932198370423ULL);
}

TEST(Random, ShufflesEveryPermutationEquallyOften) {
  std::vector<int> counts(6);
  Random random(1);
  constexpr int kRounds = 60000;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<int> values = {0, 1, 2};
    random.shuffle(std::span(values));
    ++counts[static_cast<size_t>(values[0] * 2 + (values[1] > values[2] ? 1 : 0))];
  }
  // 5 standard deviations of a binomial around the expectation.
  for (int count : counts) EXPECT_NEAR(count, kRounds / 6.0, 5 * std::sqrt(kRounds * 5.0 / 36.0));
}

TEST(Random, BelowStaysBelow) {
  Random random(7);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(3), 3U);
}

}  // namespace
}  // namespace mlaas
