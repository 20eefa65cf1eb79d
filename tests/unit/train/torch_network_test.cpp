// Gradients against differences of the loss; the exported graph, run by OpenVINO, against the trainer's own scores.
#include "mlaas/train/neural/torch_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mlaas/base/random.h"
#include "mlaas/feature/missing_values.h"
#include "mlaas/infer/openvino/openvino_engine.h"
#include "mlaas/model/onnx_writer.h"
#include "mlaas/model/torch_script.h"
#include "mlaas/train/neural/network_architecture.h"
#include "mlaas/train/neural/torch_script_file.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kLength = 4;

std::unique_ptr<NetworkArchitecture> architectureOf(ArchitectureReader read, const Json& options) {
  OptionReader reader(options, "w.yaml:9:1", "model");
  auto architecture = read(reader);
  reader.finish().value();
  return architecture;
}

// Three scalars, up to four jets of four columns and, unless `oneGroup`, up to two leptons.
feature::FeatureSpec exampleFeatures(bool oneGroup = false) {
  feature::FeatureSpec features;
  features.scalars = {"ht", "met", "mass"};
  features.groups = {{"jets", {"Jet_pt", "Jet_eta", "Jet_mass", "Jet_phi"}, kLength}, {"leptons", {"Lepton_pt"}, 2}};
  features.fills = {{"met", feature::Fill::Kind::kNumber, 2, true},
                    {"Jet_eta", feature::Fill::Kind::kNumber, -1, false}};
  if (oneGroup) features.groups.pop_back();
  return features;
}

NetworkInput exampleInput(bool oneGroup = false) {
  NetworkInput input;
  input.scalars = {{1, 0.5F}, {0.5F, 1, true}, {0, 2}};
  input.groups = {{{2, 0.25F}, {0, 1}, {1, 0.5F}, {0, 1}}, {{1, 1}}};
  input.scaler = feature::RowScaler(input.scalars, {{input.groups[0], kLength}, {input.groups[1], 2}});
  if (oneGroup) input.groups.pop_back();
  if (oneGroup) input.scaler = feature::RowScaler(input.scalars, {{input.groups[0], kLength}});
  return input;
}

// Events without jets, with one, and with as many as there is place for, among others.
feature::Tensors exampleEvents(int64_t rows, bool oneGroup = false) {
  Random random(3);
  const auto number = [&random] { return static_cast<float>(4 * random.uniform() - 1); };
  feature::Tensors tensors;
  tensors.rows = rows;
  tensors.numScalars = 3;
  for (int64_t i = 0; i < 3 * rows; ++i) tensors.scalars.push_back(number());
  tensors.groups = {{kLength, 4, {}, {}}, {2, 1, {}, {}}};
  if (oneGroup) tensors.groups.pop_back();
  for (auto& group : tensors.groups) {
    for (int64_t row = 0; row < rows; ++row) {
      group.count.push_back(static_cast<int32_t>(row % (group.length + 1)));
      for (int64_t i = 0; i < group.length; ++i) {
        for (int64_t c = 0; c < group.numColumns; ++c) {
          // Momenta and masses of particles are not negative.
          const float value = c % 2 == 0 ? 5 + number() : number();
          group.values.push_back(i < group.count.back() ? value : 0);
        }
      }
    }
  }
  return tensors;
}

struct Case {
  std::string name;
  ArchitectureReader read;
  Json options;
  bool oneGroup = false;
  bool reproduces = false;
};

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const char* activation : {"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "tanh", "sigmoid"}) {
    result.push_back({activation, readMlp, {{"layers", {7, 5}}, {"activation", activation}}});
  }
  for (const char* norm : {"batch", "layer"}) {
    result.push_back({std::string("mlp_") + norm,
                      readMlp,
                      {{"layers", {6, 6, 5}}, {"activation", "tanh"}, {"normalisation", norm}, {"residual", true}}});
    result.push_back({std::string("deepsets_") + norm,
                      readDeepSets,
                      {{"phi", {8, 6}}, {"rho", {7, 7}}, {"activation", "silu"}, {"normalisation", norm}}});
  }
  for (const char* pooling : {"sum", "mean"}) {
    result.push_back({std::string("deepsets_") + pooling,
                      readDeepSets,
                      {{"phi", {8, 6}}, {"rho", {7}}, {"activation", "gelu"}, {"pooling", pooling}}});
  }
  result.push_back(
      {"autoencoder", readAutoencoder, {{"layers", {8}}, {"latent", 3}, {"activation", "silu"}}, false, true});
  for (const char* mass : {"", "Jet_mass"}) {
    Json options = {{"pt", "Jet_pt"},
                    {"eta", "Jet_eta"},
                    {"phi", "Jet_phi"},
                    {"embed", {8}},
                    {"pair_embed", {6}},
                    {"class_blocks", 2},
                    {"blocks", *mass != 0 ? 1 : 2},
                    {"heads", 4},
                    {"dropout", 0},
                    {"head", {5}}};
    if (*mass != 0) options["mass"] = mass;
    result.push_back({std::string("transformer") + mass, readParticleTransformer, options, true});
  }
  return result;
}

