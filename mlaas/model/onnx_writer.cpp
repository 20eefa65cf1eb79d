#include "mlaas/model/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mlaas/model/onnx_graph_builder.h"
#include "mlaas/model/onnx_network.h"
#include "mlaas/model/onnx_transforms.h"

namespace mlaas::model {

namespace {

constexpr int64_t kOpset = 17;
constexpr int64_t kIrVersion = 8;  // of ONNX 1.12

// Transformed elements in front of count, 0 behind it.
OnnxGroup addGroup(GraphBuilder& builder, const feature::FeatureSpec& spec, const feature::JaggedGroup& group,
                   const std::vector<feature::Transform>& transforms) {
  OnnxGroup result{.name = group.name, .length = group.length, .columns = static_cast<int64_t>(group.columns.size())};
  const std::string values = builder.input(group.name, ElementType::kFloat32, {-1, group.length, result.columns});
  const std::string count = builder.input(group.name + "_count", ElementType::kInt32, {-1});
  result.raw = addFills(builder, values, spec, group.columns);
  const std::string transformed = addTransforms(builder, values, result.raw, transforms);

  std::vector<int32_t> positions(static_cast<size_t>(group.length));
  for (size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<int32_t>(i);
  const std::string range = builder.constant(group.name + "_position", {1, group.length, 1}, positions);
  const std::string axes = builder.constant(group.name + "_count_axes", {2}, std::vector<int64_t>{1, 2});
  result.counts = builder.node("Unsqueeze", {count, axes}, group.name + "_counts");
  result.mask = builder.node("Less", {range, result.counts}, group.name + "_mask");
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

Result<void> checkFills(const feature::FeatureSpec& spec) {
  for (const auto& fill : spec.fills) {
    if (!std::isfinite(fill.value)) return Error(ErrorCode::kInternal, "the fill of '" + fill.column + "' is unknown");
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

// The names of the features in the file itself, for whoever finds it without its bundle.
void addFeatureNames(onnx::ModelProto& model, const feature::FeatureSpec& features) {
  nlohmann::ordered_json names;
  if (!features.scalars.empty()) names["scalars"] = features.scalars;
  for (const auto& group : features.groups) names[group.name] = group.columns;
  auto* entry = model.add_metadata_props();
  entry->set_key("columns");
  entry->set_value(names.dump());
}

}  // namespace

Result<std::string> writeOnnx(const NetworkGraph& graph) {
  MLAAS_CHECK(checkGraph(graph));
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("mlaas4hep");
  model.set_producer_version(graph.producerVersion);
  model.add_opset_import()->set_version(kOpset);
  model.mutable_graph()->set_name(graph.name);
  addFeatureNames(model, graph.features);

  GraphBuilder builder(*model.mutable_graph());
  const OnnxInputs inputs = addInputs(builder, graph);
  OnnxNetworkWriter(builder, inputs, graph.weights, graph.running).write(graph.network, "scores");
  builder.output("scores", {-1, graph.network.node(graph.network.score()).width});

  std::string bytes;
  if (!model.SerializeToString(&bytes)) return Error(ErrorCode::kInternal, "the ONNX graph cannot be serialised");
  return bytes;
}

}  // namespace mlaas::model
