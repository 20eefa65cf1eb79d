// The deadline of a call as that of its inference.
#pragma once

#include <algorithm>
#include <chrono>

#include "mlaas/serve/inference.h"

namespace mlaas::serve {

// The sooner of the call's deadline and the request's own; calls without one have one that is days away.
inline void applyDeadline(std::chrono::system_clock::time_point deadline, InferenceRequest& request) {
  const auto left = deadline - std::chrono::system_clock::now();
  if (left > std::chrono::hours(24)) return;
  const auto at = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(left);
  request.deadline = request.deadline ? std::min(*request.deadline, at) : at;
}

}  // namespace mlaas::serve
