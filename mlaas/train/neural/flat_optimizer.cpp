#include "mlaas/train/neural/flat_optimizer.h"

#include <cassert>
#include <cmath>

namespace mlaas::train {

FlatOptimizer::FlatOptimizer(size_t numWeights, const OptimizerOptions& options) : options_(options) {
  memory_.first.resize(numWeights);
  if (options.kind != OptimizerOptions::Kind::kSgd) memory_.second.resize(numWeights);
}

void FlatOptimizer::step(std::span<float> weights, std::span<float> gradients, double rate) {
  assert(weights.size() == memory_.first.size() && gradients.size() == memory_.first.size());
  ++memory_.numSteps;
  switch (options_.kind) {
    case OptimizerOptions::Kind::kAdam:
    case OptimizerOptions::Kind::kAdamW:
      return stepAdam(weights, gradients, rate);
    case OptimizerOptions::Kind::kRadam:
      return stepRadam(weights, gradients, rate);
    case OptimizerOptions::Kind::kSgd:
      return stepSgd(weights, gradients, rate);
  }
}

// Moves the means of the gradients and of their squares, and each weight by update(weight, mean, square).
template <class Update>
void FlatOptimizer::stepMoments(std::span<float> weights, std::span<float> gradients, float decay, Update update) {
  const auto beta1 = static_cast<float>(options_.beta1);
  const auto beta2 = static_cast<float>(options_.beta2);
  const auto rest1 = static_cast<float>(1 - options_.beta1);
  const auto rest2 = static_cast<float>(1 - options_.beta2);
  float* const weight = weights.data();
  float* const gradient = gradients.data();
  float* const mean = memory_.first.data();
  float* const square = memory_.second.data();
  for (size_t i = 0; i < weights.size(); ++i) {
    const float g = gradient[i] + decay * weight[i];
    const float m = beta1 * mean[i] + rest1 * g;
    const float v = beta2 * square[i] + rest2 * g * g;
    mean[i] = m;
    square[i] = v;
    gradient[i] = 0;
    weight[i] = update(weight[i], m, v);
  }
}

void FlatOptimizer::stepAdam(std::span<float> weights, std::span<float> gradients, double learningRate) {
  const auto steps = static_cast<double>(memory_.numSteps);
  const bool decoupled = options_.kind == OptimizerOptions::Kind::kAdamW;
  const auto rate = static_cast<float>(learningRate / (1 - std::pow(options_.beta1, steps)));
  const auto inverseRoot = static_cast<float>(1 / std::sqrt(1 - std::pow(options_.beta2, steps)));
  const auto epsilon = static_cast<float>(options_.epsilon);
  const auto shrink = static_cast<float>(decoupled ? 1 - learningRate * options_.weightDecay : 1);
  const auto decay = static_cast<float>(decoupled ? 0 : options_.weightDecay);
  stepMoments(weights, gradients, decay, [=](float weight, float mean, float square) {
    return weight * shrink - rate * mean / (std::sqrt(square) * inverseRoot + epsilon);
  });
}

// Where the variance of the second moment is not tractable yet, the step is that of momentum alone.
void FlatOptimizer::stepRadam(std::span<float> weights, std::span<float> gradients, double learningRate) {
  constexpr double kTractable = 5;
  const auto steps = static_cast<double>(memory_.numSteps);
  const double power2 = std::pow(options_.beta2, steps);
  const double most = 2 / (1 - options_.beta2) - 1;
  const double length = most - 2 * steps * power2 / (1 - power2);
  const auto decay = static_cast<float>(options_.weightDecay);
  const double scale = learningRate / (1 - std::pow(options_.beta1, steps));
  if (length <= kTractable) {
    const auto rate = static_cast<float>(scale);
    return stepMoments(weights, gradients, decay,
                       [=](float weight, float mean, float /*square*/) { return weight - rate * mean; });
  }
  const auto rate =
      static_cast<float>(scale * (std::sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)) *
                                  std::sqrt(1 - power2)));
  const auto epsilon = static_cast<float>(options_.epsilon);
  stepMoments(weights, gradients, decay, [=](float weight, float mean, float square) {
    return weight - rate * mean / (std::sqrt(square) + epsilon);
  });
}

void FlatOptimizer::stepSgd(std::span<float> weights, std::span<float> gradients, double learningRate) {
  const auto rate = static_cast<float>(learningRate);
  const auto momentum = static_cast<float>(options_.momentum);
  const auto decay = static_cast<float>(options_.weightDecay);
  const bool nesterov = options_.nesterov;
  float* const weight = weights.data();
  float* const gradient = gradients.data();
  float* const velocity = memory_.first.data();
  for (size_t i = 0; i < weights.size(); ++i) {
    const float g = gradient[i] + decay * weight[i];
    const float v = momentum * velocity[i] + g;
    velocity[i] = v;
    gradient[i] = 0;
    weight[i] -= rate * (nesterov ? g + momentum * v : v);
  }
}

double clipNorm(std::span<float> gradients, double most) {
  double sum = 0;
  for (const float gradient : gradients) sum += static_cast<double>(gradient) * static_cast<double>(gradient);
  const double norm = std::sqrt(sum);
  const double factor = most / (norm + 1e-6);
  if (factor < 1) {
    for (float& gradient : gradients) gradient *= static_cast<float>(factor);
  }
  return norm;
}

}  // namespace mlaas::train
