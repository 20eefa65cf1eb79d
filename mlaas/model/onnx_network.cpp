#include "mlaas/model/onnx_network.h"

#include "mlaas/model/onnx_activations.h"
#include "mlaas/model/onnx_attention.h"
#include "mlaas/model/pair_features.h"

namespace mlaas::model {

void OnnxNetworkWriter::write(const Network& network, const std::string& output) {
  tensors_.assign(network.nodes().size(), std::string());
  // Nodes stand behind those that they use, and the scores behind all that they need.
  for (size_t index = 0; index <= network.score(); ++index) {
    tensors_[index] = add(network, index, "node" + std::to_string(index));
  }
  builder_.node("Identity", {tensors_[network.score()]}, output);
}

std::string OnnxNetworkWriter::add(const Network& network, size_t index, const std::string& name) {
  const NetworkNode& node = network.node(index);
  std::vector<std::string> inputs;
  for (const size_t input : node.inputs) inputs.push_back(tensors_[input]);
  switch (node.op) {
    case NetworkOp::kFlat:
      return addFlat();
    case NetworkOp::kScalars:
      return inputs_.scalars;
    case NetworkOp::kElements:
      return addElements(inputs_.groups[*node.group], name);
    case NetworkOp::kLinear:
      return addLinear(node, network.node(node.inputs[0]).width, inputs[0], name);
    case NetworkOp::kActivate:
      return addActivation(builder_, node.activation, inputs[0], name);
    case NetworkOp::kBatchNorm:
    case NetworkOp::kLayerNorm:
      return addNorm(node, inputs[0], name);
    case NetworkOp::kDropout:
      return inputs[0];
    case NetworkOp::kAdd:
      return builder_.node("Add", inputs, name);
    case NetworkOp::kRescale: {
      const auto width = static_cast<size_t>(node.width);
      const std::string scale =
          builder_.constant(name + "_scale", {node.width}, runningAt(node.firstRunning, node.width));
      const std::string shift =
          builder_.constant(name + "_shift", {node.width}, runningAt(node.firstRunning + width, node.width));
      return builder_.node("Add", {builder_.node("Mul", {inputs[0], scale}, name + "_scaled"), shift}, name);
    }
    case NetworkOp::kConcat:
      builder_.node("Concat", inputs, name);
      builder_.attribute("axis", int64_t{1});
      return name;
    case NetworkOp::kSum:
    case NetworkOp::kMean:
      return addReduction(node, inputs_.groups[*network.node(node.inputs[0]).group], inputs[0], name);
    case NetworkOp::kPairs: {
      const std::string pairs =
          addPairFeatures(builder_, inputs_.groups[*node.group].raw, node.kinematics, name + "_pairs");
      const std::string shape = builder_.constant(name + "_shape", {2}, std::vector<int64_t>{-1, node.width});
      return builder_.node("Reshape", {pairs, shape}, name);
    }
    case NetworkOp::kDistance: {
      const std::string difference = builder_.node("Sub", inputs, name + "_difference");
      const std::string square = builder_.node("Mul", {difference, difference}, name + "_square");
      builder_.node("ReduceMean", {square}, name);
      builder_.attribute("axes", std::vector<int64_t>{1});
      return name;
    }
    case NetworkOp::kToken:
      return addToken(node, name);
    case NetworkOp::kScale:
      return addScale(node, inputs[0], name);
    case NetworkOp::kAttention:
      return addAttention(builder_, inputs_.groups[*node.group], node, inputs, name);
    case NetworkOp::kClassAttention:
      return addClassAttention(builder_, inputs_.groups[*network.node(node.inputs[2]).group], node, inputs, name);
  }
  return name;
}

std::string OnnxNetworkWriter::addFlat() {
  std::vector<std::string> parts;
  if (!inputs_.scalars.empty()) parts.push_back(inputs_.scalars);
  for (const OnnxGroup& group : inputs_.groups) {
    const std::string shape =
        builder_.constant(group.name + "_flat_shape", {2}, std::vector<int64_t>{-1, group.length * group.columns});
    parts.push_back(builder_.node("Reshape", {group.values, shape}, group.name + "_flat"));
  }
  if (parts.size() == 1) return parts.front();
  const std::string joined = builder_.node("Concat", parts, "features");
  builder_.attribute("axis", int64_t{1});
  return joined;
}

std::string OnnxNetworkWriter::addElements(const OnnxGroup& group, const std::string& name) {
  const std::string shape = builder_.constant(name + "_shape", {2}, std::vector<int64_t>{-1, group.columns});
  return builder_.node("Reshape", {group.values, shape}, name);
}

std::string OnnxNetworkWriter::addLinear(const NetworkNode& node, int64_t inputs, const std::string& input,
                                         const std::string& name) {
  const auto matrix = inputs * node.width;
  const std::string weight =
      builder_.constant(name + "_weight", {node.width, inputs}, weightsAt(node.firstWeight, matrix));
  const std::string bias = builder_.constant(name + "_bias", {node.width},
                                             weightsAt(node.firstWeight + static_cast<size_t>(matrix), node.width));
  builder_.node("Gemm", {input, weight, bias}, name);
  builder_.attribute("transB", int64_t{1});
  return name;
}

std::string OnnxNetworkWriter::addNorm(const NetworkNode& node, const std::string& input, const std::string& name) {
  const auto width = static_cast<size_t>(node.width);
  std::vector<std::string> inputs = {
      input, builder_.constant(name + "_scale", {node.width}, weightsAt(node.firstWeight, node.width)),
      builder_.constant(name + "_shift", {node.width}, weightsAt(node.firstWeight + width, node.width))};
  const bool ofBatches = node.op == NetworkOp::kBatchNorm;
  if (ofBatches) {
    inputs.push_back(builder_.constant(name + "_mean", {node.width}, runningAt(node.firstRunning, node.width)));
    inputs.push_back(
        builder_.constant(name + "_variance", {node.width}, runningAt(node.firstRunning + width, node.width)));
  }
  builder_.node(ofBatches ? "BatchNormalization" : "LayerNormalization", inputs, name);
  builder_.attribute("epsilon", static_cast<float>(kNormEpsilon));
  return name;
}

std::string OnnxNetworkWriter::addReduction(const NetworkNode& node, const OnnxGroup& group, const std::string& input,
                                            const std::string& name) {
  const std::string shape = builder_.constant(name + "_shape", {3}, std::vector<int64_t>{-1, group.length, node.width});
  const std::string events = builder_.node("Reshape", {input, shape}, name + "_events");
  const std::string zero = builder_.constant(name + "_padding", {}, std::vector<float>{0.0F});
  const std::string masked = builder_.node("Where", {group.mask, events, zero}, name + "_masked");
  const std::string axis = builder_.constant(name + "_axis", {1}, std::vector<int64_t>{1});
  const bool isMean = node.op == NetworkOp::kMean;
  const std::string sum = builder_.node("ReduceSum", {masked, axis}, isMean ? name + "_sum" : name);
  builder_.attribute("keepdims", int64_t{0});
  if (!isMean) return sum;
  const std::string flat = builder_.constant(name + "_count_shape", {2}, std::vector<int64_t>{-1, 1});
  const std::string counts = builder_.node("Reshape", {group.counts, flat}, name + "_counts");
  const std::string one = builder_.constant(name + "_one", {}, std::vector<int32_t>{1});
  const std::string most = builder_.node("Max", {counts, one}, name + "_at_least_one");
  builder_.node("Cast", {most}, name + "_number");
  builder_.attribute("to", int64_t{1});  // TensorProto.FLOAT
  return builder_.node("Div", {sum, name + "_number"}, name);
}

// As many rows as there are events.
std::string OnnxNetworkWriter::addToken(const NetworkNode& node, const std::string& name) {
  const std::string shape = builder_.constant(name + "_shape", {2}, std::vector<int64_t>{-1, 1});
  const std::string counts = builder_.node("Reshape", {inputs_.groups.front().counts, shape}, name + "_counts");
  const std::string numbers = builder_.node("Cast", {counts}, name + "_numbers");
  builder_.attribute("to", int64_t{1});  // TensorProto.FLOAT
  const std::string zero = builder_.constant(name + "_zero", {}, std::vector<float>{0.0F});
  const std::string zeros = builder_.node("Mul", {numbers, zero}, name + "_zeros");
  const std::string row = builder_.constant(name + "_row", {1, node.width}, weightsAt(node.firstWeight, node.width));
  return builder_.node("Add", {zeros, row}, name);
}

std::string OnnxNetworkWriter::addScale(const NetworkNode& node, const std::string& input, const std::string& name) {
  const int64_t repeat = node.heads > 0 ? node.width / node.heads : 1;
  std::vector<float> scale;
  for (const float one : weightsAt(node.firstWeight, node.width / repeat)) {
    scale.insert(scale.end(), static_cast<size_t>(repeat), one);
  }
  return builder_.node("Mul", {input, builder_.constant(name + "_scale", {1, node.width}, scale)}, name);
}

std::vector<float> OnnxNetworkWriter::weightsAt(size_t first, int64_t count) const {
  const auto part = weights_.subspan(first, static_cast<size_t>(count));
  return {part.begin(), part.end()};
}

std::vector<float> OnnxNetworkWriter::runningAt(size_t first, int64_t count) const {
  const auto part = running_.subspan(first, static_cast<size_t>(count));
  return {part.begin(), part.end()};
}

}  // namespace mlaas::model
