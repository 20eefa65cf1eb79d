// The OpenVINO engine on graphs of the project's own writer, against arithmetic done here.
#include "mlaas/infer/openvino/openvino_engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "mlaas/feature/missing_values.h"
#include "mlaas/model/onnx_writer.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::infer {
namespace {

// Two scalars and up to three jets of two columns, one dense layer of one output.
model::NetworkGraph exampleGraph() {
  model::NetworkGraph graph;
  graph.features.scalars = {"ht", "met"};
  graph.features.groups = {{"jets", {"Jet_pt", "Jet_eta"}, 3}};
  graph.scalars = {{100, 0.01F}, {50, 0.02F}};
  graph.groups = {{{30, 0.05F}, {0, 1}}};
  const size_t output = graph.network.linear(graph.network.flat(8), 1);
  graph.network.setOutput(output, graph.network.activate(output, model::Activation::kSigmoid));
  graph.weights = {0.5F, -1, 0.25F, 1, -0.75F, 0.125F, 2, -0.5F, 0.1F};
  graph.producerVersion = "test";
  return graph;
}

feature::Tensors exampleInput() {
  feature::Tensors input;
  input.rows = 2;
  input.numScalars = 2;
  input.scalars = {250, 80, 120, 20};
  input.groups = {{3, 2, {60, 0.5F, 40, -1, 0, 0, 90, 2, 70, 1, 35, -2}, {2, 3}}};
  return input;
}

// What the graph says, in double precision.
double expectedScore(const model::NetworkGraph& graph, const feature::Tensors& input, size_t row) {
  std::vector<double> values;
  for (size_t s = 0; s < 2; ++s) {
    values.push_back((double{input.scalars[row * 2 + s]} - graph.scalars[s].mean) * graph.scalars[s].inverseScale);
  }
  for (size_t element = 0; element < 3; ++element) {
    for (size_t column = 0; column < 2; ++column) {
      const auto& standard = graph.groups[0][column];
      const bool real = static_cast<int32_t>(element) < input.groups[0].count[row];
      const double value = input.groups[0].values[row * 6 + element * 2 + column];
      values.push_back(real ? (value - standard.mean) * standard.inverseScale : 0);
    }
  }
  double sum = graph.weights.back();
  for (size_t i = 0; i < values.size(); ++i) sum += values[i] * graph.weights[i];
  return 1 / (1 + std::exp(-sum));
}

class OpenvinoEngineTest : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "OpenVINO's TBB opens libraries in a way that ends a process under the address sanitizer";
#endif
  }
  std::string save(const std::string& bytes) const { return folder_.write("model.onnx", bytes); }
  io::TemporaryFolder folder_;
};

TEST_F(OpenvinoEngineTest, GivesTheScoresOfTheGraph) {
  const auto graph = exampleGraph();
  const auto file = save(model::writeOnnx(graph).value());
  auto engines = makeOpenvinoEngines(file, graph.features, 1, 2).value();
  ASSERT_EQ(engines.size(), 2U);
  const auto input = exampleInput();
  std::vector<float> scores;
  for (auto& engine : engines) {
    engine->run(input, scores).value();
    ASSERT_EQ(scores.size(), 2U);
    EXPECT_NEAR(scores[0], expectedScore(graph, input, 0), 1e-6);
    EXPECT_NEAR(scores[1], expectedScore(graph, input, 1), 1e-6);
  }
}

// One output a feature, so that each transform is seen by itself.
TEST_F(OpenvinoEngineTest, FillsAndTransformsAsTheTrainer) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const bool allCurves : {false, true}) {
    model::NetworkGraph graph;
    graph.features.scalars = {"a", "b", "c"};
    graph.features.fills = {{"a", feature::Fill::Kind::kNumber, 2, true},
                            {"c", feature::Fill::Kind::kNumber, -1, false}};
    feature::Transform logarithm{0.5F, 2, true};
    feature::Transform curve;
    curve.knots = {{-2, -3}, {0, 0.25F}, {0.5F, 1}, {10, 4}};
    feature::Transform other;
    other.knots = {{-1, 7}, {1, 9}};
    graph.scalars = {allCurves ? other : logarithm, curve, allCurves ? other : feature::Transform{1, 0.5F}};
    const size_t output = graph.network.linear(graph.network.flat(3), 3);
    graph.network.setOutput(output, output);
    graph.weights = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
    auto engine =
        std::move(makeOpenvinoEngines(save(model::writeOnnx(graph).value()), graph.features, 3, 1).value()[0]);
    feature::Tensors input;
    input.numScalars = 3;
    for (const float x : {-5.0F, -1.0F, -0.25F, 0.0F, 0.125F, 0.75F, 3.0F, 20.0F}) {
      input.scalars.insert(input.scalars.end(), {x, x, x});
    }
    input.scalars.insert(input.scalars.end(), {kNan, 1, kNan, kInfinity, 1, 5, -kInfinity, kInfinity, 5});
    input.rows = static_cast<int64_t>(input.scalars.size() / 3);
    std::vector<float> scores;
    engine->run(input, scores).value();
    feature::MissingValues(graph.features).fill(input);
    for (size_t i = 0; i < scores.size(); ++i) {
      EXPECT_NEAR(scores[i], graph.scalars[i % 3](input.scalars[i]), 2e-6) << i;
    }
  }
}

