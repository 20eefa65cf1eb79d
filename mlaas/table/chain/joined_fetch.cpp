#include "mlaas/table/chain/joined_fetch.h"

#include <utility>

namespace mlaas::table {

std::shared_ptr<JoinedFetch> JoinedFetch::make(size_t numParts, Done done) {
  return std::shared_ptr<JoinedFetch>(new JoinedFetch(numParts, std::move(done)));
}

void JoinedFetch::take(size_t part, Result<std::unique_ptr<FetchedRange>> fetched) {
  {
    std::lock_guard lock(mutex_);
    if (fetched.ok()) {
      parts_[part] = *std::move(fetched);
    } else if (!error_) {
      error_ = std::move(fetched).error();
    }
    if (--left_ > 0) return;
  }
  // All parts have been taken: nobody else touches the members.
  if (error_) return done_(*std::move(error_));
  done_(std::move(parts_));
}

FetchDone JoinedFetch::callback(const std::shared_ptr<JoinedFetch>& join, size_t part) {
  return [join, part](Result<std::unique_ptr<FetchedRange>> fetched) { join->take(part, std::move(fetched)); };
}

}  // namespace mlaas::table
