#include "mlaas/serve/rate_limit.h"

#include <algorithm>
#include <charconv>

namespace mlaas::serve {

namespace {

constexpr size_t kMostClients = 100000;
// More than any client sends in a day.
constexpr int64_t kMostRequests = 1000000000000;

std::chrono::seconds windowOf(std::string_view letter) {
  using namespace std::chrono_literals;
  if (letter == "S" || letter == "s") return 1s;
  if (letter == "M" || letter == "m") return 60s;
  if (letter == "H" || letter == "h") return 3600s;
  if (letter == "D" || letter == "d") return 86400s;
  return 0s;
}

}  // namespace

Result<Rate> parseRate(std::string_view text) {
  Rate rate;
  const char* last = text.data() + text.size();
  const auto [end, status] = std::from_chars(text.data(), last, rate.requests);
  const bool counted = status == std::errc() && rate.requests > 0 && rate.requests <= kMostRequests;
  const bool dashed = end != last && *end == '-';
  if (dashed) rate.window = windowOf(std::string_view(end + 1, static_cast<size_t>(last - end) - 1));
  if (!counted || !dashed || rate.window.count() == 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + std::string(text) + "' is not a rate; write it as 100-S, 100-M, 100-H or 100-D: requests of " +
                     "one client in a second, minute, hour or day");
  }
  return rate;
}

RateLimit::Verdict RateLimit::count(std::string_view client, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  if (now >= windowEnd_ || now < windowEnd_ - rate_.window) {
    clientCounts_.clear();
    windowEnd_ = Clock::time_point(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())) + rate_.window;
  }
  auto found = clientCounts_.find(std::string(client));
  if (found == clientCounts_.end()) {
    const bool full = clientCounts_.size() >= kMostClients;
    found = clientCounts_.try_emplace(full ? std::string() : std::string(client), 0).first;
  }
  const int64_t counted = ++found->second;
  return {counted <= rate_.requests, rate_.requests, std::max<int64_t>(0, rate_.requests - counted), windowEnd_};
}

}  // namespace mlaas::serve
