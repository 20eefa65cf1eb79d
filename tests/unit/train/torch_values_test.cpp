// Optimisers, schedules, losses and whole trainings against PyTorch's arithmetic. Expected values: torch_values.inc, which
// torch_values.py writes with PyTorch.
#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>

#include "mlaas/model/pair_features.h"
#include "mlaas/train/neural/flat_optimizer.h"
#include "mlaas/train/neural/learning_rate.h"
#include "mlaas/train/neural/network_architecture.h"
#include "mlaas/train/neural/network_loss.h"
#include "mlaas/train/neural/torch_network.h"
#include "mlaas/train/neural/weight_average.h"

namespace mlaas::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRows = 50;
constexpr int kScalars = 5;
constexpr int kColumns = 3;
constexpr int kLength = 4;

const Json& values() {
  static const Json kValues = Json::parse(
#include "tests/unit/train/torch_values.inc"
  );
  return kValues;
}

// As in torch_values.py.
float number(std::initializer_list<int> at) {
  uint32_t value = 0;
  for (const int i : at) value = (value * 31 + static_cast<uint32_t>(i) + 1) * 2654435761U;
  return static_cast<float>(value >> 16) / 65536 - 0.5F;
}

void expectSame(const std::vector<double>& found, const Json& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (size_t i = 0; i < found.size(); ++i) {
    const auto value = expected[i].get<double>();
    EXPECT_NEAR(found[i], value, tolerance * std::max(1.0, std::abs(value))) << what << " " << i;
  }
}

std::vector<double> wide(const std::vector<float>& numbers) { return {numbers.begin(), numbers.end()}; }

TEST(TorchValues, OptimisersStepAsPytorchs) {
  using Kind = OptimizerOptions::Kind;
  const std::map<std::string, OptimizerOptions> optimizers = {
      {"adam", {.kind = Kind::kAdam}},
      {"adam_decay", {.kind = Kind::kAdam, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weightDecay = 0.1}},
      {"adamw", {.kind = Kind::kAdamW, .weightDecay = 0.1}},
      {"sgd", {.kind = Kind::kSgd}},
      {"sgd_momentum", {.kind = Kind::kSgd, .weightDecay = 0.1, .momentum = 0.9}},
      {"sgd_nesterov", {.kind = Kind::kSgd, .weightDecay = 0.1, .momentum = 0.9, .nesterov = true}},
      {"radam", {.kind = Kind::kRadam}},
      {"radam_decay", {.kind = Kind::kRadam, .beta1 = 0.8, .beta2 = 0.95, .weightDecay = 0.1}}};
  ASSERT_EQ(optimizers.size(), values()["optimizers"].size());
  for (const auto& [name, options] : optimizers) {
    FlatOptimizer optimizer(3, options);
    const std::vector<float> minimum = {1, -2, 0.5F};
    std::vector<float> weights = {0.3F, 0.1F, -0.7F};
    std::vector<float> gradients(3);
    for (int step = 0; step < 20; ++step) {
      for (size_t i = 0; i < 3; ++i) gradients[i] += 2 * (weights[i] - minimum[i]);
      optimizer.step(weights, gradients, 0.01);
    }
    EXPECT_EQ(gradients, std::vector<float>(3)) << name;
    expectSame(wide(weights), values()["optimizers"][name], 2e-6, name);
  }
}

TEST(TorchValues, GradientsAreClippedAsPytorchDoes) {
  std::vector<float> gradients = {3, -4, 12};
  const double norm = clipNorm(gradients, 2);
  auto found = wide(gradients);
  found.push_back(norm);
  expectSame(found, values()["clipped"], 1e-6, "clipped");
  EXPECT_NEAR(clipNorm(gradients, 100), 2, 1e-6);
}

TEST(TorchValues, AveragesMoveAsPytorchs) {
  WeightAverage average(0.9);
  std::vector<double> found;
  for (int step = 0; step < 5; ++step) {
    std::vector<float> weights = {static_cast<float>(step * step)};
    average.update(weights);
    average.swap(weights);
    found.push_back(static_cast<double>(weights[0]));
    average.swap(weights);
  }
  expectSame(found, values()["averaged"], 1e-6, "averaged");
}

TEST(TorchValues, RatesAreThoseOfPytorch) {
  const auto ratesOf = [](const Json& schedule, int64_t stepsPerEpoch, int64_t epochs) {
    const Json training = {{"schedule", schedule}};
    OptionReader reader(training, "", "training");
    ScheduleOptions options;
    options.read(reader);
    reader.finish().value();
    const LearningRate rate(options, 0.5, stepsPerEpoch, epochs);
    std::vector<double> rates;
    for (int64_t step = 0; step < 12; ++step) rates.push_back(rate.at(step));
    return rates;
  };
  const Json& expected = values()["schedules"];
  expectSame(ratesOf({{"kind", "cosine"}, {"least", 0.01}}, 3, 4), expected["cosine"], 1e-7, "cosine");
  expectSame(ratesOf({{"kind", "cosine"}, {"least", 0.01}, {"warmup", 0.5}}, 6, 2), expected["warm_cosine"], 1e-7,
             "warm cosine");
  expectSame(ratesOf({{"kind", "exponential"}, {"factor", 0.9}}, 1, 12), expected["exponential"], 1e-7, "exponential");
  expectSame(ratesOf({{"kind", "one_cycle"}}, 4, 3), expected["one_cycle"], 1e-7, "one cycle");
}

