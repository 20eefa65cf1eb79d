#include "mlaas/model/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <cmath>

#include "mlaas/model/onnx_graph_builder.h"
#include "mlaas/model/onnx_inputs.h"
#include "mlaas/model/onnx_network.h"
#include "mlaas/model/onnx_transforms.h"

namespace mlaas::model {

namespace {

// Transformed elements in front of count, 0 behind it.
OnnxGroup addGroup(GraphBuilder& builder, const feature::FeatureSpec& spec, const feature::JaggedGroup& group,
                   const std::vector<feature::Transform>& transforms) {
  OnnxGroup result = addGroupInput(builder, spec, group);
  const std::string transformed = addTransforms(builder, group.name, result.raw, transforms);
  const std::string zero = builder.constant(group.name + "_padding", {}, std::vector<float>{0.0F});
  result.values = builder.node("Where", {result.mask, transformed, zero}, group.name + "_masked");
  return result;
}

Result<void> checkTransforms(const std::vector<feature::Transform>& transforms, size_t expected,
                             const std::string& what) {
  if (transforms.size() != expected) {
    return Error(ErrorCode::kInternal, what + ": transforms of " + std::to_string(transforms.size()) + " columns for " +
                                           std::to_string(expected));
  }
  for (const auto& transform : transforms) {
    if (!std::isfinite(transform.mean) || !std::isfinite(transform.inverseScale)) {
      return Error(ErrorCode::kInvalidArgument, what + ": mean or deviation is not finite");
    }
    for (size_t i = 1; i < transform.knots.size(); ++i) {
      const float width = transform.knots[i].x - transform.knots[i - 1].x;
      if (width > 0 && std::isfinite(1 / width)) continue;
      return Error(ErrorCode::kInternal, what + ": the knots of a transform do not ascend");
    }
  }
  return {};
}

Result<void> checkNumbers(const std::vector<float>& numbers, size_t expected, const std::string& what) {
  if (numbers.size() != expected) {
    return Error(ErrorCode::kInternal, "the network has " + std::to_string(expected) + " " + what + ", found " +
                                           std::to_string(numbers.size()));
  }
  for (float value : numbers) {
    if (std::isfinite(value)) continue;
    return Error(ErrorCode::kInvalidArgument,
                 "the network has " + what + " that are not finite: training diverged; lower the learning rate");
  }
  return {};
}

// Inputs must be as wide as the features are.
Result<void> checkInputs(const NetworkGraph& graph) {
  const auto numScalars = static_cast<int64_t>(graph.scalars.size());
  int64_t flat = numScalars;
  for (const auto& group : graph.features.groups) flat += group.length * static_cast<int64_t>(group.columns.size());
  for (const NetworkNode& node : graph.network.nodes()) {
    int64_t expected = node.width;
    if (node.op == NetworkOp::kFlat) expected = flat;
    if (node.op == NetworkOp::kScalars) expected = numScalars;
    if (node.op == NetworkOp::kElements) {
      const bool known = *node.group < graph.groups.size();
      expected = known ? static_cast<int64_t>(graph.groups[*node.group].size()) : -1;
    }
    if (node.width == expected) continue;
    return Error(ErrorCode::kInternal, "an input of the network has a width of " + std::to_string(node.width) +
                                           ", the features have " + std::to_string(expected));
  }
  return {};
}

OnnxInputs addInputs(GraphBuilder& builder, const NetworkGraph& graph) {
  OnnxInputs inputs;
  if (!graph.scalars.empty()) {
    const auto width = static_cast<int64_t>(graph.scalars.size());
    const std::string scalars = builder.input("scalars", ElementType::kFloat32, {-1, width});
    const std::string present = addFills(builder, scalars, graph.features, graph.features.scalars);
    inputs.scalars = addTransforms(builder, scalars, present, graph.scalars);
  }
  for (size_t i = 0; i < graph.groups.size(); ++i) {
    inputs.groups.push_back(addGroup(builder, graph.features, graph.features.groups[i], graph.groups[i]));
  }
  return inputs;
}

}  // namespace

Result<void> checkGraph(const NetworkGraph& graph) {
  MLAAS_CHECK(checkFills(graph.features));
  MLAAS_CHECK(checkTransforms(graph.scalars, graph.features.scalars.size(), "scalars"));
  if (graph.groups.size() != graph.features.groups.size()) {
    return Error(ErrorCode::kInternal, "transforms of " + std::to_string(graph.groups.size()) + " groups for " +
                                           std::to_string(graph.features.groups.size()));
  }
  for (size_t i = 0; i < graph.groups.size(); ++i) {
    const auto& group = graph.features.groups[i];
    MLAAS_CHECK(checkTransforms(graph.groups[i], group.columns.size(), group.name));
  }
  if (graph.network.nodes().empty()) return Error(ErrorCode::kInternal, "the network has no operation");
  MLAAS_CHECK(checkInputs(graph));
  MLAAS_CHECK(checkNumbers(graph.weights, graph.network.numWeights(), "weights"));
  return checkNumbers(graph.running, graph.network.numRunning(), "running means and variances");
}

Result<std::string> writeOnnx(const NetworkGraph& graph) {
  MLAAS_CHECK(checkGraph(graph));
  onnx::ModelProto model;
  describeModel(model, graph.name, graph.producerVersion, graph.features);
  GraphBuilder builder(*model.mutable_graph());
  const OnnxInputs inputs = addInputs(builder, graph);
  OnnxNetworkWriter(builder, inputs, graph.weights, graph.running).write(graph.network, "scores");
  builder.output("scores", {-1, graph.network.node(graph.network.score()).width});

  std::string bytes;
  if (!model.SerializeToString(&bytes)) return Error(ErrorCode::kInternal, "the ONNX graph cannot be serialised");
  return bytes;
}

}  // namespace mlaas::model
