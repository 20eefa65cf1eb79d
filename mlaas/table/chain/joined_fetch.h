// Waits for several fetches and hands their results over together.
// Threads: take() from any thread, each index once.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "mlaas/table/table.h"

namespace mlaas::table {

using FetchedParts = std::vector<std::unique_ptr<FetchedRange>>;

class JoinedFetch {
 public:
  using Done = std::function<void(Result<FetchedParts>)>;

  // Calls `done` once all of `numParts` (at least 1) results are there, with the first error if there is one.
  static std::shared_ptr<JoinedFetch> make(size_t numParts, Done done);

  void take(size_t part, Result<std::unique_ptr<FetchedRange>> fetched);
  // The callback for one part.
  static FetchDone callback(const std::shared_ptr<JoinedFetch>& join, size_t part);

 private:
  JoinedFetch(size_t numParts, Done done) : done_(std::move(done)), parts_(numParts), left_(numParts) {}

  const Done done_;
  std::mutex mutex_;
  FetchedParts parts_;          // under mutex_
  std::optional<Error> error_;  // under mutex_
  size_t left_;                 // under mutex_
};

}  // namespace mlaas::table