TEST(TorchNetwork, HasTheGradientOfItsLoss) {
  constexpr int64_t kRows = 11;
  for (const Case& one : cases()) {
    const auto tensors = exampleEvents(kRows, one.oneGroup);
    if (one.name == "relu" || one.name == "leaky_relu") continue;  // their kinks
    for (const int64_t outputs : {1, 3}) {
      if (one.reproduces && outputs > 1) continue;
      const auto network = architectureOf(one.read, one.options)
                               ->build(exampleFeatures(one.oneGroup), {OutputForm::Kind::kClasses, outputs})
                               .value();
      TorchNetwork computed = TorchNetwork::make(network, 5, 1).value();
      NetworkRows rows;
      exampleInput(one.oneGroup).prepare(network, tensors, rows);
      std::vector<int32_t> label;
      std::vector<float> weight;
      for (int32_t row = 0; row < kRows; ++row) {
        label.push_back(row % static_cast<int32_t>(std::max<int64_t>(outputs, 2)));
        weight.push_back(row % 4 == 0 ? -0.5F : 1.5F);
      }
      const Truth truth{.label = label, .target = rows.flat, .weight = weight};
      const LossOptions loss{.kind = one.reproduces ? LossOptions::Kind::kSquared : LossOptions::Kind::kCrossEntropy};
      // A layer norm of a token as small as it begins bends too much for differences.
      for (const auto& node : network.nodes()) {
        if (node.op != model::NetworkOp::kToken) continue;
        for (float& value : computed.weights().subspan(node.firstWeight, static_cast<size_t>(node.width))) value *= 30;
      }
      const auto lossAt = [&](size_t index, float shift) {
        computed.weights()[index] += shift;
        const double value = computed.trainStep(rows, truth, loss, 1).value() / kRows;
        computed.weights()[index] -= shift;
        return value;
      };
      ASSERT_TRUE(computed.trainStep(rows, truth, loss, 1).ok());
      const std::vector<float> gradient(computed.gradients().begin(), computed.gradients().end());
      const size_t stride = std::max<size_t>(7, gradient.size() / 40);
      for (size_t i = 0; i < gradient.size(); i += stride) {
        const double numeric = (lossAt(i, 4e-3F) - lossAt(i, -4e-3F)) / 8e-3;
        EXPECT_NEAR(static_cast<double>(gradient[i]), numeric, 1e-3) << one.name << " " << outputs << " " << i;
      }
    }
  }
}

// arXiv:2202.03772, table 4: 2.14 million with 17 columns and 10 classes; arXiv:1810.05165 calls for 82,000.
TEST(TorchNetwork, IsAsLargeAsThePapersSay) {
  feature::FeatureSpec features;
  features.groups = {{"particles", std::vector<std::string>(17, "x"), 128}};
  features.groups[0].columns[0] = "pt";
  features.groups[0].columns[1] = "eta";
  features.groups[0].columns[2] = "phi";
  const Json particles = {{"pt", "pt"}, {"eta", "eta"}, {"phi", "phi"}};
  const auto transformer =
      architectureOf(readParticleTransformer, particles)->build(features, {OutputForm::Kind::kClasses, 10}).value();
  EXPECT_NEAR(static_cast<double>(transformer.numWeights()), 2.14e6, 0.01e6);
  const auto sets = architectureOf(readDeepSets, {})->build(features, {OutputForm::Kind::kClasses, 1}).value();
  EXPECT_NEAR(static_cast<double>(sets.numWeights()), 85000, 2000);
}

