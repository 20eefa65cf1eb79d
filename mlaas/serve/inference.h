// One inference, whatever protocol asks for it: checked against the model's signature, run together with others that
// wait for the same model, answered by a call.
// Batching adds no delay: a serving thread gathers what its connections have sent by now and runs it together at the
//          end of its turn (flush); what comes from other threads, and models that take long, go through the model's
//          queue to threads of their own, which take all that waits as the next batch.
// Fair:    each model has a queue of its own, and they are served in turn.
// Threads: submit() and enqueue() from any thread; flush(worker) from that worker's. A Completion is called once: on
//          the submitting thread, or on a thread of the queue.
// Errors:  kInvalidArgument (tensors), kOverloaded (the queue is full), kTimeout (its turn comes too late), kCancelled
//          (the server stops), and what the model says.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/infer/tensor.h"
#include "mlaas/serve/model_repository.h"

namespace mlaas::serve {

struct InferenceRequest {
  ModelPointer model;                 // from ModelRepository::find
  std::vector<infer::Tensor> inputs;  // in any order; where the model has one input, under any name
  std::vector<std::string> outputs;   // names; empty: all
  std::optional<std::chrono::steady_clock::time_point> deadline = {};  // kTimeout where its turn comes later
  uint32_t priority = 0;  // smaller ones go first among what waits; 0 is the highest
};

// What a request gets: its own rows of the outputs that it asked for, in that order.
using InferenceOutputs = std::vector<infer::Tensor>;
using Completion = std::function<void(Result<InferenceOutputs>)>;

class Inference {
 public:
  // A serving thread runs batches that take up to so long by itself; longer ones would hold up its other connections.
  static constexpr std::chrono::nanoseconds kLongestTurn = std::chrono::milliseconds(2);

  // For `workers` serving threads; starts `threads` threads for the queues.
  Inference(size_t workers, size_t threads, std::chrono::nanoseconds longestTurn = kLongestTurn);
  // Waits for what runs; what still waits is answered with kCancelled.
  ~Inference();
  Inference(const Inference&) = delete;
  Inference& operator=(const Inference&) = delete;

  // From serving thread `worker`, which calls flush(worker) soon: joins the batch of this turn.
  void submit(size_t worker, InferenceRequest request, Completion completion);
  // From any thread: joins the model's queue.
  void enqueue(InferenceRequest request, Completion completion);
  // Runs what submit() has gathered, and completes it.
  void flush(size_t worker);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::serve
