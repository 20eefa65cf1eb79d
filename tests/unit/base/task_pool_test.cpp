#include "mlaas/base/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace mlaas {
namespace {

TEST(TaskPool, RunsAllTasksAndReturnsTheirValues) {
  TaskPool pool(3);
  std::vector<std::future<int>> futures;
  for (int i = 0; i < 100; ++i) futures.push_back(pool.submit([i] { return i * i; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(futures[static_cast<size_t>(i)].get(), i * i);
}

TEST(TaskPool, HandsExceptionsOver) {
  TaskPool pool(1);
  auto future = pool.submit([]() -> int { throw std::runtime_error("no"); });
  EXPECT_THROW(future.get(), std::runtime_error);
}

TEST(TaskPool, FinishesWhatWasSubmitted) {
  std::atomic<int> done = 0;
  {
    TaskPool pool(2);
    for (int i = 0; i < 50; ++i) pool.submit([&done] { ++done; });
  }
  EXPECT_EQ(done, 50);
}

}  // namespace
}  // namespace mlaas
