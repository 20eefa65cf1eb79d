#include "mlaas/train/class_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mlaas::train {
namespace {

dataset::Sample sample(const std::string& name, int64_t label) {
  dataset::Sample result;
  result.name = name;
  result.label = label;
  result.where = "w.yaml:4:5";
  return result;
}

TEST(ClassTable, JoinsSamplesOfOneLabel) {
  const auto table = makeClassTable({sample("ttH", 1), sample("ttbar", 0), sample("multi jet", 0)}).value();
  EXPECT_EQ(table.names, (std::vector<std::string>{"ttbar+multi jet", "ttH"}));
  EXPECT_EQ(table.numOutputs(), 1);
  EXPECT_EQ(table.outputNames(), std::vector<std::string>{"score"});
}

TEST(ClassTable, NamesOneColumnAClassForThree) {
  const auto table = makeClassTable({sample("a b", 0), sample("a+b", 1), sample("c", 2)}).value();
  EXPECT_EQ(table.numOutputs(), 3);
  EXPECT_EQ(table.outputNames(), (std::vector<std::string>{"score_a_b", "score_a_b_", "score_c"}));
}

TEST(ClassTable, RefusesOneLabelAndGaps) {
  const auto one = makeClassTable({sample("a", 1), sample("b", 1)});
  ASSERT_FALSE(one.ok());
  EXPECT_EQ(one.error().code(), ErrorCode::kInvalidArgument);
  const auto gap = makeClassTable({sample("a", 0), sample("b", 2)});
  ASSERT_FALSE(gap.ok());
  EXPECT_NE(std::string(gap.error().what()).find("w.yaml:4:5: sample 'b'"), std::string::npos);
  EXPECT_FALSE(makeClassTable({sample("a", -1), sample("b", 0)}).ok());
}

dataset::Statistics statisticsOf(double background, double signal) {
  dataset::Statistics statistics;
  statistics.samples.resize(2);
  statistics.samples[0] = {"b", 0, {}, 90, {80, 0, 0}, {}, {background, 0, 0}, {8, 0, 0}};
  statistics.samples[1] = {"s", 1, {}, 30, {20, 0, 0}, {}, {signal, 0, 0}, {2, 0, 0}};
  return statistics;
}

TEST(WeightScale, MakesTheMeanAbsoluteWeightOne) {
  const auto classes = makeClassTable({sample("b", 0), sample("s", 1)}).value();
  const auto scale =
      WeightScale::make(statisticsOf(160, 40), classes, ClassBalance::kNone, NegativeWeights::kKeep).value();
  EXPECT_EQ(scale.factors(), (std::vector<double>{0.5, 0.5}));
  EXPECT_DOUBLE_EQ(scale.negativeFraction(), 0.1);

  const auto equal =
      WeightScale::make(statisticsOf(160, 40), classes, ClassBalance::kEqual, NegativeWeights::kKeep).value();
  EXPECT_DOUBLE_EQ(equal.factors()[0] * 160, 50);
  EXPECT_DOUBLE_EQ(equal.factors()[1] * 40, 50);
}

TEST(WeightScale, TreatsNegativeWeightsAsAsked) {
  const auto classes = makeClassTable({sample("b", 0), sample("s", 1)}).value();
  const std::vector<int32_t> label = {0, 1};
  const auto scaled = [&](NegativeWeights negative) {
    std::vector<float> weight = {-2, 4};
    WeightScale::make(statisticsOf(160, 40), classes, ClassBalance::kNone, negative).value().apply(label, {}, weight);
    return weight;
  };
  EXPECT_EQ(scaled(NegativeWeights::kKeep), (std::vector<float>{-1, 2}));
  EXPECT_EQ(scaled(NegativeWeights::kAbsolute), (std::vector<float>{1, 2}));
  EXPECT_EQ(scaled(NegativeWeights::kDrop), (std::vector<float>{0, 2}));
}

TEST(WeightScale, CountsSignedWeightsWherePairsAnnihilate) {
  const auto classes = makeClassTable({sample("b", 0), sample("s", 1)}).value();
  auto statistics = statisticsOf(160, 40);
  statistics.samples[0].sumWeights[0] = 80;
  statistics.samples[1].sumWeights[0] = 20;
  const auto scale = WeightScale::make(statistics, classes, ClassBalance::kNone, NegativeWeights::kPair).value();
  EXPECT_EQ(scale.factors(), (std::vector<double>{1, 1}));
  statistics.samples[1].sumWeights[0] = -1;
  const auto none = WeightScale::make(statistics, classes, ClassBalance::kNone, NegativeWeights::kPair);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(std::string(none.error().what()).find("with a sum of weights of -1"), std::string::npos);
}

TEST(WeightScale, RefusesAClassWithoutWeight) {
  const auto classes = makeClassTable({sample("b", 0), sample("s", 1)}).value();
  const auto result = WeightScale::make(statisticsOf(160, 0), classes, ClassBalance::kNone, NegativeWeights::kKeep);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(result.error().what()).find("class 's'"), std::string::npos);
}

}  // namespace
}  // namespace mlaas::train
