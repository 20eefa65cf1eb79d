// Expected values: tests/unit/train/known_traditional.py (scikit-learn 1.9).
#include "mlaas/train/traditional/traditional_method.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mlaas/train/metrics/roc.h"

namespace mlaas::train {
namespace {

constexpr size_t kEvents = 200;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The events of known_traditional.py.
TrainingTable events() {
  TrainingTable table;
  table.variables.names = {"a", "b", "c"};
  table.variables.columns.resize(3);
  table.variables.rows = kEvents;
  for (size_t i = 0; i < kEvents; ++i) {
    const double label = i * 7 % 5 < 2 ? 1 : 0;
    const double a = static_cast<double>(i * 37 % 101) / 101 + 0.3 * label;
    const double b = static_cast<double>(i * 53 % 89) / 89 - 0.2 * label + 0.5 * a;
    table.variables.columns[0].push_back(static_cast<float>(a));
    table.variables.columns[1].push_back(static_cast<float>(b));
    table.variables.columns[2].push_back(static_cast<float>(i * 11 % 13));
    table.isSignal.push_back(label > 0 ? 1 : 0);
    table.weight.push_back(1);
  }
  return table;
}

double areaOf(const TraditionalMethod& method, const TrainingTable& table) {
  return computeRoc(method.score(table.variables), table.isSignal, table.weight)->auc;
}

TEST(Fisher, AgreesWithScikitLearn) {
  const auto table = events();
  const auto fisher = trainFisher(table).value();
  const auto learned = fisher->description();
  EXPECT_NEAR(learned["coefficients"]["a"].get<double>(), 5.490290206584847, 1e-6);
  EXPECT_NEAR(learned["coefficients"]["b"].get<double>(), -2.677255041392349, 1e-6);
  EXPECT_NEAR(learned["coefficients"]["c"].get<double>(), -0.018917129162601576, 1e-6);
  EXPECT_NEAR(learned["offset"].get<double>(), -1.9242934833223426, 1e-6);
  EXPECT_NEAR(fisher->score(table.variables)[7], 0.43548559913894214, 1e-6);
}

TEST(Fisher, CountsAWeightAsThatManyEvents) {
  auto weighted = events();
  auto repeated = weighted;
  for (size_t i = 0; i < kEvents; i += 3) {
    weighted.weight[i] = 2;
    for (auto& column : repeated.variables.columns) column.push_back(column[i]);
    repeated.isSignal.push_back(repeated.isSignal[i]);
    repeated.weight.push_back(1);
    ++repeated.variables.rows;
  }
  const auto a = trainFisher(weighted).value()->description()["coefficients"];
  const auto b = trainFisher(repeated).value()->description()["coefficients"];
  for (const auto& [name, value] : a.items()) EXPECT_NEAR(value.get<double>(), b[name].get<double>(), 1e-9);
}

// A negative event takes back an equal positive one.
TEST(Fisher, TakesNegativeWeights) {
  auto table = events();
  const auto without = trainFisher(table).value()->description()["coefficients"];
  for (const float weight : {1.F, -1.F}) {
    for (auto& column : table.variables.columns) column.push_back(3);
    table.isSignal.push_back(1);
    table.weight.push_back(weight);
    ++table.variables.rows;
  }
  const auto with = trainFisher(table).value()->description()["coefficients"];
  for (const auto& [name, value] : with.items()) EXPECT_NEAR(value.get<double>(), without[name].get<double>(), 1e-9);
}

TEST(Fisher, LeavesDependentVariablesOut) {
  auto table = events();
  const double alone = areaOf(*trainFisher(table).value(), table);
  table.variables.names.emplace_back("twice");
  table.variables.columns.push_back(table.variables.columns[0]);
  table.variables.names.emplace_back("constant");
  table.variables.columns.emplace_back(kEvents, 4.F);
  const auto fisher = trainFisher(table).value();
  EXPECT_EQ(fisher->description()["coefficients"]["twice"], 0);
  EXPECT_EQ(fisher->description()["coefficients"]["constant"], 0);
  EXPECT_NEAR(areaOf(*fisher, table), alone, 1e-12);
}

TEST(SingleCut, ChoosesTheBestVariable) {
  const auto table = events();
  const auto cut = trainSingleCut(table).value();
  EXPECT_EQ(cut->description()["variable"], "a");
  EXPECT_EQ(cut->description()["keeps"], "above");
  EXPECT_NEAR(areaOf(*cut, table), computeRoc(table.variables.columns[0], table.isSignal, table.weight)->auc, 0.003);
  auto turned = table;
  for (float& value : turned.variables.columns[0]) value = -value;
  EXPECT_EQ(trainSingleCut(turned).value()->description()["keeps"], "below");
}

TEST(RectangularCuts, FindABox) {
  // Signal fills a box of a uniform square.
  TrainingTable table;
  table.variables.names = {"x", "y"};
  table.variables.columns.resize(2);
  for (int i = 0; i < 4000; ++i) {
    const float x = static_cast<float>(i * 7 % 4000) / 4000;
    const float y = static_cast<float>(i * 1237 % 4000) / 4000;
    const bool inBox = x > 0.6F && y > 0.2F && y < 0.5F;
    table.variables.columns[0].push_back(x);
    table.variables.columns[1].push_back(y);
    table.isSignal.push_back(inBox && i % 2 == 0 ? 1 : 0);
    table.weight.push_back(1);
    ++table.variables.rows;
  }
  const auto cuts = trainRectangularCuts(table).value();
  // Perfect boxes keep the background that lies in the signal's box: half of its 12 %, in an area of 88 + 6 %.
  EXPECT_GT(areaOf(*cuts, table), 0.94);
  for (auto& column : table.variables.columns) column.assign(table.variables.rows, kNan);
  EXPECT_EQ(cuts->score(table.variables).size(), table.variables.rows);
}

TEST(Likelihood, MultipliesIndependentVariables) {
  // Two independent variables with densities that rise and fall linearly: the ratio is known.
  TrainingTable table;
  table.variables.names = {"x", "y"};
  table.variables.columns.resize(2);
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 100; ++j) {
      const float x = (static_cast<float>(i) + 0.5F) / 100;
      const float y = (static_cast<float>(j) + 0.5F) / 100;
      for (const uint8_t label : {0, 1}) {
        table.variables.columns[0].push_back(x);
        table.variables.columns[1].push_back(y);
        table.isSignal.push_back(label);
        table.weight.push_back(label == 1 ? x * y : (1 - x) * (1 - y));
        ++table.variables.rows;
      }
    }
  }
  const auto likelihood = trainLikelihood(table).value();
  VariableTable asked{table.variables.names, {{0.25F, 0.5F, 0.7F}, {0.5F, 0.5F, 0.8F}}, 3};
  const auto scores = likelihood->score(asked);
  for (size_t i = 0; i < 3; ++i) {
    const double x = asked.columns[0][i];
    const double y = asked.columns[1][i];
    EXPECT_NEAR(scores[i], x * y / (x * y + (1 - x) * (1 - y)), 0.03) << i;
  }
}

TEST(Traditional, NeedsTwoClasses) {
  auto table = events();
  table.isSignal.assign(kEvents, 1);
  for (const char* name : {"cut", "cuts", "fisher", "likelihood"}) EXPECT_FALSE(trainTraditional(name, table).ok());
  EXPECT_EQ(trainTraditional("none", table).error().code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace mlaas::train
