// Optimisers over one flat buffer of weights: one pass over all arrays for each step. The arithmetic is PyTorch's.
//   sgd    momentum and Nesterov's; weight decay is added to the gradient
//   adam   Kingma, Ba, arXiv:1412.6980; weight decay is added to the gradient
//   adamw  Loshchilov, Hutter, arXiv:1711.05101: weight decay is taken off the weights
//   radam  Liu et al., arXiv:1908.03265; weight decay is added to the gradient
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mlaas::train {

struct OptimizerOptions {
  enum class Kind : uint8_t { kAdam, kAdamW, kSgd, kRadam };
  Kind kind = Kind::kAdam;
  double learningRate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weightDecay = 0;
  double momentum = 0;    // sgd
  bool nesterov = false;  // sgd
};

class FlatOptimizer {
 public:
  // What a step remembers.
  struct Memory {
    std::vector<float> first;   // mean of the gradients, or sgd's velocity
    std::vector<float> second;  // mean of their squares; empty with sgd
    int64_t numSteps = 0;
  };

  FlatOptimizer(size_t numWeights, const OptimizerOptions& options);

  // Moves `weights` against `gradients` with a learning rate of `rate` and sets the gradients to 0 for the next step.
  void step(std::span<float> weights, std::span<float> gradients, double rate);

  Memory& memory() { return memory_; }

 private:
  template <class Update>
  void stepMoments(std::span<float> weights, std::span<float> gradients, float decay, Update update);
  void stepAdam(std::span<float> weights, std::span<float> gradients, double rate);
  void stepRadam(std::span<float> weights, std::span<float> gradients, double rate);
  void stepSgd(std::span<float> weights, std::span<float> gradients, double rate);

  OptimizerOptions options_;
  Memory memory_;
};

// Makes the gradients' norm at most `most`, as torch.nn.utils.clip_grad_norm_ does; gives the norm that they had.
double clipNorm(std::span<float> gradients, double most);

}  // namespace mlaas::train
