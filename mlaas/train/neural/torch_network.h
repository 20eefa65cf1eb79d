// Computes a model::Network with libtorch: forward, backward, and all weights as views of one flat buffer.
// The elements of a group come without padding: nothing is computed for elements that are not there.
// Errors:  kInternal with libtorch's words.
// Threads: one thread at a time; libtorch's own threads only where more than one is asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/model/network.h"
#include "mlaas/train/neural/network_input.h"
#include "mlaas/train/neural/network_loss.h"

namespace mlaas::train {

// What trainStep() multiplies the inputs of linear layers with their weights in, forward and backward. Weights, optimizers,
// norms, attention, losses and all scores are float32 with either.
enum class Precision : uint8_t { kFloat32, kBfloat16 };

class TorchNetwork {
 public:
  // Weights from `seed`.
  static Result<TorchNetwork> make(const model::Network& network, uint64_t seed, int threads,
                                   Precision precision = Precision::kFloat32);
  TorchNetwork(TorchNetwork&&) noexcept;
  TorchNetwork& operator=(TorchNetwork&&) noexcept;
  ~TorchNetwork();

  const model::Network& network() const;
  // In the order of Network: Network::numWeights().
  std::span<float> weights();
  // Where trainStep() adds the gradients, in the same order.
  std::span<float> gradients();
  // Running means and variances, which trainStep() moves: Network::numRunning().
  std::span<float> running();

  // Adds the gradients of a batch and gives the sum of weight * loss over its events. `rows` is only read during the
  // call. `seed` chooses the dropout masks.
  Result<double> trainStep(NetworkRows& rows, const Truth& truth, const LossOptions& loss, uint64_t seed);
  // Fills `scores` (resized to rows * width of the score).
  Result<void> score(NetworkRows& rows, std::vector<float>& scores);

 private:
  struct State;
  explicit TorchNetwork(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Version of libtorch, for the bundle's provenance.
std::string torchVersion();

}  // namespace mlaas::train
