// Training steps of networks that are a chain of dense layers: forward and backward by hand, in buffers that are used
// again from batch to batch. Autograd would allocate every intermediate matrix anew, which the system hands out page by
// page. The arithmetic is that of TorchNetwork's other way.
// Errors:  those of libtorch are thrown.
// Threads: one at a time.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "mlaas/base/random.h"
#include "mlaas/model/network.h"
#include "mlaas/train/neural/network_input.h"

namespace mlaas::train {

class DenseChain {
 public:
  // Nothing where the network is no such chain, or an activation's derivative does not follow from its value. The spans
  // are the network's weights and their gradients, and outlive the chain.
  static std::unique_ptr<DenseChain> of(const model::Network& network, std::span<float> weights,
                                        std::span<float> gradients);
  ~DenseChain();

  // The network's outputs [rows, width], as training sees them; valid until the next call.
  std::span<float> forward(NetworkRows& rows, Random& random);
  // Adds the gradients of the weights for those of the outputs of the last forward(), which may be changed.
  void backward(std::span<float> outputGradients);

 private:
  struct Layer;
  DenseChain();

  model::NetworkOp input_ = model::NetworkOp::kFlat;
  int64_t rows_ = 0;
  const float* inputValues_ = nullptr;
  std::vector<Layer> layers_;
};

}  // namespace mlaas::train