TEST(TorchValues, APlateauLowersTheRateAsInPytorch) {
  ScheduleOptions options;
  options.kind = ScheduleOptions::Kind::kPlateau;
  options.factor = 0.5;
  options.patience = 1;
  LearningRate rate(options, 0.5, 7, 12);
  std::vector<double> rates;
  for (const Json& loss : values()["schedules"]["plateau_losses"]) {
    rates.push_back(rate.at(7 * static_cast<int64_t>(rates.size())));
    rate.endEpoch(loss.get<double>());
  }
  expectSame(rates, values()["schedules"]["plateau"], 1e-7, "plateau");
}

TEST(TorchValues, LossesAndGradientsAreThoseOfPytorch) {
  using Kind = LossOptions::Kind;
  const std::map<std::string, LossOptions> losses = {{"binary", {}},
                                                     {"binary_smooth", {.smoothing = 0.1}},
                                                     {"binary_focal", {.kind = Kind::kFocal}},
                                                     {"binary_focal_half", {.kind = Kind::kFocal, .gamma = 0.5}},
                                                     {"several", {}},
                                                     {"several_smooth", {.smoothing = 0.1}},
                                                     {"several_focal", {.kind = Kind::kFocal}},
                                                     {"squared", {.kind = Kind::kSquared}},
                                                     {"huber", {.kind = Kind::kHuber, .delta = 0.7}},
                                                     {"quantile", {.kind = Kind::kQuantile, .level = 0.8}},
                                                     {"flags", {.kind = Kind::kFlags}}};
  ASSERT_EQ(losses.size(), values()["losses"].size());
  const std::vector<float> weight = {1, -0.5F, 2, 0.25F};
  const std::vector<int32_t> binary = {0, 1, 1, 0};
  const std::vector<int32_t> several = {0, 2, 1, 2};
  for (const auto& [name, options] : losses) {
    const bool isBinary = name.starts_with("binary");
    std::vector<float> outputs;
    std::vector<float> target;
    for (int row = 0; row < 4; ++row) {
      for (int k = 0; k < (isBinary ? 1 : 3); ++k) {
        outputs.push_back(6 * number({3, row, k}));
        const float value = number({7, row, k});
        target.push_back(name == "flags" ? (value > 0 ? 1 : 0) : value);
      }
    }
    std::vector<float> gradients(outputs.size());
    const double loss =
        lossOf(options, outputs, {.label = isBinary ? binary : several, .target = target, .weight = weight}, gradients);
    const Json& expected = values()["losses"][name];
    EXPECT_NEAR(loss, expected["loss"].get<double>(), 1e-6) << name;
    expectSame(wide(gradients), expected["gradient"], 1e-6, name);
  }
}

TEST(TorchValues, LossesOfSureOutputsAreFinite) {
  const std::vector<float> outputs = {-200, 200, 1000, -1000};
  const std::vector<int32_t> label = {0, 0, 1, 1};
  const std::vector<float> weight(4, 1);
  for (const double gamma : {0.0, 0.5, 2.0}) {
    std::vector<float> gradients(4);
    const LossOptions focal{.kind = LossOptions::Kind::kFocal, .gamma = gamma};
    EXPECT_TRUE(std::isfinite(lossOf(focal, outputs, {.label = label, .weight = weight}, gradients)));
    EXPECT_FLOAT_EQ(gradients[1], 0.25F);
    EXPECT_FLOAT_EQ(gradients[3], -0.25F);
    const std::vector<int32_t> two = {0, 1};
    EXPECT_TRUE(std::isfinite(lossOf(focal, outputs, {.label = two, .weight = std::span(weight).first(2)}, gradients)));
    for (const float gradient : gradients) EXPECT_TRUE(std::isfinite(gradient));
  }
}

struct Batch {
  NetworkRows rows;
  std::vector<int32_t> label;
  std::vector<float> weight;
};

// Of the real elements of the last event; columns as pair_features() of torch_values.py has them.
void addPairs(NetworkRows::Group& group, int count) {
  std::vector<model::Particle> particles;
  for (int i = 0; i < count; ++i) {
    const float* element = group.elements.data() + group.elements.size() - static_cast<size_t>((count - i) * kColumns);
    particles.push_back({.pt = 1 + element[2], .eta = element[0], .phi = element[1]});
    for (const auto& other : particles) {
      group.pairs.resize(group.pairs.size() + model::kNumPairFeatures);
      model::pairFeatures(particles.back(), other, group.pairs.data() + group.pairs.size() - model::kNumPairFeatures);
    }
  }
}

