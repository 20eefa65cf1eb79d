#include "mlaas/train/neural/flat_adam.h"

#include <cassert>
#include <cmath>

namespace mlaas::train {

FlatAdam::FlatAdam(size_t numParameters, const AdamOptions& options)
    : options_(options), mean_(numParameters), variance_(numParameters) {}

void FlatAdam::step(std::span<float> parameters, std::span<float> gradients) {
  assert(parameters.size() == mean_.size() && gradients.size() == mean_.size());
  ++numSteps_;
  const auto steps = static_cast<double>(numSteps_);
  const double correction1 = 1 - std::pow(options_.beta1, steps);
  const double correction2 = 1 - std::pow(options_.beta2, steps);
  const auto rate = static_cast<float>(options_.learningRate / correction1);
  const auto inverseRoot = static_cast<float>(1 / std::sqrt(correction2));
  const auto beta1 = static_cast<float>(options_.beta1);
  const auto beta2 = static_cast<float>(options_.beta2);
  const auto rest1 = static_cast<float>(1 - options_.beta1);
  const auto rest2 = static_cast<float>(1 - options_.beta2);
  const auto epsilon = static_cast<float>(options_.epsilon);
  const auto shrink = static_cast<float>(options_.decoupled ? 1 - options_.learningRate * options_.weightDecay : 1);
  const auto decay = static_cast<float>(options_.decoupled ? 0 : options_.weightDecay);

  float* const parameter = parameters.data();
  float* const gradient = gradients.data();
  float* const mean = mean_.data();
  float* const variance = variance_.data();
  for (size_t i = 0; i < parameters.size(); ++i) {
    const float g = gradient[i] + decay * parameter[i];
    const float m = beta1 * mean[i] + rest1 * g;
    const float v = beta2 * variance[i] + rest2 * g * g;
    mean[i] = m;
    variance[i] = v;
    gradient[i] = 0;
    parameter[i] = parameter[i] * shrink - rate * m / (std::sqrt(v) * inverseRoot + epsilon);
  }
}

}  // namespace mlaas::train
