// The Adam optimiser over one flat buffer of parameters: one pass over four arrays for each step.
// With `decoupled`, weight decay acts on the parameters (AdamW), otherwise on the gradient, as in PyTorch.
// Source: Kingma, Ba, arXiv:1412.6980; Loshchilov, Hutter, arXiv:1711.05101.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mlaas::train {

struct AdamOptions {
  double learningRate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weightDecay = 0;
  bool decoupled = false;
};

class FlatAdam {
 public:
  FlatAdam(size_t numParameters, const AdamOptions& options);

  // Moves `parameters` along `gradients` and sets the gradients to 0 for the next step.
  void step(std::span<float> parameters, std::span<float> gradients);

 private:
  AdamOptions options_;
  std::vector<float> mean_;      // first moment
  std::vector<float> variance_;  // second moment
  int64_t numSteps_ = 0;
};

}  // namespace mlaas::train
