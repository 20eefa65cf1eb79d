// The tree reader and kernel against XGBoost itself, and against damaged models.
#include "mlaas/model/trees/tree_model.h"

#include <gtest/gtest.h>
#include <xgboost/c_api.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "mlaas/base/random.h"
#include "mlaas/model/trees/tree_kernel.h"

namespace mlaas::model {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Sample {
  int64_t rows = 0;
  int64_t features = 0;
  std::vector<float> values;  // [rows, features], one in ten missing
  std::vector<float> labels;
};

Sample makeSample(int64_t rows, int64_t features, int classes) {
  Random random(17);
  Sample sample{rows, features, {}, {}};
  for (int64_t row = 0; row < rows; ++row) {
    double sum = 0;
    for (int64_t column = 0; column < features; ++column) {
      const double value = random.uniform() * 4 - 2;
      sum += column % 2 == 0 ? value : value * value;
      sample.values.push_back(random.below(10) == 0 ? kNaN : static_cast<float>(value));
    }
    const double label = classes == 0 ? sum : std::fmod(std::abs(sum) + random.uniform(), classes);
    sample.labels.push_back(static_cast<float>(classes == 0 ? label : std::floor(label)));
  }
  return sample;
}

// A booster trained by XGBoost: its JSON and its own predictions for the sample.
struct Trained {
  std::string json;
  std::vector<float> scores;
};

void check(int status) { ASSERT_EQ(status, 0) << XGBGetLastError(); }

Trained train(const Sample& sample, const std::vector<std::pair<std::string, std::string>>& parameters, int rounds) {
  DMatrixHandle matrix = nullptr;
  BoosterHandle booster = nullptr;
  const auto rows = static_cast<bst_ulong>(sample.rows);
  check(XGDMatrixCreateFromMat(sample.values.data(), rows, static_cast<bst_ulong>(sample.features), kNaN, &matrix));
  check(XGDMatrixSetFloatInfo(matrix, "label", sample.labels.data(), rows));
  check(XGBoosterCreate(&matrix, 1, &booster));
  check(XGBoosterSetParam(booster, "nthread", "1"));
  for (const auto& [name, value] : parameters) check(XGBoosterSetParam(booster, name.c_str(), value.c_str()));
  for (int round = 0; round < rounds; ++round) check(XGBoosterUpdateOneIter(booster, round, matrix));
  Trained trained;
  bst_ulong length = 0;
  const char* text = nullptr;
  check(XGBoosterSaveModelToBuffer(booster, R"({"format": "json"})", &length, &text));
  trained.json.assign(text, length);
  const float* scores = nullptr;
  check(XGBoosterPredict(booster, matrix, 0, 0, 0, &length, &scores));
  trained.scores.assign(scores, scores + length);
  XGBoosterFree(booster);
  XGDMatrixFree(matrix);
  return trained;
}

std::vector<float> predict(const TreeModel& model, const Sample& sample) {
  std::vector<float> scores(static_cast<size_t>(sample.rows * model.numOutputs));
  predictTrees(model, sample.values, sample.rows, scores);
  return scores;
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
  return largest;
}

TEST(TreeModel, LogisticScoresAreXgboosts) {
  const Sample sample = makeSample(1003, 7, 2);
  const Trained trained =
      train(sample, {{"objective", "binary:logistic"}, {"max_depth", "4"}, {"base_score", "0.3"}}, 60);
  const TreeModel model = readXgboostJson(trained.json).value();
  EXPECT_EQ(model.trees.size(), 60U);
  EXPECT_EQ(model.numFeatures, 7);
  EXPECT_LE(largestDifference(predict(model, sample), trained.scores), 1e-7);
}

TEST(TreeModel, RegressionScoresAreXgboostsBitForBit) {
  const Sample sample = makeSample(500, 5, 0);
  const Trained trained = train(sample, {{"objective", "reg:squarederror"}, {"max_depth", "6"}}, 40);
  const TreeModel model = readXgboostJson(trained.json).value();
  EXPECT_EQ(predict(model, sample), trained.scores);
}

TEST(TreeModel, SoftmaxScoresAreXgboosts) {
  const Sample sample = makeSample(700, 6, 3);
  const Trained trained = train(sample, {{"objective", "multi:softprob"}, {"num_class", "3"}, {"max_depth", "3"}}, 20);
  const TreeModel model = readXgboostJson(trained.json).value();
  EXPECT_EQ(model.numOutputs, 3);
  EXPECT_EQ(model.trees.size(), 60U);
  EXPECT_LE(largestDifference(predict(model, sample), trained.scores), 1e-7);
}

TEST(TreeModel, DeepTreesAndForestsAreXgboostsBitForBit) {
  const Sample sample = makeSample(3000, 4, 0);
  const Trained deep = train(
      sample, {{"objective", "reg:squarederror"}, {"max_depth", "20"}, {"min_child_weight", "0"}, {"gamma", "0"}}, 3);
  const TreeModel model = readXgboostJson(deep.json).value();
  EXPECT_GT(model.trees.front().depth, 12U);
  EXPECT_EQ(predict(model, sample), deep.scores);
  const Trained forest = train(
      sample, {{"objective", "reg:squarederror"}, {"num_parallel_tree", "3"}, {"subsample", "0.5"}, {"seed", "1"}}, 4);
  EXPECT_EQ(predict(readXgboostJson(forest.json).value(), sample), forest.scores);
}

// XGBoost weighs the trees of DART by what dropping has left of them.
TEST(TreeModel, DartScoresAreXgboosts) {
  const Sample sample = makeSample(900, 5, 3);
  const Trained trained = train(sample,
                                {{"booster", "dart"},
                                 {"rate_drop", "0.3"},
                                 {"skip_drop", "0.2"},
                                 {"seed", "4"},
                                 {"objective", "multi:softprob"},
                                 {"num_class", "3"}},
                                30);
  const auto weights = nlohmann::json::parse(trained.json)["learner"]["gradient_booster"]["weight_drop"];
  ASSERT_EQ(weights.size(), 90U);
  EXPECT_NE(weights[0], 1);
  EXPECT_LE(largestDifference(predict(readXgboostJson(trained.json).value(), sample), trained.scores), 1e-6);
}

TEST(TreeModel, CountsAndProbabilitiesAreXgboosts) {
  const Sample sample = makeSample(600, 5, 2);
  for (const char* objective : {"count:poisson", "reg:logistic", "reg:tweedie", "reg:squaredlogerror"}) {
    const Trained trained = train(sample, {{"objective", objective}, {"max_depth", "3"}, {"base_score", "0.4"}}, 20);
    const TreeModel model = readXgboostJson(trained.json).value();
    EXPECT_LE(largestDifference(predict(model, sample), trained.scores), 1e-6) << objective;
  }
}

TEST(TreeModel, DartWithoutAWeightForEachTree) {
  const Sample sample = makeSample(100, 3, 2);
  auto json = nlohmann::json::parse(train(sample, {{"booster", "dart"}, {"objective", "binary:logistic"}}, 4).json);
  json["learner"]["gradient_booster"]["weight_drop"].erase(0);
  EXPECT_NE(std::string(readXgboostJson(json.dump()).error().what()).find("3 elements for 4 trees"), std::string::npos);
}

TEST(TreeModel, EveryNumberOfRowsGivesTheSameScores) {
  const Sample sample = makeSample(150, 5, 2);
  const TreeModel model = readXgboostJson(train(sample, {{"objective", "binary:logistic"}}, 10).json).value();
  const std::vector<float> all = predict(model, sample);
  for (const int64_t rows : {0, 1, 7, 8, 9, 63, 64, 65, 150}) {
    Sample part = sample;
    part.rows = rows;
    part.values.resize(static_cast<size_t>(rows * 5));
    EXPECT_EQ(predict(model, part), std::vector<float>(all.begin(), all.begin() + rows)) << rows;
  }
}

class DamagedTrees : public testing::Test {
 protected:
  void SetUp() override {
    const Sample sample = makeSample(200, 3, 2);
    json_ = train(sample, {{"objective", "binary:logistic"}, {"max_depth", "2"}}, 3).json;
    document_ = nlohmann::json::parse(json_);
  }
  nlohmann::json& tree() { return document_["learner"]["gradient_booster"]["model"]["trees"][0]; }
  void expect(ErrorCode code, const std::string& part) {
    const auto model = readXgboostJson(document_.dump());
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code(), code) << model.error().what();
    EXPECT_NE(std::string(model.error().what()).find(part), std::string::npos) << model.error().what();
  }
  std::string json_;
  nlohmann::json document_;
};

