#include "mlaas/dataset/read_ahead.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

namespace mlaas::dataset {
namespace {

TEST(ReadAhead, KeepsTheOrderWhateverTheTiming) {
  TaskPool pool(4);
  ReadAhead<size_t> results(pool, 50, 6, [](size_t i) -> Result<size_t> {
    std::this_thread::sleep_for(std::chrono::microseconds((i * 7919) % 500));
    return i;
  });
  for (size_t i = 0; i < 50; ++i) EXPECT_EQ(results.next().value(), i);
}

TEST(ReadAhead, NeverRunsMoreThanTheWindowNorBeyondTheLimit) {
  TaskPool pool(8);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<size_t> highest = 0;
  ReadAhead<size_t> results(pool, 40, 3, [&](size_t i) -> Result<size_t> {
    const int now = ++running;
    int seen = most.load();
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    size_t known = highest.load();
    while (i > known && !highest.compare_exchange_weak(known, i)) {
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    --running;
    return i;
  });
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(results.next(10).value(), i);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_LE(most.load(), 3);
  EXPECT_LT(highest.load(), 10U);
  for (size_t i = 10; i < 40; ++i) EXPECT_EQ(results.next(40).value(), i);
}

TEST(ReadAhead, WaitsForItsJobsWhenItIsLeft) {
  TaskPool pool(2);
  std::atomic<int> finished = 0;
  int started = 0;
  {
    ReadAhead<int> results(pool, 100, 4, [&](size_t) -> Result<int> {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return ++finished;
    });
    ASSERT_TRUE(results.next().ok());
    started = 1;
  }
  const int atEnd = finished.load();
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(finished.load(), atEnd);
  EXPECT_EQ(started, 1);
}

TEST(ReadAhead, HandsErrorsOver) {
  TaskPool pool(1);
  ReadAhead<int> results(pool, 2, 2, [](size_t i) -> Result<int> {
    if (i == 1) return Error(ErrorCode::kIo, "gone");
    return 1;
  });
  EXPECT_TRUE(results.next().ok());
  EXPECT_EQ(results.next().error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace mlaas::dataset
