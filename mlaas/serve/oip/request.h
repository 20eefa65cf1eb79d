// The body of an inference request over REST: JSON, and behind it the bytes of the tensors that are not in the JSON
// (header Inference-Header-Content-Length, parameter binary_data_size).
// Errors: kInvalidArgument, naming the input, the element or the parameter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mlaas/base/error.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/oip/message.h"

namespace mlaas::serve {

// What a request is read for.
struct OipTarget {
  ModelPointer model;
  const SharedMemory& memory;
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
};

// `headerBytes`: how much of the body is JSON; nothing: all of it; 0: none, and the body is the model's one input. The
// result holds nothing of the body.
Result<OipInference> readOipRequest(std::string_view body, std::optional<uint64_t> headerBytes, JsonParser& parser,
                                    const OipTarget& target);

// The number in the header Inference-Header-Content-Length; nothing where it is empty.
Result<std::optional<uint64_t>> headerLength(std::string_view text);

}  // namespace mlaas::serve