TEST_F(DamagedTrees, ReadsTheUndamagedOne) { EXPECT_TRUE(readXgboostJson(json_).ok()); }

TEST_F(DamagedTrees, CutAtAnyLength) {
  for (size_t length = 0; length + 1 < json_.size(); length += 97) {
    const auto model = readXgboostJson(std::string_view(json_).substr(0, length));
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code(), ErrorCode::kCorrupt);
  }
}

TEST_F(DamagedTrees, ChildOutOfRange) {
  tree()["left_children"][0] = 99;
  expect(ErrorCode::kCorrupt, "tree 0: node 0 has child 99");
}
TEST_F(DamagedTrees, OnlyOneChild) {
  tree()["right_children"][0] = -1;
  expect(ErrorCode::kCorrupt, "node 0 has child -1");
}
TEST_F(DamagedTrees, Circle) {
  tree()["left_children"][1] = 0;
  expect(ErrorCode::kCorrupt, "more than one parent");
}
TEST_F(DamagedTrees, FeatureOutOfRange) {
  tree()["split_indices"][0] = 3;
  expect(ErrorCode::kCorrupt, "splits on feature 3 of 3");
}
TEST_F(DamagedTrees, ArraysOfDifferentLength) {
  tree()["default_left"].erase(0);
  expect(ErrorCode::kCorrupt, "expected one length");
}
TEST_F(DamagedTrees, SplitByCategory) {
  tree()["split_type"][0] = 1;
  expect(ErrorCode::kCorrupt, "has no categories");
}
TEST_F(DamagedTrees, LeavesOfSeveralValues) {
  tree()["tree_param"]["size_leaf_vector"] = "2";
  expect(ErrorCode::kUnsupported, "tree 0: leaves of 2 values");
}
TEST_F(DamagedTrees, NumbersOfOutputsThatDoNotFit) {
  document_["learner"]["learner_model_param"]["num_class"] = "3";
  expect(ErrorCode::kCorrupt, "num_class is 3 and num_target 1");
}
TEST_F(DamagedTrees, OutputOutOfRange) {
  document_["learner"]["gradient_booster"]["model"]["tree_info"][2] = 1;
  expect(ErrorCode::kCorrupt, "tree 2 adds to output 1 of 1");
}
TEST_F(DamagedTrees, AnotherBooster) {
  document_["learner"]["gradient_booster"]["name"] = "gblinear";
  expect(ErrorCode::kUnsupported, "gblinear");
}
TEST_F(DamagedTrees, AnotherObjective) {
  document_["learner"]["objective"]["name"] = "rank:ndcg";
  expect(ErrorCode::kUnsupported, "rank:ndcg");
}
TEST_F(DamagedTrees, BaseScoreIsNoProbability) {
  document_["learner"]["learner_model_param"]["base_score"] = "1E0";
  expect(ErrorCode::kCorrupt, "between 0 and 1");
}
TEST_F(DamagedTrees, BaseScoreAsNewerVersionsWriteIt) {
  document_["learner"]["learner_model_param"]["base_score"] = "[5E-1]";
  EXPECT_TRUE(readXgboostJson(document_.dump()).ok());
  document_["learner"]["learner_model_param"]["base_score"] = "[5E-1,2E-1]";
  expect(ErrorCode::kCorrupt, "2 numbers for 1 outputs");
}
TEST_F(DamagedTrees, HugeNumberOfFeatures) {
  document_["learner"]["learner_model_param"]["num_feature"] = "99999999999999999999";
  expect(ErrorCode::kCorrupt, "num_feature");
}

}  // namespace
}  // namespace mlaas::model
