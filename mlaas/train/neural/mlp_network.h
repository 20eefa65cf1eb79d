// A multilayer perceptron in libtorch: forward, backward, and all weights as views of one flat buffer.
// Loss: cross entropy, for one output of the sigmoid, for more of the softmax; each event's loss times its weight,
// divided by the number of events of the batch.
// Errors:  kInternal with libtorch's words.
// Threads: one thread at a time; libtorch's own threads only where MlpShape::threads asks for more than one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/model/onnx_writer.h"

namespace mlaas::train {

struct MlpShape {
  int64_t inputs = 0;
  std::vector<int64_t> hidden;
  int64_t outputs = 1;
  model::Activation activation = model::Activation::kRelu;
  double dropout = 0;  // after each hidden layer
  int threads = 1;
};

class MlpNetwork {
 public:
  // Weights uniform in +-1/sqrt(inputs) of each layer, from `seed`; kUnsupported for an unknown activation.
  static Result<MlpNetwork> make(const MlpShape& shape, uint64_t seed);
  MlpNetwork(MlpNetwork&&) noexcept;
  MlpNetwork& operator=(MlpNetwork&&) noexcept;
  ~MlpNetwork();

  // All weights and biases, layer by layer: weight [outputs, inputs], then bias [outputs].
  std::span<float> parameters();
  // Where trainStep() adds the gradients, in the same order.
  std::span<float> gradients();

  // Chooses the dropout masks of the steps to come; a function of `seed` alone.
  void seedDropout(uint64_t seed);
  // Adds the gradients of a batch and gives the sum of weight * loss over its events. `input` [rows, inputs] is only
  // read during the call.
  Result<double> trainStep(std::span<float> input, std::span<const int32_t> label, std::span<const float> weight);
  // Fills `scores` (resized to rows * outputs) with probabilities.
  Result<void> score(std::span<float> input, std::vector<float>& scores);

  // The network as the ONNX writer takes it, the last activation included.
  std::vector<model::DenseLayer> layers() const;

 private:
  struct State;
  explicit MlpNetwork(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::train
