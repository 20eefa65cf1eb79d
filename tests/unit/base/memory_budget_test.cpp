#include "mlaas/base/memory_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace mlaas {
namespace {

TEST(MemoryBudget, CountsWhatIsHeld) {
  MemoryBudget budget(100);
  {
    auto first = budget.reserve(60, "first").value();
    EXPECT_EQ(budget.usedBytes(), 60U);
    EXPECT_EQ(budget.tryReserve(50).bytes(), 0U);
    first.shrink(10);
    EXPECT_EQ(budget.tryReserve(90).bytes(), 90U);
  }
  EXPECT_EQ(budget.usedBytes(), 0U);
  EXPECT_EQ(budget.peakBytes(), 100U);
}

TEST(MemoryBudget, RefusesWhatNeverFits) {
  MemoryBudget budget(100);
  auto result = budget.reserve(101, "cluster 3");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(result.error().message().find("cluster 3"), std::string::npos);
}

TEST(MemoryBudget, WaitsUntilOthersGiveBack) {
  MemoryBudget budget(100);
  auto held = budget.reserve(80, "held").value();
  std::atomic<bool> got = false;
  std::thread waiter([&] {
    auto reservation = budget.reserve(50, "waiter").value();
    got = true;
  });
  EXPECT_FALSE(got);
  held.release();
  waiter.join();
  EXPECT_TRUE(got);
}

TEST(MemoryBudget, CancelWakesWaiters) {
  MemoryBudget budget(100);
  auto held = budget.reserve(80, "held").value();
  std::thread canceller([&] { budget.cancel(); });
  auto result = budget.reserve(50, "waiter");
  canceller.join();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

TEST(ByteSize, ParsesUnits) {
  EXPECT_EQ(parseByteSize("1 GiB").value(), size_t{1} << 30);
  EXPECT_EQ(parseByteSize("1.5KB").value(), 1500U);
  EXPECT_EQ(parseByteSize("100").value(), 100U);
  for (const char* wrong : {"", "GiB", "-1 GB", "1 GiB more", "nan", "1e30 TB", "0"}) {
    EXPECT_FALSE(parseByteSize(wrong).ok()) << wrong;
  }
  EXPECT_EQ(formatByteSize(1536), "1.5 KiB");
}

}  // namespace
}  // namespace mlaas