TEST_F(OpenvinoEngineTest, TakesAnyNumberOfRows) {
  const auto graph = exampleGraph();
  auto engine = std::move(makeOpenvinoEngines(save(model::writeOnnx(graph).value()), graph.features, 1, 1).value()[0]);
  const auto base = exampleInput();
  std::vector<float> two;
  engine->run(base, two).value();
  for (const int64_t rows : {0, 1, 2, 3, 5, 7, 13, 44, 100, 128, 1000, 1023, 1024, 1025, 3003}) {
    feature::Tensors input;
    input.rows = rows;
    input.numScalars = 2;
    input.groups = {{3, 2, {}, {}}};
    for (int64_t row = 0; row < rows; ++row) {
      const auto from = static_cast<size_t>(row % 2);
      input.scalars.insert(input.scalars.end(), &base.scalars[from * 2], &base.scalars[from * 2] + 2);
      input.groups[0].values.insert(input.groups[0].values.end(), &base.groups[0].values[from * 6],
                                    &base.groups[0].values[from * 6] + 6);
      input.groups[0].count.push_back(base.groups[0].count[from]);
    }
    std::vector<float> scores;
    engine->run(input, scores).value();
    ASSERT_EQ(static_cast<int64_t>(scores.size()), rows);
    for (size_t row = 0; row < scores.size(); ++row) EXPECT_NEAR(scores[row], two[row % 2], 1e-6);
  }
}

TEST_F(OpenvinoEngineTest, EnginesWorkAtTheSameTime) {
  const auto graph = exampleGraph();
  auto engines = makeOpenvinoEngines(save(model::writeOnnx(graph).value()), graph.features, 1, 4).value();
  const auto input = exampleInput();
  const double expected = expectedScore(graph, input, 1);
  std::vector<std::thread> threads;
  std::vector<int> wrong(engines.size(), 0);
  for (size_t i = 0; i < engines.size(); ++i) {
    threads.emplace_back([&, i] {
      std::vector<float> scores;
      for (int call = 0; call < 200; ++call) {
        if (!engines[i]->run(input, scores).ok() || std::abs(scores[1] - expected) > 1e-6) ++wrong[i];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(engines.size(), 0));
}

TEST_F(OpenvinoEngineTest, RefusesWrongShapes) {
  const auto graph = exampleGraph();
  auto engine = std::move(makeOpenvinoEngines(save(model::writeOnnx(graph).value()), graph.features, 1, 1).value()[0]);
  std::vector<float> scores;
  auto input = exampleInput();
  input.groups[0].count.pop_back();
  const auto result = engine->run(input, scores);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(result.error().what()).find("jets_count has 1 values"), std::string::npos);
}

TEST_F(OpenvinoEngineTest, RefusesAGraphThatIsNotTheSignatures) {
  const auto graph = exampleGraph();
  const auto file = save(model::writeOnnx(graph).value());
  auto other = graph.features;
  other.scalars.push_back("sphericity");
  const auto wrong = makeOpenvinoEngines(file, other, 1, 1);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(wrong.error().what()).find("'scalars'"), std::string::npos) << wrong.error().what();
  const auto outputs = makeOpenvinoEngines(file, graph.features, 3, 1);
  ASSERT_FALSE(outputs.ok());
  EXPECT_NE(std::string(outputs.error().what()).find("'scores'"), std::string::npos) << outputs.error().what();
}

TEST_F(OpenvinoEngineTest, RefusesWhatIsNoGraph) {
  const auto engines = makeOpenvinoEngines(save("not an ONNX file"), exampleGraph().features, 1, 1);
  ASSERT_FALSE(engines.ok());
  EXPECT_EQ(engines.error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::infer
