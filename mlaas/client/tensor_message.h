// Requests and answers of inference: JSON, or JSON with the tensors' bytes behind it.
// Errors:  kCorrupt (an answer), kInvalidArgument (a tensor), kUnsupported (FP16, BF16 and BYTES as JSON).
// Source:  Open Inference Protocol v2, and Triton's extension for binary tensors.
// Threads: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/client/tensor.h"

namespace mlaas::client {

struct InferMessage {
  std::string body;
  size_t headerLength = 0;  // of the JSON
};

Result<InferMessage> encodeInputs(std::span<const Tensor> inputs, std::span<const std::string> outputs, bool binary);

// `headerLength` is absent where all is JSON.
Result<std::vector<Tensor>> decodeOutputs(std::string_view body, std::optional<size_t> headerLength);

}  // namespace mlaas::client
