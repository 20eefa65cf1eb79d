// Expected values: tests/unit/train/known_values.py, the same steps in double precision.
#include "mlaas/train/neural/flat_optimizer.h"

#include <gtest/gtest.h>

#include <array>

namespace mlaas::train {
namespace {

std::vector<float> tenSteps(double decay, bool decoupled) {
  OptimizerOptions options;
  options.learningRate = 0.01;
  options.weightDecay = decay;
  options.kind = decoupled ? OptimizerOptions::Kind::kAdamW : OptimizerOptions::Kind::kAdam;
  FlatOptimizer optimizer(3, options);
  const std::array<float, 3> minimum = {1, -2, 0.5F};
  std::vector<float> parameters = {0.3F, 0.1F, -0.7F};
  std::vector<float> gradients(3);
  for (int step = 0; step < 10; ++step) {
    for (size_t i = 0; i < 3; ++i) gradients[i] += 2 * (parameters[i] - minimum[i]);
    optimizer.step(parameters, gradients, options.learningRate);
  }
  EXPECT_EQ(gradients, std::vector<float>(3));
  return parameters;
}

void expectNear(const std::vector<float>& found, const std::array<double, 3>& expected) {
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(static_cast<double>(found[i]), expected[i], 1e-6);
}

TEST(FlatOptimizer, TakesTheStepsOfTheFormula) {
  expectNear(tenSteps(0, false), {0.3994823922676973, 0.00015946643505311726, -0.600287391464197});
}

TEST(FlatOptimizer, AddsWeightDecayToTheGradient) {
  expectNear(tenSteps(0.1, false), {0.3994397585999841, 0.0001673524836586001, -0.6002936177375805});
}

TEST(FlatOptimizer, DecouplesWeightDecay) {
  expectNear(tenSteps(0.1, true), {0.39606713244648406, -0.00038642881924265404, -0.5937876012012683});
}

}  // namespace
}  // namespace mlaas::train
