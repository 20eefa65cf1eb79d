#include "mlaas/train/checkpoint.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <limits>

#include "mlaas/train/trainer.h"
#include "mlaas/train/training_options.h"
#include "mlaas/train/training_plan.h"

namespace mlaas::train {
namespace {

using Json = nlohmann::ordered_json;

TrainingState exampleState() {
  TrainingState state;
  state.values = {{"step", 7}, {"loss", 0.1}};
  state.blobs = {{"empty", ""}, {"parameters", blobOf(std::array{1.5F, -0.0F, 3e-45F})}};
  return state;
}

const Json kKey = {{"workflow", {{"epochs", 3}}}, {"versions", "1"}};

TEST(Checkpoint, GivesBackWhatItTook) {
  const auto decoded = decodeState(encodeState(kKey, exampleState()), "state").value();
  EXPECT_EQ(decoded.key, kKey);
  EXPECT_EQ(decoded.state.values, exampleState().values);
  EXPECT_EQ(decoded.state.blobs, exampleState().blobs);
  std::array<float, 3> values = {};
  ASSERT_TRUE(readBlob(decoded.state, "parameters", values).ok());
  EXPECT_EQ(blobOf(values), exampleState().blobs.at("parameters"));
  std::array<float, 2> fewer = {};
  EXPECT_EQ(readBlob(decoded.state, "parameters", fewer).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(readBlob(decoded.state, "moments", fewer).error().code(), ErrorCode::kCorrupt);
}

TEST(Checkpoint, RefusesEveryTruncationAndChangedByte) {
  const std::string bytes = encodeState(kKey, exampleState());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decodeState(bytes.substr(0, length), "state").ok()) << length;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    EXPECT_FALSE(decodeState(changed, "state").ok()) << i;
  }
  EXPECT_FALSE(decodeState(bytes + "x", "state").ok());
}

class CheckpointFolder : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Checkpoints make(const Json& key, CheckpointOptions options = {}) const { return {folder_, key, options}; }

  std::string folder_ =
      ::testing::TempDir() + "checkpoint_" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CheckpointFolder, GoesOnFromTheLastState) {
  Checkpoints first = make(kKey);
  ASSERT_TRUE(first.resume().ok());
  EXPECT_FALSE(first.resumed());
  ASSERT_TRUE(first.save({{{"step", 1}}, {}}).ok());
  ASSERT_TRUE(first.save(exampleState()).ok());
  Checkpoints second = make(kKey);
  EXPECT_TRUE(second.exists());
  ASSERT_TRUE(second.resume().ok());
  EXPECT_EQ(second.resumed()->values["step"], 7);
  ASSERT_TRUE(second.discard().ok());
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(CheckpointFolder, NamesWhatDiffersFromAnotherTraining) {
  ASSERT_TRUE(make(kKey).save(exampleState()).ok());
  Json other = kKey;
  other["workflow"]["epochs"] = 4;
  const auto refused = make(other).resume();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(refused.error().what()).find("it differs in workflow/epochs (3 then, 4 now); make it"),
            std::string::npos)
      << refused.error().what();
}

TEST_F(CheckpointFolder, SavesAsOftenAsAsked) {
  EXPECT_FALSE(make(kKey).dueAfterEpoch());  // just made
  EXPECT_FALSE(make(kKey).dueWithinEpoch());
  EXPECT_TRUE(make(kKey, {true, 0}).dueAfterEpoch());
  EXPECT_TRUE(make(kKey, {true, 0}).dueWithinEpoch());
  Checkpoints off = make(kKey, {false, 0});
  EXPECT_FALSE(off.dueAfterEpoch());
  EXPECT_FALSE(off.dueWithinEpoch());
  ASSERT_TRUE(off.save(exampleState()).ok());
  EXPECT_FALSE(off.exists());
}

TEST(TrainingHistoryState, KeepsEveryBit) {
  TrainingHistory history;
  history.unit = "round";
  history.lossName = "auc";
  history.bestEpoch = 2;
  history.eventsTrained = int64_t{1} << 60;
  history.trainSeconds = 0.1;
  history.epochs = {{1, 1.0 / 3, 0.1, 0.7}, {2, 5e-324, std::nullopt, std::nullopt}};
  const auto again = restoreHistory(Json::parse(historyState(history).dump()));
  EXPECT_EQ(historyState(again).dump(), historyState(history).dump());
  EXPECT_EQ(again.epochs[0].trainLoss, 1.0 / 3);
  EXPECT_EQ(again.epochs[1].trainLoss, 5e-324);
  EXPECT_FALSE(again.epochs[1].validationLoss);
  history.epochs[0].validationAuc = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(*restoreHistory(Json::parse(historyState(history).dump())).epochs[0].validationAuc));
}

TEST(EarlyStoppingState, GoesOnCounting) {
  EarlyStopping whole(2, 0.0);
  for (const double loss : {0.5, 0.4, 0.45}) whole.improves(loss);
  EarlyStopping resumed(2, 0.0);
  resumed.restore(Json::parse(whole.state().dump()));
  EXPECT_EQ(resumed.bestEpoch(), 2);
  EXPECT_FALSE(resumed.exhausted());
  EXPECT_FALSE(resumed.improves(0.4));
  EXPECT_TRUE(resumed.exhausted());
}

TEST(TrainingPlan, TakesItsOwnOptionsOut) {
  dataset::Workflow workflow;
  workflow.training = {{"epochs", 3}, {"checkpoint", {{"minutes", 2.5}}}};
  workflow.text = R"({"name": "a", "output": "x", "training": {"epochs": 3, "checkpoint": {"minutes": 2.5}}})";
  const auto plan = planTraining(workflow).value();
  EXPECT_EQ(plan.checkpoint.minutes, 2.5);
  EXPECT_EQ(plan.workflow.training, Json({{"epochs", 3}}));
  EXPECT_EQ(trainingKey(workflow), Json::parse(R"({"name": "a", "training": {"epochs": 3}})"));
  workflow.training["checkpoint"] = false;
  EXPECT_FALSE(planTraining(workflow).value().checkpoint.enabled);
}

}  // namespace
}  // namespace mlaas::train
