// Expected values: numpy and scikit-learn's r2_score on the same formulas, as the comments say.
#include "mlaas/train/metrics/regression.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mlaas::train {
namespace {

struct Sample {
  std::vector<float> prediction;
  std::vector<float> target;
  std::vector<float> weight;
};

// i = arange(40); t = 10 + 7 i % 40; p = t + (13 i % 9 - 4) / 2; w = -0.5 where i % 10 == 9, else 1 + 0.1 (i % 3)
Sample sampleOf40() {
  Sample sample;
  for (int i = 0; i < 40; ++i) {
    const auto target = static_cast<float>(10 + 7 * i % 40);
    sample.target.push_back(target);
    sample.prediction.push_back(target + static_cast<float>(13 * i % 9 - 4) / 2);
    sample.weight.push_back(i % 10 == 9 ? -0.5F : 1 + 0.1F * static_cast<float>(i % 3));
  }
  return sample;
}

TEST(Regression, IsThatOfNumpyWithNegativeWeights) {
  const Sample sample = sampleOf40();
  const auto quality = judgeRegression(sample.prediction, sample.target, sample.weight, 4);
  EXPECT_EQ(quality.all.events, 40);
  EXPECT_NEAR(quality.all.sumWeights, 37.6, 1e-5);
  EXPECT_NEAR(quality.all.bias.value(), 0.03856383651602895, 1e-9);
  EXPECT_NEAR(quality.all.rmse.value(), 1.2828139781777745, 1e-9);
  EXPECT_NEAR(quality.all.mae.value(), 1.110372340442396, 1e-9);
  EXPECT_NEAR(quality.r2.value(), 0.9876977637870271, 1e-9);
  ASSERT_EQ(quality.bins.size(), 4U);
  int64_t events = 0;
  for (const auto& bin : quality.bins) events += bin.residuals.events;
  EXPECT_EQ(events, 40);
  EXPECT_EQ(quality.bins[0].low, 10);
  EXPECT_EQ(quality.bins[0].high, 20);
  EXPECT_EQ(quality.bins[3].high, 49);
}

// Residuals of -1, 0 and 1 per mille of a uniform spread: the quantiles of 16 % and 84 % are known.
TEST(Regression, ResolutionIsHalfTheCentralInterval) {
  Sample sample;
  for (int i = 0; i < 1001; ++i) {
    sample.target.push_back(100);
    sample.prediction.push_back(100 + static_cast<float>(i - 500) / 100);
    sample.weight.push_back(2);
  }
  const auto quality = judgeRegression(sample.prediction, sample.target, sample.weight, 3);
  EXPECT_NEAR(quality.all.resolution.value(), 3.4134, 0.01);
  EXPECT_NEAR(quality.all.relativeResolution.value(), 0.034134, 1e-4);
  EXPECT_NEAR(quality.all.relativeBias.value(), 0, 1e-6);
  EXPECT_FALSE(quality.r2.has_value());  // targets are all the same
  EXPECT_EQ(quality.bins.size(), 1U);    // and stay together
  EXPECT_EQ(quality.bins[0].residuals.events, 1001);
}

TEST(Regression, SaysNothingOfEventsWithoutWeight) {
  const std::vector<float> one = {1, 2};
  const auto quality = judgeRegression(one, one, std::vector<float>{1, -1}, 2);
  EXPECT_FALSE(quality.all.bias || quality.all.rmse || quality.all.resolution || quality.r2);
  EXPECT_TRUE(judgeRegression({}, {}, {}, 5).bins.empty());
}

}  // namespace
}  // namespace mlaas::train