TEST(TorchNetwork, StandsStillWhereNoEventHasAnElement) {
  const auto network =
      architectureOf(readDeepSets, {})->build(exampleFeatures(), {OutputForm::Kind::kClasses, 1}).value();
  TorchNetwork computed = TorchNetwork::make(network, 5, 1).value();
  auto tensors = exampleEvents(3);
  for (auto& group : tensors.groups) group.count.assign(3, 0);
  NetworkRows rows;
  exampleInput().prepare(network, tensors, rows);
  const std::vector<int32_t> label = {0, 1, 1};
  const std::vector<float> weight(3, 1);
  ASSERT_TRUE(computed.trainStep(rows, {label, {}, weight}, {}, 1).ok());
  std::vector<float> scores;
  ASSERT_TRUE(computed.score(rows, scores).ok());
  for (const float score : scores) EXPECT_TRUE(std::isfinite(score));
  for (const float gradient : computed.gradients()) EXPECT_TRUE(std::isfinite(gradient));
}

// bfloat16 has 8 bits: 1 + 2^-8 lies between two numbers and becomes the even one, 1. The output is 1 * 2 + 0.5, and the
// gradients of the squared difference to 0 are 2 * 2.5 times the input and times 1.
TEST(TorchNetwork, MultipliesInBfloat16WhileItLearns) {
  model::Network network;
  const size_t output = network.linear(network.flat(1), 1);
  network.setOutput(output, output);
  const float input = 1 + 1.0F / 256;
  const std::vector<int32_t> label = {0};
  const std::vector<float> target = {0};
  const std::vector<float> weight = {1};
  for (const bool half : {false, true}) {
    TorchNetwork computed =
        TorchNetwork::make(network, 5, 1, half ? Precision::kBfloat16 : Precision::kFloat32).value();
    computed.weights()[0] = 2;
    computed.weights()[1] = 0.5F;
    NetworkRows rows;
    rows.rows = 1;
    rows.flat = {input};
    const float seen = half ? 1 : input;
    const double expected = 2 * static_cast<double>(seen) + 0.5;
    const LossOptions loss{.kind = LossOptions::Kind::kSquared};
    EXPECT_NEAR(computed.trainStep(rows, {label, target, weight}, loss, 1).value(), expected * expected, 1e-5);
    EXPECT_NEAR(computed.gradients()[0], 2 * expected * static_cast<double>(seen), 1e-5);
    EXPECT_NEAR(computed.gradients()[1], 2 * expected, 1e-5);
    std::vector<float> scores;
    ASSERT_TRUE(computed.score(rows, scores).ok());
    EXPECT_FLOAT_EQ(scores.at(0), 2 * input + 0.5F);
  }
}

TEST(TorchNetwork, DropsOutAsOftenAsItSays) {
  model::Network network;
  const size_t input = network.flat(1000);
  const size_t dropped = network.dropout(input, 0.25);
  network.setOutput(network.linear(dropped, 1), input);
  TorchNetwork computed = TorchNetwork::make(network, 5, 1).value();
  NetworkRows rows;
  rows.rows = 1;
  rows.flat.assign(1000, 1);
  const std::vector<int32_t> label = {1};
  const std::vector<float> weight = {1};
  // The gradient by each weight of the layer is the value behind the dropout times the same number.
  ASSERT_TRUE(computed.trainStep(rows, {label, {}, weight}, {}, 9).ok());
  const auto gradient = computed.gradients();
  int64_t zeros = 0;
  for (size_t i = 0; i < 1000; ++i) {
    zeros += gradient[i] == 0 ? 1 : 0;
    if (gradient[i] != 0) {
      EXPECT_NEAR(gradient[i] / gradient[1000], 1 / 0.75, 1e-5);
    }
  }
  EXPECT_NEAR(static_cast<double>(zeros), 250, 5 * std::sqrt(1000 * 0.25 * 0.75));
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kHasOpenvino = false;  // its TBB opens libraries in a way that ends a process
#else
constexpr bool kHasOpenvino = true;
#endif

// The file of a graph gives `expected`, and calibrated scores where it may; what stands behind the counts is nothing to it.
void expectTorchScript(const model::NetworkGraph& graph, feature::Tensors tensors, const std::vector<float>& expected,
                       bool isCalibrated, const std::string& name) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (auto& group : tensors.groups) {
    const auto row = static_cast<size_t>(group.length * group.numColumns);
    for (size_t i = 0; i < group.values.size(); ++i) {
      const auto element = static_cast<int32_t>(i % row / static_cast<size_t>(group.numColumns));
      if (element >= group.count[i / row]) group.values[i] = kNan;
    }
  }
  const model::ScoreCalibration platt = {model::ScoreCalibration::Kind::kPlatt, 0.75, -0.25, {}};
  model::ScoreCalibration isotonic;
  isotonic.kind = model::ScoreCalibration::Kind::kIsotonic;
  isotonic.points = {{0.125F, 0.0625F}, {0.25F, 0.0625F}, {0.5F, 0.25F}, {0.875F, 1}};
  std::vector<const model::ScoreCalibration*> calibrations = {nullptr};
  if (isCalibrated) calibrations = {nullptr, &platt, &isotonic};
  for (const model::ScoreCalibration* calibration : calibrations) {
    std::vector<float> calibrated = expected;
    if (calibration != nullptr) calibration->apply(calibrated);
    const model::TorchScript script = model::writeTorchScript(graph, calibration).value();
    const std::string bytes = torchScriptFile(script).value();
    if (isCalibrated) {
      EXPECT_EQ(torchScriptFile(script).value(), bytes) << name;
    }
    std::vector<float> scores;
    const auto done = runTorchScript(bytes, tensors, scores);
    ASSERT_TRUE(done.ok()) << done.error().what() << "\n" << script.source;
    ASSERT_EQ(scores.size(), calibrated.size());
    for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], calibrated[i], 1e-5) << name << " " << i;
  }
}

