#include "mlaas/train/prefetcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace mlaas::train {
namespace {

TEST(Prefetcher, KeepsTheOrderAndEnds) {
  int made = 0;
  Prefetcher<std::vector<int>> items(
      [&made](std::vector<int>& item) -> Result<bool> {
        item.assign(1, made);
        return made++ < 100;
      },
      3);
  std::vector<int> item;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(items.next(item).value());
    EXPECT_EQ(item, std::vector<int>{i});
  }
  EXPECT_FALSE(items.next(item).value());
  EXPECT_FALSE(items.next(item).value());
}

TEST(Prefetcher, GivesTheErrorWhereItHappened) {
  int made = 0;
  Prefetcher<int> items([&made](int& item) -> Result<bool> {
    if (made == 2) return Error(ErrorCode::kCorrupt, "damaged");
    item = made++;
    return true;
  });
  int item = -1;
  EXPECT_TRUE(items.next(item).value());
  EXPECT_TRUE(items.next(item).value());
  EXPECT_EQ(item, 1);
  const auto failed = items.next(item);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kCorrupt);
}

TEST(Prefetcher, StopsWithoutBeingReadToTheEnd) {
  std::atomic<int> made = 0;
  {
    Prefetcher<int> items(
        [&made](int& item) -> Result<bool> {
          item = ++made;
          return true;
        },
        2);
    int item = 0;
    EXPECT_TRUE(items.next(item).value());
  }
  EXPECT_LE(made, 4);
}

}  // namespace
}  // namespace mlaas::train
