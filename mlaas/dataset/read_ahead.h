// Runs a sequence of jobs on a pool, a few ahead of the consumer, and hands their results over in the sequence's order.
// Threads: used by one thread, which must not be one of the pool's. Jobs run on the pool's threads.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "mlaas/base/error.h"
#include "mlaas/base/task_pool.h"

namespace mlaas::dataset {

template <class Value>
class ReadAhead {
 public:
  using Job = std::function<Result<Value>(size_t)>;

  // `job` is called with 0, 1, ..., numJobs - 1, at most `window` at a time.
  ReadAhead(TaskPool& pool, size_t numJobs, size_t window, Job job)
      : pool_(pool), numJobs_(numJobs), window_(window == 0 ? 1 : window), job_(std::move(job)) {}
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  // Waits for the jobs that run; those not submitted yet never run.
  ~ReadAhead() {
    for (auto& future : pending_) future.wait();
  }

  // Submits further jobs while fewer than the window run, none from `limit` on.
  void topUp(size_t limit) {
    while (submitted_ < numJobs_ && submitted_ < limit && running_.load() < window_) submitOne();
  }

  // Waits for the next result; to be called numJobs times at most. What lies before `limit` is kept running meanwhile.
  Result<Value> next(size_t limit) {
    topUp(limit);
    if (pending_.empty()) submitOne();
    auto result = pending_.front().get();
    pending_.pop_front();
    topUp(limit);
    return result;
  }
  // As above, with results not taken yet bounded by twice the window.
  Result<Value> next() {
    const size_t taken = submitted_ - pending_.size();
    return next(taken + 2 * window_);
  }

 private:
  void submitOne() {
    running_.fetch_add(1);
    const size_t index = submitted_++;
    pending_.push_back(pool_.submit([this, index] {
      struct Done {
        std::atomic<size_t>& running;
        ~Done() { running.fetch_sub(1); }
      } done{running_};
      return job_(index);
    }));
  }

  TaskPool& pool_;
  const size_t numJobs_;
  const size_t window_;
  Job job_;
  std::deque<std::future<Result<Value>>> pending_;  // submitted and not taken, in order
  size_t submitted_ = 0;
  std::atomic<size_t> running_ = 0;  // also read by the pool's threads
};

}  // namespace mlaas::dataset
