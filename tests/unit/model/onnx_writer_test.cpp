#include "mlaas/model/onnx_writer.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <limits>

namespace mlaas::model {
namespace {

NetworkGraph example(Activation activation = Activation::kRelu) {
  NetworkGraph graph;
  graph.features.scalars = {"ht", "met"};
  graph.features.groups = {{"jets", {"Jet_pt", "Jet_eta", "Jet_phi"}, 4}};
  graph.scalars = {{1.0F, 2.0F}, {3.0F, 0.5F}};
  graph.groups = {{{0.0F, 1.0F}, {0.0F, 1.0F}, {0.0F, 1.0F}}};
  const size_t hidden = graph.network.activate(graph.network.linear(graph.network.flat(14), 3), activation);
  const size_t output = graph.network.linear(hidden, 1);
  graph.network.setOutput(output, graph.network.activate(output, Activation::kSigmoid));
  graph.weights.assign(graph.network.numWeights(), 0.1F);
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
  for (auto activation : {Activation::kNone, Activation::kRelu, Activation::kLeakyRelu, Activation::kElu,
                          Activation::kSelu, Activation::kGelu, Activation::kSilu, Activation::kMish, Activation::kTanh,
                          Activation::kSigmoid, Activation::kSoftmax}) {
    EXPECT_GT(parsed(writeOnnx(example(activation)).value()).graph().node_size(), 0);
  }
}

TEST(OnnxWriter, RefusesWhatDoesNotFit) {
  auto graph = example();
  graph.network.flat(13);
  EXPECT_EQ(writeOnnx(graph).error().code(), ErrorCode::kInternal);
  graph = example();
  graph.scalars.pop_back();
  EXPECT_EQ(writeOnnx(graph).error().code(), ErrorCode::kInternal);
}

TEST(OnnxWriter, RefusesADivergedNetwork) {
  auto graph = example();
  graph.weights[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(writeOnnx(graph).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mlaas::model
