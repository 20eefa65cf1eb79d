#include "mlaas/dataset/weighted_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "mlaas/base/random.h"

namespace mlaas::dataset {
namespace {

// Entries and weights of every bin, counted one number after the other.
void expectRight(const WeightedHistogram& histogram, const std::vector<double>& values,
                 const std::vector<double>& weights) {
  std::vector<WeightedHistogram::Bin> expected(histogram.bins().size());
  for (size_t i = 0; i < values.size(); ++i) {
    const double place = std::floor(values[i] / histogram.width()) - histogram.lowEdge() / histogram.width();
    ASSERT_GE(place, 0);
    ASSERT_LT(place, static_cast<double>(expected.size()));
    auto& bin = expected[static_cast<size_t>(place)];
    ++bin.entries;
    bin.sumWeights += weights[i];
    bin.sumSquares += weights[i] * weights[i];
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(histogram.bins()[i].entries, expected[i].entries);
    EXPECT_NEAR(histogram.bins()[i].sumWeights, expected[i].sumWeights, 1e-9);
    EXPECT_NEAR(histogram.bins()[i].sumSquares, expected[i].sumSquares, 1e-9);
  }
  EXPECT_GT(histogram.bins().front().entries, 0);
  EXPECT_GT(histogram.bins().back().entries, 0);
}

TEST(WeightedHistogram, BinsDoNotDependOnTheOrder) {
  Random random(5);
  std::vector<double> values;
  std::vector<double> weights;
  for (int i = 0; i < 5000; ++i) {
    values.push_back((random.uniform() - 0.3) * std::exp(8 * random.uniform()));
    weights.push_back(random.uniform() - 0.2);
  }
  WeightedHistogram whole;
  whole.add(values, weights);
  expectRight(whole, values, weights);
  EXPECT_GT(whole.bins().size(), 64U);
  EXPECT_LE(whole.bins().size(), 128U);
  for (const size_t piece : {1U, 17U, 1000U}) {
    WeightedHistogram merged;
    WeightedHistogram added;
    for (size_t first = values.size(); first > 0;) {
      const size_t size = std::min<size_t>(piece, first);
      first -= size;
      WeightedHistogram one;
      one.add(std::span(values).subspan(first, size), std::span(weights).subspan(first, size));
      merged.merge(one);
      added.add(std::span(values).subspan(first, size), std::span(weights).subspan(first, size));
    }
    EXPECT_EQ(merged.width(), whole.width());
    EXPECT_EQ(merged.lowEdge(), whole.lowEdge());
    EXPECT_EQ(added.width(), whole.width());
    expectRight(merged, values, weights);
    expectRight(added, values, weights);
  }
}

TEST(WeightedHistogram, IntegersGetBinsOfTheirOwn) {
  WeightedHistogram histogram(0);
  histogram.add(std::vector<double>{3, 3, -2}, {});
  EXPECT_EQ(histogram.width(), 1);
  EXPECT_EQ(histogram.lowEdge(), -2);
  ASSERT_EQ(histogram.bins().size(), 6U);
  EXPECT_EQ(histogram.bins()[5].sumWeights, 2);
}

TEST(WeightedHistogram, TakesTheExtremesOfFloat64) {
  WeightedHistogram histogram;
  histogram.add(std::vector<double>{1.7e308, -1.7e308, 5e-324, 0, -5e-324}, {});
  int64_t entries = 0;
  for (const auto& bin : histogram.bins()) entries += bin.entries;
  EXPECT_EQ(entries, 5);
  WeightedHistogram zero;
  zero.add(std::vector<double>{0, 0}, {});
  ASSERT_EQ(zero.bins().size(), 1U);
  EXPECT_EQ(zero.lowEdge(), 0);
  zero.merge(histogram);
  EXPECT_EQ(zero.width(), histogram.width());
  EXPECT_TRUE(WeightedHistogram().bins().empty());
}

}  // namespace
}  // namespace mlaas::dataset
