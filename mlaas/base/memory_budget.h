// One limit for all buffers of a job: whoever allocates reserves first and waits while others hold too much.
// Threads: a budget is shared by all threads. A Reservation belongs to one thread at a time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas {

class MemoryBudget {
 public:
  // What a holder has taken; given back on destruction. It must not outlive its budget.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept;
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { release(); }
    size_t bytes() const { return bytes_; }
    void release();
    // Gives back all but `bytes`, when a buffer turned out smaller than reserved.
    void shrink(size_t bytes);

   private:
    friend class MemoryBudget;
    Reservation(MemoryBudget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}
    MemoryBudget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  explicit MemoryBudget(size_t limitBytes) : limitBytes_(limitBytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Waits until `bytes` fit. kInvalidArgument where they never can, naming `what` and the limit; kCancelled after
  // cancel(). Never wait for a reservation while holding another one that its holder needs to go on.
  Result<Reservation> reserve(size_t bytes, std::string_view what);
  // As reserve, but an empty Reservation (bytes() == 0) instead of waiting.
  Reservation tryReserve(size_t bytes);

  // Wakes every waiting reserve() with kCancelled, now and later.
  void cancel();

  size_t limitBytes() const { return limitBytes_; }
  size_t usedBytes() const;
  size_t peakBytes() const;

 private:
  void giveBack(size_t bytes);

  const size_t limitBytes_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  size_t usedBytes_ = 0;  // under mutex_
  size_t peakBytes_ = 0;  // under mutex_
  bool cancelled_ = false;
};

// "1 GiB", "512 MB", "100000" as bytes; kInvalidArgument for anything else.
Result<size_t> parseByteSize(std::string_view text);
// 1536 as "1.5 KiB".
std::string formatByteSize(size_t bytes);

}  // namespace mlaas