// As in torch_values.py; padding is not packed, and 0 in the flat matrix.
Batch batchOf(int step) {
  Batch batch;
  batch.rows.rows = kRows;
  batch.rows.groups = {{{}, {0}}};
  auto& group = batch.rows.groups.front();
  for (int row = 0; row < kRows; ++row) {
    for (int k = 0; k < kScalars; ++k) batch.rows.scalars.push_back(number({1, step, row, k}));
    batch.rows.flat.insert(batch.rows.flat.end(), batch.rows.scalars.end() - kScalars, batch.rows.scalars.end());
    const int count = row % (kLength + 1);
    for (int i = 0; i < kLength; ++i) {
      for (int k = 0; k < kColumns; ++k) {
        const float value = number({2, step, row, i, k});
        batch.rows.flat.push_back(i < count ? value : 0);
        if (i < count) group.elements.push_back(value);
      }
    }
    group.offsets.push_back(group.offsets.back() + count);
    addPairs(group, count);
    const float first = number({1, step, row, 0});
    batch.label.push_back(number({4, step, row}) + 0.5F * first > 0 ? 1 : 0);
    batch.weight.push_back(1 + number({5, step, row}));
  }
  return batch;
}

// Linear layers and tokens as the script fills them: by the place in the array of weights.
void setWeights(TorchNetwork& computed) {
  const model::Network& network = computed.network();
  for (const auto& node : network.nodes()) {
    const bool isToken = node.op == model::NetworkOp::kToken;
    if ((node.op != model::NetworkOp::kLinear && !isToken) || node.sharesWeights) continue;
    const int64_t inputs = isToken ? 0 : network.node(node.inputs[0]).width;
    const double scale = isToken ? 0.07 : 2 / std::sqrt(static_cast<double>(inputs));
    for (size_t i = 0; i < static_cast<size_t>((inputs + 1) * node.width); ++i) {
      const size_t place = node.firstWeight + i;
      computed.weights()[place] = static_cast<float>(scale * static_cast<double>(number({6, static_cast<int>(place)})));
    }
  }
}

// The loss of each of 100 steps, from the same weights on the same batches: in float32 on both sides.
TEST(TorchValues, LearningCurvesAreThoseOfPytorch) {
  feature::FeatureSpec features;
  features.scalars.assign(kScalars, "x");
  features.groups = {{"jets", {"a", "b", "c"}, kLength}};
  const Json sets = {{"phi", {8, 6}}, {"rho", {7}}, {"activation", "gelu"}};
  Json means = sets;
  means["pooling"] = "mean";
  const std::map<std::string, std::pair<ArchitectureReader, Json>> networks = {
      {"mlp", {readMlp, {{"layers", {16, 8}}}}},
      {"mlp_batch",
       {readMlp, {{"layers", {8, 8}}, {"activation", "silu"}, {"normalisation", "batch"}, {"residual", true}}}},
      {"mlp_layer",
       {readMlp, {{"layers", {8, 8}}, {"activation", "mish"}, {"normalisation", "layer"}, {"residual", true}}}},
      {"deepsets_sum", {readDeepSets, sets}},
      {"deepsets_mean", {readDeepSets, means}},
      {"autoencoder", {readAutoencoder, {{"layers", {8}}, {"latent", 3}}}},
      {"transformer",
       {readParticleTransformer,
        {{"eta", "a"},
         {"phi", "b"},
         {"pt", "c"},
         {"embed", {8}},
         {"pair_embed", {6}},
         {"heads", 2},
         {"blocks", 1},
         {"class_blocks", 1},
         {"dropout", 0}}}}};
  ASSERT_EQ(networks.size(), values()["curves"].size());
  std::vector<Batch> batches;
  for (int step = 0; step < 100; ++step) batches.push_back(batchOf(step));
  for (const auto& [name, kind] : networks) {
    OptionReader reader(kind.second, "", "model");
    const auto network = kind.first(reader)->build(features, {OutputForm::Kind::kClasses, 1}).value();
    TorchNetwork computed = TorchNetwork::make(network, 1, 1).value();
    setWeights(computed);
    FlatOptimizer adam(computed.weights().size(), {});
    std::vector<double> losses;
    for (Batch& batch : batches) {
      const bool reproduces = name == "autoencoder";
      const LossOptions loss{.kind = reproduces ? LossOptions::Kind::kSquared : LossOptions::Kind::kCrossEntropy};
      const std::vector<float> target = reproduces ? batch.rows.flat : std::vector<float>();
      const Truth truth{.label = batch.label, .target = target, .weight = batch.weight};
      losses.push_back(computed.trainStep(batch.rows, truth, loss, 1).value() / kRows);
      adam.step(computed.weights(), computed.gradients(), 0.01);
    }
    expectSame(losses, values()["curves"][name], 1e-5, name);
    EXPECT_LT(losses.back(), losses.front()) << name;
  }
}

}  // namespace
}  // namespace mlaas::train
