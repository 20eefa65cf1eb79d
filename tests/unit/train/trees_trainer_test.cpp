#include "mlaas/train/trees/trees_trainer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "tests/unit/train/trainer_fixture.h"

namespace mlaas::train {
namespace {

using testing::MemoryOptions;
using Json = nlohmann::ordered_json;

class Fixture : public testing::TrainerFixture {
 public:
  explicit Fixture(const MemoryOptions& options = {}) : TrainerFixture(makeTreesTrainer, options) {}
};

const Json kSmallModel = {{"rounds", 30}, {"max_depth", 3}, {"eta", 0.3}};

TEST(TreesTrainer, LearnsTwoClasses) {
  Fixture fixture;
  auto outcome = fixture.train(kSmallModel, {}).value();
  EXPECT_GT(fixture.auc(outcome), 0.77);
  EXPECT_EQ(outcome.history.unit, "round");
  EXPECT_EQ(outcome.history.lossName, "logloss");
  EXPECT_TRUE(outcome.history.epochs[0].validationAuc.has_value());
  // XGBoost passes over the data several times, each time from the first event.
  EXPECT_GT(fixture.data.numStreams[0], 1);
}

TEST(TreesTrainer, PredictsATarget) {
  MemoryOptions options;
  options.targets = {"linear"};
  Fixture fixture(options);
  for (const char* objective : {"reg:squarederror", "reg:pseudohubererror"}) {
    Json model = {{"rounds", 100}, {"objective", objective}};
    if (std::string(objective) == "reg:pseudohubererror") model["huber_slope"] = 50;
    auto outcome = fixture.train(model, {}).value();
    const ScoredEvents events = fixture.score(outcome);
    double left = 0;
    for (size_t row = 0; row < events.rows(); ++row) {
      left += std::pow(static_cast<double>(events.score[row]) - static_cast<double>(events.target[row]), 2);
    }
    const double deviation = fixture.statistics.targets[0].deviation;
    EXPECT_LT(std::sqrt(left / static_cast<double>(events.rows())), 0.2 * deviation) << objective;
  }
}

TEST(TreesTrainer, PredictsSeveralTargets) {
  MemoryOptions options;
  options.targets = {"linear", "bent"};
  Fixture fixture(options);
  auto outcome = fixture.train({{"rounds", 120}}, {}).value();
  const ScoredEvents events = fixture.score(outcome);
  ASSERT_EQ(events.score.size(), 2 * events.rows());
  for (size_t target = 0; target < 2; ++target) {
    double left = 0;
    for (size_t i = target; i < events.score.size(); i += 2) {
      left += std::pow(static_cast<double>(events.score[i]) - static_cast<double>(events.target[i]), 2);
    }
    const double deviation = fixture.statistics.targets[target].deviation;
    EXPECT_LT(std::sqrt(left / static_cast<double>(events.rows())), 0.25 * deviation) << target;
  }
  EXPECT_EQ(outcome.model->otherForms().value().size(), 1U);
  EXPECT_NE(fixture.problem({{"objective", "count:poisson"}}, {}).find("is for one target, but dataset.targets has 2"),
            std::string::npos);
}

TEST(TreesTrainer, LearnsThreeClasses) {
  MemoryOptions options;
  options.numClasses = 3;
  options.noise = 0.5;
  Fixture fixture(options);
  auto outcome = fixture.train(kSmallModel, {}).value();
  for (int64_t label = 0; label < 3; ++label) EXPECT_GT(fixture.auc(outcome, label), 0.75) << label;
  EXPECT_EQ(fixture.score(outcome).score.size(), 3 * fixture.score(outcome).rows());
}

// Shapley values and the expectation sum to the margin.
TEST(TreesTrainer, SplitsTheMarginIntoContributions) {
  Fixture fixture;
  auto outcome = fixture.train(kSmallModel, {}).value();
  dataset::StreamOptions options;
  options.part = dataset::Part::kTest;
  options.batchSize = 50;
  const auto stream = fixture.data.stream(options).value();
  dataset::Batch batch;
  ASSERT_TRUE(stream->next(batch).value());
  const auto contributions = outcome.model->contributions(batch.features).value().value();
  std::vector<float> scores;
  ASSERT_TRUE(outcome.model->score(batch.features, scores).ok());
  const size_t width = contributions.names.size() + 1;
  ASSERT_EQ(contributions.values.size(), scores.size() * width);
  for (size_t row = 0; row < scores.size(); ++row) {
    double sum = 0;
    for (size_t i = 0; i < width; ++i) sum += contributions.values[row * width + i];
    EXPECT_NEAR(sum, std::log(scores[row] / (1 - scores[row])), 1e-4);
  }
}

TEST(TreesTrainer, UsesAbsoluteWeightsOrDrops) {
  MemoryOptions options;
  options.negativeFraction = 0.15;
  Fixture fixture(options);
  auto absolute = fixture.train(kSmallModel, {}).value();
  auto dropped = fixture.train(kSmallModel, {{"negative_weights", "drop"}}).value();
  EXPECT_GT(fixture.auc(absolute), 0.75);
  EXPECT_GT(fixture.auc(dropped), 0.73);
  auto paired = fixture.train(kSmallModel, {{"negative_weights", "pair-annihilate"}}).value();
  EXPECT_GT(fixture.auc(paired), 0.75);
  EXPECT_NE(absolute.model->serialise().value(), paired.model->serialise().value());
  EXPECT_NE(absolute.model->serialise().value(), dropped.model->serialise().value());
  EXPECT_NE(fixture.problem({}, {{"negative_weights", "keep"}}).find("no negative weights"), std::string::npos);
}

TEST(TreesTrainer, GivesTheSameBytesWhateverTheThreads) {
  const auto bytesOf = [](int threads) {
    Fixture fixture;
    return fixture.train(kSmallModel, {{"threads", threads}}).value().model->serialise().value();
  };
  const std::string first = bytesOf(1);
  EXPECT_EQ(first, bytesOf(1));
  EXPECT_EQ(first, bytesOf(2));
}

TEST(TreesTrainer, StopsEarlyAndKeepsTheBestRounds) {
  Fixture fixture;
  const Json model = {{"rounds", 500}, {"max_depth", 6}, {"eta", 0.5}};
  auto outcome = fixture.train(model, {{"early_stopping", {{"patience", 5}}}}).value();
  const auto& history = outcome.history;
  EXPECT_TRUE(history.stoppedEarly);
  ASSERT_EQ(static_cast<int64_t>(history.epochs.size()), history.bestEpoch + 5);
  const auto best = *history.epochs[static_cast<size_t>(history.bestEpoch - 1)].validationLoss;
  for (const auto& epoch : history.epochs) EXPECT_GE(*epoch.validationLoss, best);
  // The kept rounds give the validation AUC of the best round again.
  EXPECT_NEAR(fixture.auc(outcome, 1, dataset::Part::kValidation),
              *history.epochs[static_cast<size_t>(history.bestEpoch - 1)].validationAuc, 1e-6);
}

// Dropping changes the weights of earlier trees, so that the first rounds of the last booster are not the best one.
TEST(TreesTrainer, KeepsTheBestDartAsItWas) {
  Fixture fixture;
  const Json model = {{"rounds", 80},     {"max_depth", 6},   {"eta", 0.5},      {"booster", "dart"},
                      {"rate_drop", 0.2}, {"skip_drop", 0.1}, {"one_drop", true}};
  auto outcome = fixture.train(model, {{"early_stopping", {{"patience", 8}}}}).value();
  const auto& history = outcome.history;
  ASSERT_LT(history.bestEpoch, static_cast<int64_t>(history.epochs.size()));
  EXPECT_NEAR(fixture.auc(outcome, 1, dataset::Part::kValidation),
              *history.epochs[static_cast<size_t>(history.bestEpoch - 1)].validationAuc, 1e-6);
  const auto json = Json::parse(outcome.model->serialise().value());
  EXPECT_EQ(json["learner"]["gradient_booster"]["weight_drop"].size(), history.bestEpoch);
}

// Pages of files instead of memory change sums by roundings and quantiles by little.
TEST(TreesTrainer, LearnsTheSameFromFiles) {
  MemoryOptions options;
  options.events = 24000;
  options.memoryBytes = 1000000;  // pages of 4,096 events
  Fixture fixture(options);
  for (const Json& further : {Json({}), Json({{"booster", "dart"}, {"rate_drop", 0.1}}),
                              Json({{"subsample", 0.7}, {"colsample_bynode", 0.7}, {"num_parallel_tree", 2}})}) {
    Json model = {{"rounds", 8}, {"max_depth", 3}, {"eta", 0.5}};
    model.update(further);
    model["external_memory"] = "never";
    auto inMemory = fixture.train(model, {}).value();
    model["external_memory"] = "always";
    auto inFiles = fixture.train(model, {}).value();
    const double auc = fixture.auc(inMemory);
    EXPECT_GT(auc, 0.75);
    EXPECT_NEAR(fixture.auc(inFiles), auc, 0.01) << further;
    EXPECT_NEAR(*inFiles.history.epochs.back().validationLoss, *inMemory.history.epochs.back().validationLoss, 0.01);
    EXPECT_NEAR(inFiles.history.epochs[0].trainLoss, inMemory.history.epochs[0].trainLoss, 0.005);
  }
}

// A folder for a training's temporary files.
class ScratchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("trees_scratch_" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  bool isEmpty() const { return std::filesystem::is_empty(folder_); }

  // Trains two rounds; returns whether files were used meanwhile.
  Result<bool> usesFiles(Fixture& fixture, Json model) {
    model["rounds"] = 2;
    const auto workflow = testing::workflowOf(fixture.data.config(), std::move(model), {});
    MLAAS_TRY(const auto trainer, makeTreesTrainer(workflow, fixture.classes));
    testing::SilentProgress progress;
    TrainingInput input{&fixture.data, &fixture.statistics, &fixture.classes, &progress, {}};
    input.scratch = folder_.string();
    bool seen = false;
    fixture.data.onBatch = [&] { seen = seen || !isEmpty(); };
    MLAAS_CHECK(trainer->train(input));
    return seen;
  }

  std::filesystem::path folder_;
};

TEST_F(ScratchTest, HoldsTheMatrixWhereMemoryIsSmall) {
  // 19,200 events of 8 values in training and validation are estimated at 19,200 (8 * 5 + 40) bytes.
  for (const size_t memoryBytes : {size_t{1500000}, size_t{1600000}}) {
    MemoryOptions options;
    options.events = 24000;
    options.memoryBytes = memoryBytes;
    Fixture fixture(options);
    EXPECT_EQ(usesFiles(fixture, {}).value(), memoryBytes == 1500000);
    EXPECT_TRUE(isEmpty());
    EXPECT_FALSE(usesFiles(fixture, {{"external_memory", "never"}}).value());
  }
}

TEST_F(ScratchTest, IsEmptyAfterAnError) {
  Fixture fixture;
  const Json model = {{"external_memory", "always"}};
  EXPECT_TRUE(usesFiles(fixture, model).value());
  fixture.data.failAfterBatches = 0;
  EXPECT_EQ(usesFiles(fixture, model).error().code(), ErrorCode::kCorrupt);
  EXPECT_TRUE(isEmpty());
  folder_ /= "gone";
  EXPECT_EQ(usesFiles(fixture, model).error().code(), ErrorCode::kIo);
  folder_ = folder_.parent_path();
}

TEST(TreesTrainer, HasAnOnnxGraphBeside) {
  Fixture fixture;
  auto outcome = fixture.train(kSmallModel, {}).value();
  const auto forms = outcome.model->otherForms().value();
  ASSERT_EQ(forms.size(), 1U);
  EXPECT_EQ(forms[0].name, "model.onnx");
  EXPECT_NE(forms[0].contents.find("TreeEnsembleRegressor"), std::string::npos);
}

TEST(TreesTrainer, StopsAtTheHighestAucToo) {
  Fixture fixture;
  const Json model = {{"rounds", 500}, {"max_depth", 6}, {"eta", 0.5}, {"eval_metric", {"logloss", "auc"}}};
  auto outcome = fixture.train(model, {{"early_stopping", {{"patience", 5}}}}).value();
  const auto& history = outcome.history;
  EXPECT_EQ(history.lossName, "auc");
  const auto best = *history.epochs[static_cast<size_t>(history.bestEpoch - 1)].validationLoss;
  for (const auto& epoch : history.epochs) EXPECT_LE(*epoch.validationLoss, best);
}

TEST(TreesTrainer, PassesParametersOn) {
  Fixture fixture;
  const Json model = {{"n_estimators", 5},       {"subsample", 0.5},      {"reg_lambda", 2},
                      {"colsample_bytree", 0.7}, {"min_child_weight", 3}, {"monotone_constraints", {1, 0}}};
  const auto outcome = fixture.train(model, {}).value();
  EXPECT_EQ(outcome.history.epochs.size(), 5U);
  EXPECT_NE(outcome.model->serialise().value(), fixture.train({{"rounds", 5}}, {}).value().model->serialise().value());
  EXPECT_EQ(outcome.model->description()["options"]["subsample"], "0.5");
}

TEST(TreesTrainer, RefusesWhatXGBoostDoesNotKnow) {
  Fixture fixture;
  EXPECT_EQ(fixture.problem({{"max_dept", 3}}, {}),
            "w.yaml:9:1: model: unknown option 'max_dept'; did you mean 'max_depth'?");
  EXPECT_NE(fixture.problem({{"subsample", 3}}, {}).find("XGBoost: value 3 for Parameter subsample"),
            std::string::npos);
  EXPECT_NE(fixture.problem({{"eval_metric", "aucc"}}, {}).find("Unknown metric function aucc"), std::string::npos);
  EXPECT_NE(fixture.problem({{"nthread", 3}}, {}).find("training.threads"), std::string::npos);
  EXPECT_NE(fixture.problem({{"eta", 0.1}, {"learning_rate", 0.1}}, {}).find("another name"), std::string::npos);
  EXPECT_NE(fixture.problem({{"rounds", 1}, {"n_estimators", 1}}, {}).find("another name"), std::string::npos);
  EXPECT_NE(fixture.problem({}, {{"epochs", 3}}).find("option of networks"), std::string::npos);
  EXPECT_NE(fixture.problem({{"booster", "gblinear"}}, {}).find("expected one of gbtree, dart"), std::string::npos);
}

TEST(TreesTrainer, EndsWhenAskedToStop) {
  Fixture fixture;
  std::stop_source stop;
  fixture.data.onBatch = [&] { stop.request_stop(); };
  const auto outcome = fixture.train(kSmallModel, {}, stop.get_token());
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::kCancelled);
}

TEST(TreesTrainer, PassesOnTheErrorOfAFile) {
  Fixture fixture;
  fixture.data.failAfterBatches = 0;
  const auto outcome = fixture.train(kSmallModel, {});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::train
