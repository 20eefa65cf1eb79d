#include "mlaas/model/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "mlaas/model/onnx_graph_builder.h"
#include "mlaas/model/onnx_transforms.h"

namespace mlaas::model {

namespace {

constexpr int64_t kOpset = 13;
constexpr int64_t kIrVersion = 8;  // of ONNX 1.12

// Transformed elements in front of count, 0 behind it, flattened to [N, length * columns].
std::string addGroup(GraphBuilder& builder, const feature::FeatureSpec& spec, const feature::JaggedGroup& group,
                     const std::vector<feature::Transform>& transforms) {
  const auto columns = static_cast<int64_t>(group.columns.size());
  const std::string values = builder.input(group.name, ElementType::kFloat32, {-1, group.length, columns});
  const std::string count = builder.input(group.name + "_count", ElementType::kInt32, {-1});
  const std::string transformed = addTransforms(builder, values, spec, group.columns, transforms);

  std::vector<int32_t> positions(static_cast<size_t>(group.length));
  for (size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<int32_t>(i);
  const std::string range = builder.constant(group.name + "_position", {1, group.length, 1}, positions);
  const std::string axes = builder.constant(group.name + "_count_axes", {2}, std::vector<int64_t>{1, 2});
  const std::string counts = builder.node("Unsqueeze", {count, axes}, group.name + "_counts");
  const std::string mask = builder.node("Less", {range, counts}, group.name + "_mask");
  const std::string zero = builder.constant(group.name + "_padding", {}, std::vector<float>{0.0F});
  const std::string masked = builder.node("Where", {mask, transformed, zero}, group.name + "_masked");

  const std::string shape =
      builder.constant(group.name + "_shape", {2}, std::vector<int64_t>{-1, group.length * columns});
  return builder.node("Reshape", {masked, shape}, group.name + "_flat");
}

// Gaussian error linear unit by its definition x/2 (1 + erf(x / sqrt 2)): the Gelu operator came with opset 20.
std::string addGelu(GraphBuilder& builder, const std::string& input, const std::string& output) {
  const std::string root = builder.constant(output + "_inverse_root2", {}, std::vector<float>{0.70710678F});
  const std::string half = builder.constant(output + "_half", {}, std::vector<float>{0.5F});
  const std::string one = builder.constant(output + "_one", {}, std::vector<float>{1.0F});
  const std::string scaled = builder.node("Mul", {input, root}, output + "_scaled");
  const std::string erf = builder.node("Erf", {scaled}, output + "_erf");
  const std::string shifted = builder.node("Add", {erf, one}, output + "_shifted");
  const std::string halved = builder.node("Mul", {input, half}, output + "_halved");
  return builder.node("Mul", {halved, shifted}, output);
}

std::string addActivation(GraphBuilder& builder, Activation activation, const std::string& input,
                          const std::string& output) {
  switch (activation) {
    case Activation::kNone:
      return builder.node("Identity", {input}, output);
    case Activation::kRelu:
      return builder.node("Relu", {input}, output);
    case Activation::kElu:
      return builder.node("Elu", {input}, output);
    case Activation::kSelu:
      return builder.node("Selu", {input}, output);
    case Activation::kGelu:
      return addGelu(builder, input, output);
    case Activation::kSilu:
      return builder.node("Mul", {input, builder.node("Sigmoid", {input}, output + "_gate")}, output);
    case Activation::kTanh:
      return builder.node("Tanh", {input}, output);
    case Activation::kSigmoid:
      return builder.node("Sigmoid", {input}, output);
    case Activation::kSoftmax:
      builder.node("Softmax", {input}, output);
      builder.attribute("axis", 1);
      return output;
  }
  return input;
}

std::string addDense(GraphBuilder& builder, const DenseLayer& layer, const std::string& input, const std::string& name,
                     const std::string& output) {
  const std::string weight = builder.constant(name + "_weight", {layer.outputs, layer.inputs}, layer.weight);
  const std::string bias = builder.constant(name + "_bias", {layer.outputs}, layer.bias);
  const std::string sum = builder.node("Gemm", {input, weight, bias}, name + "_sum");
  builder.attribute("transB", 1);
  return addActivation(builder, layer.activation, sum, output);
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

Result<void> checkLayers(const MlpGraph& graph, int64_t width) {
  if (graph.layers.empty()) return Error(ErrorCode::kInternal, "the network has no layers");
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const DenseLayer& layer = graph.layers[i];
    if (layer.inputs != width || layer.weight.size() != static_cast<size_t>(layer.inputs * layer.outputs) ||
        layer.bias.size() != static_cast<size_t>(layer.outputs)) {
      return Error(ErrorCode::kInternal,
                   "layer " + std::to_string(i) + " does not fit its input of width " + std::to_string(width));
    }
    for (float value : layer.weight) {
      if (!std::isfinite(value)) {
        return Error(ErrorCode::kInvalidArgument, "the network has weights that are not finite: training diverged; " +
                                                      std::string("lower the learning rate"));
      }
    }
    width = layer.outputs;
  }
  return {};
}

Result<void> checkGraph(const MlpGraph& graph) {
  MLAAS_CHECK(checkFills(graph.features));
  MLAAS_CHECK(checkTransforms(graph.scalars, graph.features.scalars.size(), "scalars"));
  if (graph.groups.size() != graph.features.groups.size()) {
    return Error(ErrorCode::kInternal, "transforms of " + std::to_string(graph.groups.size()) + " groups for " +
                                           std::to_string(graph.features.groups.size()));
  }
  auto width = static_cast<int64_t>(graph.scalars.size());
  for (size_t i = 0; i < graph.groups.size(); ++i) {
    const auto& group = graph.features.groups[i];
    MLAAS_CHECK(checkTransforms(graph.groups[i], group.columns.size(), group.name));
    width += group.length * static_cast<int64_t>(group.columns.size());
  }
  return checkLayers(graph, width);
}

std::string addInputs(GraphBuilder& builder, const MlpGraph& graph) {
  std::vector<std::string> parts;
  if (!graph.scalars.empty()) {
    const auto width = static_cast<int64_t>(graph.scalars.size());
    const std::string scalars = builder.input("scalars", ElementType::kFloat32, {-1, width});
    parts.push_back(addTransforms(builder, scalars, graph.features, graph.features.scalars, graph.scalars));
  }
  for (size_t i = 0; i < graph.groups.size(); ++i) {
    parts.push_back(addGroup(builder, graph.features, graph.features.groups[i], graph.groups[i]));
  }
  if (parts.size() == 1) return parts.front();
  const std::string joined = builder.node("Concat", parts, "features");
  builder.attribute("axis", 1);
  return joined;
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

Result<std::string> writeOnnx(const MlpGraph& graph) {
  MLAAS_CHECK(checkGraph(graph));
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("mlaas4hep");
  model.set_producer_version(graph.producerVersion);
  model.add_opset_import()->set_version(kOpset);
  model.mutable_graph()->set_name("mlp");
  addFeatureNames(model, graph.features);

  GraphBuilder builder(*model.mutable_graph());
  std::string tensor = addInputs(builder, graph);
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const std::string name = "layer" + std::to_string(i);
    tensor = addDense(builder, graph.layers[i], tensor, name, i + 1 == graph.layers.size() ? "scores" : name);
  }
  builder.output("scores", {-1, graph.layers.back().outputs});

  std::string bytes;
  if (!model.SerializeToString(&bytes)) return Error(ErrorCode::kInternal, "the ONNX graph cannot be serialised");
  return bytes;
}

}  // namespace mlaas::model
