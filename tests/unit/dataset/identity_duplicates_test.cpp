#include "mlaas/dataset/identity_duplicates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "mlaas/base/random.h"

namespace mlaas::dataset {
namespace {

TEST(DuplicateFinder, FindsEveryFurtherEventOfAnIdentity) {
  DuplicateFinder finder(size_t{1} << 20);
  for (uint64_t i = 0; i < 10'000; ++i) EXPECT_FALSE(finder.add(mix64(i)));
  EXPECT_FALSE(finder.add(0));
  EXPECT_TRUE(finder.add(0));
  for (uint64_t i = 0; i < 10; ++i) EXPECT_TRUE(finder.add(mix64(7)));
  EXPECT_EQ(finder.numDuplicates(), 11);
  EXPECT_EQ(finder.numEvents(), 10'012);
  EXPECT_EQ(finder.fraction(), 1);
}

// What is found is exactly the pairs whose hash is looked at, in whatever order events come.
TEST(DuplicateFinder, LooksAtAFractionWhereMemoryIsShort) {
  constexpr uint64_t kEvents = 200'000;
  std::vector<uint64_t> hashes;
  for (uint64_t i = 0; i < kEvents; ++i) hashes.push_back(mix64(i % 150'000));
  Random random(1);
  for (int order = 0; order < 3; ++order) {
    DuplicateFinder finder(size_t{1} << 17);
    for (const uint64_t hash : hashes) {
      if (finder.add(hash)) finder.describe(hash, "again");
    }
    EXPECT_LT(finder.fraction(), 1.0 / 8);
    EXPECT_GE(finder.fraction(), 1.0 / 64);
    const auto mask = static_cast<uint64_t>(1 / finder.fraction()) - 1;
    int64_t expected = 0;
    for (uint64_t i = 0; i < 50'000; ++i) expected += (mix64(i) & mask) == 0 ? 1 : 0;
    EXPECT_EQ(finder.numDuplicates(), expected);
    EXPECT_LE(finder.toJson()["examples"].size(), 10U);
    random.shuffle(std::span(hashes));
  }
}

TEST(DuplicateFinder, ManyDuplicatesStayInBounds) {
  DuplicateFinder finder(size_t{1} << 16);
  for (uint64_t i = 0; i < 100'000; ++i) finder.add(mix64(i % 10));
  EXPECT_LE(finder.numDuplicates(), int64_t{1} << 13);
  EXPECT_LT(finder.fraction(), 1);
}

}  // namespace
}  // namespace mlaas::dataset
