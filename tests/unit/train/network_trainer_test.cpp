#include "mlaas/train/neural/network_trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/train/trainer_fixture.h"

namespace mlaas::train {
namespace {

using testing::MemoryOptions;
using Json = nlohmann::ordered_json;

class Fixture : public testing::TrainerFixture {
 public:
  explicit Fixture(const MemoryOptions& options = {}, const std::string& kind = "mlp")
      : TrainerFixture(networkTrainers().at(kind), options) {}
};

const Json kSmallModel = {{"layers", {16}}};
const Json kFewEpochs = {{"epochs", 5}, {"batch_size", 100}, {"optimizer", {{"lr", 0.01}}}};

TEST(NetworkTrainer, LearnsTwoClasses) {
  Fixture fixture;
  auto outcome = fixture.train(kSmallModel, kFewEpochs).value();
  EXPECT_GT(fixture.auc(outcome), 0.8);
  ASSERT_EQ(outcome.history.epochs.size(), 5U);
  EXPECT_LT(outcome.history.epochs.back().trainLoss, outcome.history.epochs.front().trainLoss);
  EXPECT_GT(outcome.history.bestEpoch, 0);
  EXPECT_EQ(outcome.history.eventsTrained,
            5 * fixture.statistics.samples[0].selected[0] + 5 * fixture.statistics.samples[1].selected[0]);
}

TEST(NetworkTrainer, LearnsInChunks) {
  Fixture fixture;
  Json training = kFewEpochs;
  training["epochs"] = 1;
  training["chunks"] = {{"events", 500}, {"passes", 5}};
  auto outcome = fixture.train(kSmallModel, training).value();
  EXPECT_GT(fixture.auc(outcome), 0.8);
  EXPECT_EQ(outcome.history.eventsTrained,
            5 * fixture.statistics.samples[0].selected[0] + 5 * fixture.statistics.samples[1].selected[0]);
  EXPECT_EQ(outcome.model->description()["options"]["chunks"], (Json{{"events", 500}, {"passes", 5}}));
}

TEST(NetworkTrainer, LearnsInBfloat16) {
  for (const char* kind : {"mlp", "deepsets"}) {
    Fixture fixture({}, kind);
    const Json model = std::string(kind) == "mlp" ? kSmallModel : Json{{"phi", {16}}, {"rho", {16}}};
    Json training = kFewEpochs;
    auto exact = fixture.train(model, training).value();
    training["precision"] = "bfloat16";
    auto rounded = fixture.train(model, training).value();
    EXPECT_NEAR(fixture.auc(rounded), fixture.auc(exact), 0.02) << kind;
    EXPECT_NE(rounded.history.epochs.back().trainLoss, exact.history.epochs.back().trainLoss) << kind;
    EXPECT_EQ(rounded.model->description()["options"]["precision"], "bfloat16");
    auto again = fixture.train(model, training).value();
    EXPECT_EQ(again.model->serialise().value(), rounded.model->serialise().value()) << kind;
    training["precision"] = "float16";
    EXPECT_NE(fixture.problem(model, training).find("training.precision: float16 needs a GPU"), std::string::npos)
        << fixture.problem(model, training);
  }
}

// Both scalings are affine, so that a network can learn the same from either; with lists they differ in what padding is.
TEST(NetworkTrainer, LearnsTheSameFromScalarsOfEitherScaling) {
  MemoryOptions options;
  options.withGroup = false;
  Fixture fixture(options);
  Json training = kFewEpochs;
  training["epochs"] = 20;
  auto standard = fixture.train(kSmallModel, training).value();
  auto minMax = fixture.train({{"layers", {16}}, {"scaling", "minmax"}}, training).value();
  EXPECT_GT(fixture.auc(standard), 0.6);
  EXPECT_NEAR(fixture.auc(minMax), fixture.auc(standard), 0.02);
}

TEST(NetworkTrainer, LearnsFromScalarsOrCollectionsAlone) {
  for (const bool scalars : {true, false}) {
    MemoryOptions options;
    options.withScalars = scalars;
    options.withGroup = !scalars;
    Fixture fixture(options);
    auto outcome = fixture.train(kSmallModel, kFewEpochs).value();
    EXPECT_GT(fixture.auc(outcome), 0.6) << scalars;
  }
}

TEST(NetworkTrainer, LearnsFromSets) {
  for (const bool scalars : {true, false}) {
    MemoryOptions options;
    options.withScalars = scalars;
    Fixture fixture(options, "deepsets");
    auto outcome = fixture.train({{"phi", {16}}, {"rho", {16}}}, kFewEpochs).value();
    EXPECT_GT(fixture.auc(outcome), 0.6) << scalars;
    EXPECT_EQ(outcome.model->description()["kind"], "deepsets");
  }
}

TEST(NetworkTrainer, SaysThatSetsNeedAGroup) {
  MemoryOptions options;
  options.withGroup = false;
  Fixture fixture(options, "deepsets");
  EXPECT_NE(fixture.problem({}, kFewEpochs).find("needs a group of jagged columns"), std::string::npos);
}

TEST(NetworkTrainer, LearnsToReproduceOneClass) {
  Fixture fixture({}, "autoencoder");
  Json training = kFewEpochs;
  training["epochs"] = 10;
  auto outcome = fixture.train({{"layers", {16}}, {"latent", 3}, {"activation", "tanh"}}, training).value();
  const auto& epochs = outcome.history.epochs;
  EXPECT_LT(epochs.back().trainLoss, 0.8 * epochs.front().trainLoss);
  EXPECT_EQ(outcome.history.lossName, "mean squared error");
  EXPECT_EQ(outcome.history.eventsTrained, 10 * fixture.statistics.samples[0].selected[0]);
  // The error that is kept is that of label 0 in the validation part, weighted; a score is error / (1 + error).
  const ScoredEvents events = fixture.score(outcome, dataset::Part::kValidation);
  double loss = 0;
  double total = 0;
  for (size_t row = 0; row < events.rows(); ++row) {
    ASSERT_GE(events.score[row], 0);
    ASSERT_LT(events.score[row], 1);
    if (events.label[row] != 0) continue;
    const double score = events.score[row];
    loss += score / (1 - score) * events.weight[row];
    total += events.weight[row];
  }
  EXPECT_NEAR(loss / total, *epochs[static_cast<size_t>(outcome.history.bestEpoch - 1)].validationLoss, 1e-4);
}

TEST(NetworkTrainer, AnAutoencoderNeedsTwoClassesAndHasItsOwnLoss) {
  MemoryOptions options;
  options.numClasses = 3;
  Fixture three(options, "autoencoder");
  EXPECT_NE(three.problem({}, kFewEpochs).find("gives one score"), std::string::npos);
  Fixture fixture({}, "autoencoder");
  EXPECT_NE(fixture.problem({}, {{"loss", {{"kind", "focal"}}}}).find("learns by the squared error"),
            std::string::npos);
  EXPECT_NE(fixture.problem({{"learns", {2}}}, {}).find("model.learns"), std::string::npos);
}

TEST(NetworkTrainer, RefusesHeadsThatDoNotFit) {
  Fixture fixture({}, "particle_transformer");
  const Json particles = {{"pt", "pt"}, {"eta", "eta"}, {"phi", "phi"}};
  Json model = particles;
  model["heads"] = 3;
  EXPECT_NE(fixture.problem(model, {}).find("128, is no multiple of the number of heads, 3"), std::string::npos);
  EXPECT_NE(fixture.problem({}, {}).find("model.pt: is missing"), std::string::npos);
}

// The spread of what is left of targets that a function of the features gives, relative to that of the targets.
std::vector<double> unexplained(const ScoredEvents& events) {
  const auto width = static_cast<size_t>(events.numOutputs);
  std::vector<double> result;
  for (size_t k = 0; k < width; ++k) {
    double mean = 0;
    for (size_t row = 0; row < events.rows(); ++row) mean += static_cast<double>(events.target[row * width + k]);
    mean /= static_cast<double>(events.rows());
    double left = 0;
    double all = 0;
    for (size_t row = 0; row < events.rows(); ++row) {
      const auto target = static_cast<double>(events.target[row * width + k]);
      left += std::pow(static_cast<double>(events.score[row * width + k]) - target, 2);
      all += std::pow(target - mean, 2);
    }
    result.push_back(std::sqrt(left / all));
  }
  return result;
}

TEST(NetworkTrainer, PredictsTargets) {
  MemoryOptions options;
  options.targets = {"linear", "bent"};
  Fixture fixture(options);
  Json training = kFewEpochs;
  training["epochs"] = 20;
  for (const char* loss : {"squared", "huber"}) {
    training["loss"] = {{"kind", loss}};
    auto outcome = fixture.train(kSmallModel, training).value();
    const ScoredEvents events = fixture.score(outcome);
    ASSERT_EQ(events.target.size(), events.score.size());
    for (const double rest : unexplained(events)) EXPECT_LT(rest, 0.1) << loss;
    EXPECT_FALSE(outcome.history.epochs.back().validationAuc.has_value());
    EXPECT_LT(*outcome.history.epochs.back().validationLoss, *outcome.history.epochs.front().validationLoss);
  }
}

// As many targets lie below the prediction as the level says.
TEST(NetworkTrainer, PredictsQuantiles) {
  MemoryOptions options;
  options.targets = {"bent"};
  options.withGroup = false;
  Fixture fixture(options);
  // ht is what the target is made of: without it the network cannot do better than the quantile of all.
  fixture.statistics.scalars[0].deviation = 1e9;
  for (const double level : {0.2, 0.9}) {
    Json training = kFewEpochs;
    training["epochs"] = 15;
    training["class_balance"] = "equal";
    training["loss"] = {{"kind", "quantile"}, {"level", level}};
    auto outcome = fixture.train(kSmallModel, training).value();
    const ScoredEvents events = fixture.score(outcome, dataset::Part::kTrain);
    double below = 0;
    double all = 0;
    for (size_t row = 0; row < events.rows(); ++row) {
      // As training balances them, all events weigh the same.
      ++all;
      if (events.target[row] < events.score[row]) ++below;
    }
    EXPECT_NEAR(below / all, level, 0.05) << level;
  }
}

TEST(NetworkTrainer, PredictsFlags) {
  MemoryOptions options;
  options.targets = {"high"};
  Fixture fixture(options);
  Json training = kFewEpochs;
  training["loss"] = {{"kind", "flags"}};
  auto outcome = fixture.train(kSmallModel, training).value();
  const ScoredEvents events = fixture.score(outcome);
  int64_t right = 0;
  for (size_t row = 0; row < events.rows(); ++row) {
    EXPECT_GE(events.score[row], 0);
    EXPECT_LE(events.score[row], 1);
    if ((events.score[row] > 0.5F) == (events.target[row] > 0)) ++right;
  }
  EXPECT_GT(right, static_cast<int64_t>(events.rows() * 95 / 100));
}

TEST(NetworkTrainer, RefusesLossesThatDoNotFitTheTruth) {
  Fixture classes;
  EXPECT_NE(classes.problem({}, {{"loss", {{"kind", "huber"}}}}).find("training.loss.kind"), std::string::npos);
  MemoryOptions options;
  options.targets = {"bent"};
  Fixture targets(options);
  EXPECT_NE(targets.problem({}, {{"loss", {{"kind", "focal"}}}}).find("training.loss.kind"), std::string::npos);
  EXPECT_NE(targets.problem({}, {{"loss", {{"kind", "flags"}}}}).find("every target is 0 or 1, but 'bent'"),
            std::string::npos);
}

TEST(NetworkTrainer, LearnsThreeClasses) {
  MemoryOptions options;
  options.numClasses = 3;
  options.noise = 0.5;
  Fixture fixture(options);
  auto outcome = fixture.train(kSmallModel, kFewEpochs).value();
  for (int64_t label = 0; label < 3; ++label) EXPECT_GT(fixture.auc(outcome, label), 0.75) << label;
  const ScoredEvents events = fixture.score(outcome);
  for (size_t row = 0; row < events.rows(); ++row) {
    EXPECT_NEAR(events.score[3 * row] + events.score[3 * row + 1] + events.score[3 * row + 2], 1, 1e-5);
  }
}

TEST(NetworkTrainer, LearnsWithNegativeWeights) {
  MemoryOptions options;
  options.negativeFraction = 0.15;
  Fixture fixture(options);
  auto outcome = fixture.train(kSmallModel, kFewEpochs).value();
  EXPECT_GT(fixture.auc(outcome), 0.78);
  Json training = kFewEpochs;
  training["negative_weights"] = "pair-annihilate";
  auto paired = fixture.train(kSmallModel, training).value();
  EXPECT_GT(fixture.auc(paired), 0.78);
  EXPECT_NE(outcome.model->serialise().value(), paired.model->serialise().value());
}

TEST(NetworkTrainer, GivesTheSameBytesForTheSameSeed) {
  const Json model = {{"layers", {16, 8}}, {"dropout", 0.2}};
  const auto bytesOf = [&model](int seed) {
    Fixture fixture;
    Json training = kFewEpochs;
    training["seed"] = seed;
    return fixture.train(model, training).value().model->serialise().value();
  };
  const std::string first = bytesOf(1);
  EXPECT_EQ(first, bytesOf(1));
  EXPECT_NE(first, bytesOf(2));
}

TEST(NetworkTrainer, StopsEarlyAndKeepsTheBestEpoch) {
  Fixture fixture;
  Json training = kFewEpochs;
  training["epochs"] = 200;
  training["early_stopping"] = {{"patience", 2}};
  training["optimizer"]["lr"] = 0.05;
  auto outcome = fixture.train(kSmallModel, training).value();
  const auto& history = outcome.history;
  EXPECT_TRUE(history.stoppedEarly);
  ASSERT_EQ(static_cast<int64_t>(history.epochs.size()), history.bestEpoch + 2);
  const auto best = *history.epochs[static_cast<size_t>(history.bestEpoch - 1)].validationLoss;
  for (const auto& epoch : history.epochs) EXPECT_GE(*epoch.validationLoss, best);
  // The kept weights are those of the best epoch: its AUC on the validation part comes out again.
  EXPECT_DOUBLE_EQ(fixture.auc(outcome, 1, dataset::Part::kValidation),
                   *history.epochs[static_cast<size_t>(history.bestEpoch - 1)].validationAuc);
}

TEST(NetworkTrainer, KeepsTheLastEpochWithoutValidation) {
  MemoryOptions options;
  options.parts = {0.8, 0, 0.2};
  Fixture fixture(options);
  const auto outcome = fixture.train(kSmallModel, kFewEpochs).value();
  EXPECT_EQ(outcome.history.bestEpoch, 5);
  EXPECT_FALSE(outcome.history.epochs[0].validationLoss.has_value());
}

// The outcome of a training that is asked to stop while a batch is read.
Result<TrainingOutcome> stoppedAt(int64_t batch) {
  Fixture fixture;
  std::stop_source stop;
  int64_t batches = 0;
  fixture.data.onBatch = [&] {
    if (++batches == batch) stop.request_stop();
  };
  return fixture.train(kSmallModel, kFewEpochs, stop.get_token());
}

TEST(NetworkTrainer, EndsWhenAskedToStop) {
  const auto none = stoppedAt(1);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), ErrorCode::kCancelled);
  const auto best = stoppedAt(30).value();
  EXPECT_TRUE(best.history.interrupted);
  EXPECT_GE(best.history.bestEpoch, 1);
  EXPECT_LT(best.history.epochs.size(), kFewEpochs["epochs"].get<size_t>());
}

