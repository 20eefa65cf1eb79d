// Makes the next items on a thread of its own while the caller works on the present one, in the same order.
// Errors:  those of the source, at the item where they happened; nothing follows them.
// Threads: next() by one thread; the source runs on the prefetcher's thread only. Destruction waits for the source's
//          present call.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "mlaas/base/error.h"

namespace mlaas::train {

template <class T>
class Prefetcher {
 public:
  // `source` fills an item, or gives false at the end. At most `depth` items wait.
  using Source = std::function<Result<bool>(T&)>;
  explicit Prefetcher(Source source, size_t depth = 4) : source_(std::move(source)), depth_(depth) {
    thread_ = std::thread([this] { produce(); });
  }
  ~Prefetcher() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // Swaps the next item into `item`, whose memory is used again; false at the end.
  Result<bool> next(T& item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || finished_; });
    if (ready_.empty()) {
      if (problem_) return *problem_;
      return false;
    }
    std::swap(item, ready_.front());
    spare_.push_back(std::move(ready_.front()));
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return true;
  }

 private:
  void produce() {
    for (;;) {
      T item = takeSpare();
      const Result<bool> made = source_(item);
      const std::lock_guard lock(mutex_);
      if (!made.ok() || !*made) {
        if (!made.ok()) problem_ = made.error();
        finished_ = true;
        changed_.notify_all();
        return;
      }
      ready_.push_back(std::move(item));
      changed_.notify_all();
      if (stopping_) return;
    }
  }

  T takeSpare() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.size() < depth_ || stopping_; });
    if (spare_.empty()) return T{};
    T item = std::move(spare_.back());
    spare_.pop_back();
    return item;
  }

  Source source_;
  const size_t depth_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> ready_;           // under mutex_
  std::deque<T> spare_;           // under mutex_
  std::optional<Error> problem_;  // under mutex_
  bool finished_ = false;         // under mutex_
  bool stopping_ = false;         // under mutex_
  std::thread thread_;
};

}  // namespace mlaas::train
