#include "mlaas/model/onnx_writer.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <limits>

namespace mlaas::model {
namespace {

MlpGraph example() {
  MlpGraph graph;
  graph.features.scalars = {"ht", "met"};
  graph.features.groups = {{"jets", {"Jet_pt", "Jet_eta", "Jet_phi"}, 4}};
  graph.scalars = {{1.0F, 2.0F}, {3.0F, 0.5F}};
  graph.groups = {{{0.0F, 1.0F}, {0.0F, 1.0F}, {0.0F, 1.0F}}};
  graph.layers = {{14, 3, std::vector<float>(42, 0.1F), {0, 0, 0}, Activation::kRelu},
                  {3, 1, {1, 1, 1}, {0}, Activation::kSigmoid}};
  graph.producerVersion = "test";
  return graph;
}

onnx::ModelProto parsed(const std::string& bytes) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(bytes));
  return model;
}

TEST(OnnxWriter, InputsAndOutputsAreThoseOfTheSignature) {
  const auto model = parsed(writeOnnx(example()).value());
  ASSERT_EQ(model.graph().input_size(), 3);
  EXPECT_EQ(model.graph().input(0).name(), "scalars");
  EXPECT_EQ(model.graph().input(1).name(), "jets");
  EXPECT_EQ(model.graph().input(2).name(), "jets_count");
  EXPECT_EQ(model.graph().output(0).name(), "scores");
  EXPECT_EQ(model.graph().input(0).type().tensor_type().shape().dim(0).dim_param(), "N");
}

TEST(OnnxWriter, SameGraphSameBytes) { EXPECT_EQ(writeOnnx(example()).value(), writeOnnx(example()).value()); }

TEST(OnnxWriter, EveryActivationIsAGraph) {
  for (auto activation : {Activation::kNone, Activation::kRelu, Activation::kElu, Activation::kSelu, Activation::kGelu,
                          Activation::kSilu, Activation::kTanh, Activation::kSigmoid, Activation::kSoftmax}) {
    auto graph = example();
    graph.layers[0].activation = activation;
    EXPECT_GT(parsed(writeOnnx(graph).value()).graph().node_size(), 0);
  }
}

TEST(OnnxWriter, RefusesWhatDoesNotFit) {
  auto graph = example();
  graph.layers[0].inputs = 13;
  EXPECT_EQ(writeOnnx(graph).error().code(), ErrorCode::kInternal);
  graph = example();
  graph.scalars.pop_back();
  EXPECT_EQ(writeOnnx(graph).error().code(), ErrorCode::kInternal);
}

TEST(OnnxWriter, RefusesADivergedNetwork) {
  auto graph = example();
  graph.layers[0].weight[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(writeOnnx(graph).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mlaas::model
