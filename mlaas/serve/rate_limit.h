// Counts requests of each client against a rate, in fixed windows of time, as TFaaS does.
// Threads: any; a request takes one lock for an instant.
// Memory:  of the clients of the current window only, and of no more than 100,000 of them; further ones share a count.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mlaas/base/error.h"

namespace mlaas::serve {

struct Rate {
  int64_t requests = 0;
  std::chrono::seconds window{1};
};

// "100-S", "1000-M", "1000-H", "1000-D": requests a second, minute, hour, day. kInvalidArgument for anything else.
Result<Rate> parseRate(std::string_view text);

class RateLimit {
 public:
  using Clock = std::chrono::system_clock;
  explicit RateLimit(Rate rate) : rate_(rate) {}

  struct Verdict {
    bool allowed = true;
    int64_t limit = 0;
    int64_t remaining = 0;
    Clock::time_point reset;  // the window's end
  };
  // Counts a request of `client` at `now`.
  Verdict count(std::string_view client, Clock::time_point now);

 private:
  const Rate rate_;
  std::mutex mutex_;
  Clock::time_point windowEnd_;                            // under mutex_, as is the next
  std::unordered_map<std::string, int64_t> clientCounts_;  // of this window
};

}  // namespace mlaas::serve
