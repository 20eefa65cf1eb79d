// The body of an inference's answer over REST: JSON, and behind it the bytes of the outputs that were wanted so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/oip/message.h"

namespace mlaas::serve {

struct OipAnswer {
  std::string body;
  std::optional<uint64_t> jsonBytes;  // how much of it is JSON, where bytes follow
};

// Errors: kInvalidArgument (an output that JSON cannot hold), kInternal (a number that is not finite).
Result<OipAnswer> writeOipAnswer(const OipInference& inference, const ServedModel& model,
                                 const std::vector<OipOutput>& outputs);

}  // namespace mlaas::serve