TEST(NetworkTrainer, PassesOnTheErrorOfAFile) {
  Fixture fixture;
  fixture.data.failAfterBatches = 3;
  const auto outcome = fixture.train(kSmallModel, kFewEpochs);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::kCorrupt);
}

TEST(NetworkTrainer, SaysWhenTheLossDiverges) {
  Fixture fixture;
  Json training = kFewEpochs;
  training["optimizer"]["lr"] = 1e30;
  const auto outcome = fixture.train(kSmallModel, training);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(outcome.error().what()).find("diverged"), std::string::npos);
}

TEST(NetworkTrainer, RefusesUnknownOptions) {
  Fixture fixture;
  EXPECT_EQ(fixture.problem({{"layer", {8}}}, {}), "w.yaml:9:1: model: unknown option 'layer'; did you mean 'layers'?");
  EXPECT_EQ(fixture.problem({}, {{"epoch", 8}}),
            "w.yaml:10:1: training: unknown option 'epoch'; did you mean 'epochs'?");
  EXPECT_NE(fixture.problem({{"activation", "rellu"}}, {}).find("did you mean 'relu'?"), std::string::npos);
  EXPECT_NE(fixture.problem({}, {{"optimizer", {{"betas", {0.9}}}}}).find("expected two numbers"), std::string::npos);
}

}  // namespace
}  // namespace mlaas::train
