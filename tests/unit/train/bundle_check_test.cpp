#include "mlaas/train/bundle_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/train/memory_dataset.h"

namespace mlaas::train {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
using Scores = std::vector<float>;

TEST(BundleCheck, TakesScoresWithinTheTolerance) {
  const Scores expected = {0.25F, 0.5F, kNan, kInfinity};
  const Scores found = {0.25F, 0.500008F, kNan, kInfinity};
  EXPECT_NEAR(compareScores({expected, found}).value(), 8e-6, 1e-7);
}

TEST(BundleCheck, NamesTheRowThatDiffers) {
  const Scores expected = {0.25F, 0.5F, 0.75F, 1};
  for (const float other : {0.76F, kNan, kInfinity}) {
    const auto result = compareScores({expected, {0.25F, 0.5F, other, 1}, 2});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kInternal);
    const std::string text = result.error().what();
    EXPECT_NE(text.find("row 1, output 0"), std::string::npos) << text;
    EXPECT_NE(text.find("0.75"), std::string::npos) << text;
  }
  EXPECT_FALSE(compareScores({expected, {0.25F}, 2}).ok());
}

// One target of thousands and one of thousandths, each with an error of 5e-6 and then of 5e-5 of its size.
TEST(BundleCheck, ComparesTargetsRelativeToTheirSize) {
  const Scores expected = {4000, 0.004F, -1, 0.001F};
  EXPECT_NEAR(compareScores({expected, {4000.02F, 0.004F, -1, 0.00100002F}, 2, true}).value(), 5e-6, 3e-7);
  EXPECT_FALSE(compareScores({expected, {4000.2F, 0.004F, -1, 0.001F}, 2, true}).ok());
  EXPECT_FALSE(compareScores({expected, {4000, 0.0040002F, -1, 0.001F}, 2, true}).ok());
}

// The curve rises by 0.5 in 1e-5: the raw scores 0.5 and 0.500001 are the same within rounding, their probabilities are
// 0.05 apart.
TEST(BundleCheck, AllowsForSteepCalibrations) {
  model::ScoreCalibration calibration;
  calibration.kind = model::ScoreCalibration::Kind::kIsotonic;
  calibration.points = {{0.5F, 0.25F}, {0.50001F, 0.75F}};
  const Scores raw = {0.5F};
  EXPECT_TRUE(compareScores({{0.25F}, {0.3F}, 1, false, &raw, &calibration}).ok());
  EXPECT_FALSE(compareScores({{0.25F}, {0.3F}}).ok());
  EXPECT_FALSE(compareScores({{0.25F}, {0.2F}, 1, false, &raw, &calibration}).ok());
}

// Gives the sum of the scalars of each event, for the trained model and, a little wrong, for the written one.
class SumModel final : public TrainedModel {
 public:
  Result<void> score(const feature::Tensors& features, Scores& scores) override {
    scores.assign(static_cast<size_t>(features.rows), 0);
    for (size_t i = 0; i < features.scalars.size(); ++i) {
      scores[i / static_cast<size_t>(features.numScalars)] += features.scalars[i];
    }
    return {};
  }
  model::EngineKind engine() const override { return model::EngineKind::kOnnx; }
  std::string fileName() const override { return "model.onnx"; }
  Result<std::string> serialise() const override { return std::string(); }
  nlohmann::ordered_json description() const override { return {}; }
};

TEST(BundleCheck, ScoresTheEventsWithTheLoadedModel) {
  testing::MemoryDataset data({.events = 300});
  const EventSample sample = sampleEvents(data, dataset::Part::kTest, 50, 1, {}).value();
  model::Bundle bundle;
  bundle.outputs = {"score"};
  bundle.modelFile = "model.onnx";
  bundle.directory = "written";
  SumModel model;
  for (const float error : {0.0F, 1.0F}) {
    const BundleLoader load = [&](const model::Bundle& loaded) -> Result<BundleScorer> {
      EXPECT_EQ(loaded.directory, "written");
      return BundleScorer([&model, error](const feature::Tensors& features, Scores& scores) -> Result<void> {
        MLAAS_CHECK(model.score(features, scores));
        scores[7] += error;
        return {};
      });
    };
    const auto check = checkBundle(load, bundle, model, sample, false);
    EXPECT_EQ(check.ok(), error == 0);
    if (check.ok()) {
      EXPECT_EQ(check->events, 50);
      EXPECT_EQ(check->largestDifference, 0);
    } else {
      EXPECT_NE(std::string(check.error().what()).find("model.onnx: "), std::string::npos) << check.error().what();
      EXPECT_NE(std::string(check.error().what()).find("row 7"), std::string::npos) << check.error().what();
    }
  }
  const BundleLoader broken = [](const model::Bundle&) -> Result<BundleScorer> {
    return Error(ErrorCode::kCorrupt, "cannot be loaded");
  };
  EXPECT_EQ(checkBundle(broken, bundle, model, sample, false).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::train