TEST(TorchNetwork, IsTheSameInOpenvinoAndTorchScript) {
  constexpr int64_t kRows = 24;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const io::TemporaryFolder folder;
  using Kind = OutputForm::Kind;
  constexpr std::array kForms = {OutputForm{Kind::kClasses, 1}, OutputForm{Kind::kClasses, 3},
                                 OutputForm{Kind::kFlags, 2}, OutputForm{Kind::kNumbers, 2}};
  for (const Case& one : cases()) {
    auto tensors = exampleEvents(kRows, one.oneGroup);
    tensors.scalars[1] = kNan;
    tensors.scalars[4] = std::numeric_limits<float>::infinity();
    tensors.groups[0].values[1 * kLength * 4 + 1] = kNan;
    for (const OutputForm form : kForms) {
      if ((one.oneGroup || one.reproduces) && form.width > 1) continue;  // nothing new
      model::NetworkGraph graph;
      graph.features = exampleFeatures(one.oneGroup);
      const NetworkInput input = exampleInput(one.oneGroup);
      graph.scalars = input.scalars;
      graph.groups = input.groups;
      graph.network = architectureOf(one.read, one.options)->build(graph.features, form).value();
      TorchNetwork computed = TorchNetwork::make(graph.network, 7, 1).value();
      auto filled = tensors;
      feature::MissingValues(graph.features).fill(filled);
      NetworkRows rows;
      input.prepare(graph.network, filled, rows);
      // A step that moves the running numbers of batch normalisation.
      const std::vector<int32_t> label(kRows, 0);
      const std::vector<float> weight(kRows, 1);
      const std::vector<float> target = one.reproduces ? rows.flat : std::vector<float>(kRows * 2, 0.5F);
      const bool classes = form.kind == Kind::kClasses && !one.reproduces;
      const LossOptions loss{.kind = classes ? LossOptions::Kind::kCrossEntropy : LossOptions::Kind::kSquared};
      ASSERT_TRUE(computed.trainStep(rows, {label, target, weight}, loss, 1).ok());
      if (form.kind == Kind::kNumbers) {
        const float rescaling[] = {0.5F, 2, -1, 3};
        std::ranges::copy(rescaling, computed.running().end() - 4);
      }
      graph.weights.assign(computed.weights().begin(), computed.weights().end());
      graph.running.assign(computed.running().begin(), computed.running().end());

      std::vector<float> expected;
      ASSERT_TRUE(computed.score(rows, expected).ok());
      expectTorchScript(graph, tensors, expected, one.name == cases().front().name && form.width == 1, one.name);
      if (!kHasOpenvino) continue;
      const auto file = folder.write("model.onnx", model::writeOnnx(graph).value());
      auto engines = infer::makeOpenvinoEngines(file, graph.features, form.width, 1).value();
      std::vector<float> scores;
      engines[0]->run(tensors, scores).value();
      ASSERT_EQ(scores.size(), expected.size());
      for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], expected[i], 1e-5) << one.name << " " << i;
    }
  }
}

}  // namespace
}  // namespace mlaas::train
