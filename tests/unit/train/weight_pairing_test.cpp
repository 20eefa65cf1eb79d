#include "mlaas/train/weight_pairing.h"

#include <gtest/gtest.h>

#include <limits>

#include "mlaas/base/random.h"
#include "tests/unit/train/memory_dataset.h"
#include "tests/unit/train/trainer_fixture.h"

namespace mlaas::train {
namespace {

WeightedPoints pointsOnALine(std::vector<float> values, std::vector<double> weights) {
  WeightedPoints points;
  points.width = 1;
  points.rows.resize(values.size());
  points.values = std::move(values);
  points.weights = std::move(weights);
  return points;
}

std::vector<double> annihilated(WeightedPoints points) {
  annihilate(points);
  return points.weights;
}

TEST(Annihilate, TakesANegativeWeightOffTheNearestPositiveOnes) {
  EXPECT_EQ(annihilated(pointsOnALine({0, 1, 3, 10}, {2, -1.5, 1, 5})), (std::vector<double>{0.5, 0, 1, 5}));
  // One partner after the other, by distance.
  EXPECT_EQ(annihilated(pointsOnALine({0, 3, 2, 1}, {-4, 5, 2, 1})), (std::vector<double>{0, 4, 0, 0}));
  // The first of two at the same distance.
  EXPECT_EQ(annihilated(pointsOnALine({1, -1, 0}, {1, 1, -1})), (std::vector<double>{0, 1, 0}));
  // Exactly used up, and what finds no partner.
  EXPECT_EQ(annihilated(pointsOnALine({0, 1, 2}, {1, -1, -3})), (std::vector<double>{0, 0, -3}));
  EXPECT_EQ(annihilated(pointsOnALine({}, {})), std::vector<double>{});
}

TEST(Annihilate, LooksAtAllFeatures) {
  WeightedPoints points;
  points.width = 2;
  points.values = {0, 0, 0, 5, 3, 3};  // distances 5 and 4.24 of the second and third from the first
  points.weights = {-1, 2, 2};
  points.rows = {0, 1, 2};
  EXPECT_EQ(annihilated(points), (std::vector<double>{0, 2, 1}));
}

// The rule of the header, without anything that makes it fast.
void annihilatePlainly(WeightedPoints& points) {
  for (size_t i = 0; i < points.weights.size(); ++i) {
    while (points.weights[i] < 0) {
      double best = std::numeric_limits<double>::infinity();
      size_t nearest = points.weights.size();
      for (size_t k = 0; k < points.weights.size(); ++k) {
        if (!(points.weights[k] > 0)) continue;
        float distance = 0;
        for (size_t c = 0; c < points.width; ++c) {
          const float difference = points.values[k * points.width + c] - points.values[i * points.width + c];
          distance += difference * difference;
        }
        if (static_cast<double>(distance) < best) {
          best = static_cast<double>(distance);
          nearest = k;
        }
      }
      if (nearest == points.weights.size()) break;
      const double taken = std::min(-points.weights[i], points.weights[nearest]);
      points.weights[i] += taken;
      points.weights[nearest] -= taken;
    }
  }
}

TEST(Annihilate, IsTheSameAsThePlainRule) {
  Random random(3);
  for (int round = 0; round < 20; ++round) {
    WeightedPoints points;
    points.width = 3;
    for (int i = 0; i < 400; ++i) {
      for (size_t c = 0; c < points.width; ++c) points.values.push_back(static_cast<float>(random.below(50)));
      // Whole numbers: sums are exact.
      points.weights.push_back(static_cast<double>(random.below(9)) - (round < 10 ? 2 : 4));
      points.rows.push_back(i);
    }
    WeightedPoints plain = points;
    annihilatePlainly(plain);
    EXPECT_EQ(annihilated(points), plain.weights) << round;
  }
}

struct Paired {
  std::vector<double> sums;       // by class, of the new weights
  std::vector<double> sumsAsked;  // of those of the data
  std::vector<float> weights;
};

// What training sees of one part.
Result<Paired> pairedPart(testing::MemoryDataset& data, dataset::Part part) {
  const auto statistics = data.statistics().value();
  const auto classes = makeClassTable(data.config().samples).value();
  testing::SilentProgress progress;
  MLAAS_TRY(const auto pairs, PairedWeights::make({&data, &statistics, &classes, &progress, {}}));
  dataset::StreamOptions options;
  options.part = part;
  options.shuffle = false;
  const auto stream = data.stream(options).value();
  dataset::Batch batch;
  Paired paired;
  paired.sums.resize(classes.names.size());
  paired.sumsAsked.resize(classes.names.size());
  while (stream->next(batch).value()) {
    std::vector<float> weight = batch.weight;
    pairs.apply(batch.row, weight);
    for (size_t i = 0; i < weight.size(); ++i) {
      paired.sums[static_cast<size_t>(batch.label[i])] += static_cast<double>(weight[i]);
      paired.sumsAsked[static_cast<size_t>(batch.label[i])] += static_cast<double>(batch.weight[i]);
    }
    paired.weights.insert(paired.weights.end(), weight.begin(), weight.end());
  }
  return paired;
}

// 0.48: windows and more than one of them have no positive sum, so that negative weights are carried on.
class PairedWeightsOf : public ::testing::TestWithParam<double> {};

TEST_P(PairedWeightsOf, KeepsTheSumOfEachClassAndLeavesNoneNegative) {
  testing::MemoryOptions options;
  options.events = 60000;
  options.numClasses = 3;
  options.negativeFraction = GetParam();
  testing::MemoryDataset data(options);
  for (const auto part : {dataset::Part::kTrain, dataset::Part::kValidation}) {
    const Paired paired = pairedPart(data, part).value();
    // All weights are 0.5, 1 or 1.5: sums are exact.
    EXPECT_EQ(paired.sums, paired.sumsAsked);
    EXPECT_GE(*std::min_element(paired.weights.begin(), paired.weights.end()), 0.F);
    EXPECT_EQ(paired.weights, pairedPart(data, part).value().weights);
  }
  EXPECT_EQ(data.memory().usedBytes(), 0U);
  EXPECT_EQ(pairedPart(data, dataset::Part::kTest).value().weights.size(),
            static_cast<size_t>(data.statistics().value().numSelected(dataset::Part::kTest)));
}

INSTANTIATE_TEST_SUITE_P(Fractions, PairedWeightsOf, ::testing::Values(0.0, 0.02, 0.2, 0.48));

TEST(PairedWeights, LeavesTheTestPartAlone) {
  testing::MemoryOptions options;
  options.negativeFraction = 0.2;
  testing::MemoryDataset data(options);
  const Paired paired = pairedPart(data, dataset::Part::kTest).value();
  EXPECT_LT(*std::min_element(paired.weights.begin(), paired.weights.end()), 0.F);
}

TEST(PairedWeights, RefusesAClassWhoseWeightsSumToNothing) {
  testing::MemoryOptions options;
  options.negativeFraction = 0.8;
  testing::MemoryDataset data(options);
  const auto paired = pairedPart(data, dataset::Part::kTrain);
  ASSERT_FALSE(paired.ok());
  EXPECT_EQ(paired.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(paired.error().what()).find("class 'background', 'signal1' in the part for train"),
            std::string::npos)
      << paired.error().what();
}

}  // namespace
}  // namespace mlaas::train
