// Requests for one model that run together: checked, joined row by row, run, and handed out again.
// Threads: values, used by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/infer/tensor_engine.h"
#include "mlaas/serve/inference.h"

namespace mlaas::serve {

// A request whose tensors fit its model.
struct WaitingRequest {
  InferenceRequest request;  // inputs in the order of the signature
  Completion completion;
  int64_t rows = 1;
  std::chrono::steady_clock::time_point arrival;
  std::vector<size_t> outputs = {};  // positions of those asked for

  bool expired(std::chrono::steady_clock::time_point now) const { return request.deadline && *request.deadline < now; }
  // Completes it and counts it.
  void succeed(InferenceOutputs result, StageTimes times) const;
  void fail(Error error) const;
};

// Sorts the inputs and checks everything that the model's signature says. Errors: kInvalidArgument with the nearest
// names; the request's completion comes back untouched.
Result<void> checkRequest(InferenceRequest& request, int64_t& rows, std::vector<size_t>& outputs);

// Runs `requests`, all of one model, on `engine` and completes each. Requests of the same shapes run together, at most
// `maxRows` rows at a time; where such a run fails, each is run by itself, so that none suffers from another.
void runBatch(infer::TensorEngine& engine, std::vector<WaitingRequest> requests, int64_t maxRows);

}  // namespace mlaas::serve
