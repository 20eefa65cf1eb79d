#include "mlaas/model/torch_script.h"

#include <algorithm>
#include <cmath>

#include "mlaas/model/script_builder.h"
#include "mlaas/model/script_pairs.h"
#include "mlaas/model/torch_script_inputs.h"

namespace mlaas::model {

namespace {

std::string activation(Activation activation, const std::string& x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return "torch.relu(" + x + ")";
    case Activation::kLeakyRelu:
      return "torch.leaky_relu(" + x + ", " + ScriptBuilder::number(kLeakySlope) + ")";
    case Activation::kElu:
      return "torch.elu(" + x + ")";
    case Activation::kSelu:
      return "torch.selu(" + x + ")";
    case Activation::kGelu:
      return "torch.gelu(" + x + ")";
    case Activation::kSilu:
      return "torch.silu(" + x + ")";
    case Activation::kMish:
      return "torch.mish(" + x + ")";
    case Activation::kTanh:
      return "torch.tanh(" + x + ")";
    case Activation::kSigmoid:
      return "torch.sigmoid(" + x + ")";
    case Activation::kSoftsign:
      return x + " / (torch.abs(" + x + ") + 1)";
    case Activation::kSoftmax:
      return "torch.softmax(" + x + ", 1)";
  }
  return x;
}

// Writes the nodes of one network, each as one variable or more.
class NodeWriter {
 public:
  NodeWriter(TorchScript& script, const NetworkGraph& graph, const ScriptInputs& inputs)
      : builder_(script), graph_(graph), inputs_(inputs) {}

  // Gives the variable of the scores.
  std::string write() {
    const Network& network = graph_.network;
    for (size_t i = 0; i <= network.score(); ++i) {
      const std::string name = "node" + std::to_string(i);
      variables_.push_back(builder_.let("_" + name, expression(network.node(i), name)));
    }
    return variables_.back();
  }

 private:
  const std::string& from(const NetworkNode& node, size_t input = 0) const { return variables_[node.inputs[input]]; }
  const ScriptGroup& groupBehind(const NetworkNode& node, size_t input = 0) const {
    return inputs_.groups[*graph_.network.node(node.inputs[input]).group];
  }

  std::string expression(const NetworkNode& node, const std::string& name) {
    switch (node.op) {
      case NetworkOp::kFlat:
        return flat();
      case NetworkOp::kScalars:
        return inputs_.scalars;
      case NetworkOp::kElements: {
        const ScriptGroup& group = inputs_.groups[*node.group];
        return reshape(group.values, {"n * " + std::to_string(group.length), std::to_string(group.columns)});
      }
      case NetworkOp::kPairs: {
        const ScriptGroup& group = inputs_.groups[*node.group];
        const std::string pairs = addScriptPairs(builder_, group.raw, node.kinematics, name);
        return reshape(pairs, {"n * " + std::to_string(group.length * group.length), std::to_string(node.width)});
      }
      case NetworkOp::kLinear:
        return linear(node, name);
      case NetworkOp::kActivate:
        return activation(node.activation, from(node));
      case NetworkOp::kBatchNorm:
      case NetworkOp::kLayerNorm:
        return norm(node, name);
      case NetworkOp::kDropout:
        return from(node);
      case NetworkOp::kAdd:
        return from(node) + " + " + from(node, 1);
      case NetworkOp::kRescale:
        return from(node) + " * " + running(name + "_scale", node.firstRunning, node.width) + " + " +
               running(name + "_shift", node.firstRunning + static_cast<size_t>(node.width), node.width);
      case NetworkOp::kConcat: {
        std::vector<std::string> parts;
        for (size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(from(node, i));
        return "torch.cat([" + ScriptBuilder::list(parts) + "], 1)";
      }
      case NetworkOp::kSum:
      case NetworkOp::kMean:
        return reduction(node);
      case NetworkOp::kDistance:
        return "torch.mean(torch.square(" + from(node) + " - " + from(node, 1) + "), [1], True)";
      case NetworkOp::kToken:
        return "torch.reshape(" + weights(name + "_token", {node.width}, node.firstWeight) + ", [1, " +
               std::to_string(node.width) + "]).expand([n, " + std::to_string(node.width) + "])";
      case NetworkOp::kScale:
        return scale(node, name);
      case NetworkOp::kAttention:
        return attention(node, name);
      case NetworkOp::kClassAttention:
        return classAttention(node, name);
    }
    return "";
  }

  static std::string reshape(const std::string& value, const std::vector<std::string>& sizes) {
    return ScriptBuilder::reshape(value, sizes);
  }

  std::vector<float> slice(const std::vector<float>& all, size_t first, int64_t count) const {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + count};
  }
  std::string weights(const std::string& name, std::vector<int64_t> shape, size_t first) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    return builder_.tensor(name, ScriptTensor::Kind::kWeight, std::move(shape), slice(graph_.weights, first, count));
  }
  std::string running(const std::string& name, size_t first, int64_t count) {
    return builder_.constant(name, {count}, slice(graph_.running, first, count));
  }

  std::string flat() const {
    std::vector<std::string> parts;
    if (!inputs_.scalars.empty()) parts.push_back(inputs_.scalars);
    for (const ScriptGroup& group : inputs_.groups) {
      parts.push_back(reshape(group.values, {"n", std::to_string(group.length * group.columns)}));
    }
    return "torch.cat([" + ScriptBuilder::list(parts) + "], 1)";
  }

  std::string linear(const NetworkNode& node, const std::string& name) {
    const int64_t inputs = graph_.network.node(node.inputs[0]).width;
    const std::string matrix = weights(name + "_weight", {node.width, inputs}, node.firstWeight);
    const std::string bias =
        weights(name + "_bias", {node.width}, node.firstWeight + static_cast<size_t>(inputs * node.width));
    return ScriptBuilder::call("linear", {from(node), matrix, bias});
  }

  std::string norm(const NetworkNode& node, const std::string& name) {
    const auto width = static_cast<size_t>(node.width);
    const std::string scale = weights(name + "_scale", {node.width}, node.firstWeight);
    const std::string shift = weights(name + "_shift", {node.width}, node.firstWeight + width);
    const std::string epsilon = ScriptBuilder::number(kNormEpsilon);
    if (node.op == NetworkOp::kLayerNorm) {
      const std::string sizes = "[" + std::to_string(node.width) + "]";
      return ScriptBuilder::call("layer_norm", {from(node), sizes, scale, shift, epsilon, "False"});
    }
    const std::string mean = running(name + "_running_mean", node.firstRunning, node.width);
    const std::string variance = running(name + "_running_variance", node.firstRunning + width, node.width);
    return ScriptBuilder::call("batch_norm",
                               {from(node), scale, shift, mean, variance, "False", "0.1", epsilon, "False"});
  }

  std::string reduction(const NetworkNode& node) const {
    const ScriptGroup& group = groupBehind(node);
    const std::string events = reshape(from(node), {"n", std::to_string(group.length), std::to_string(node.width)});
    const std::string sum =
        "torch.sum(torch.masked_fill(" + events + ", torch.logical_not(" + group.mask + "), 0.0), [1])";
    if (node.op == NetworkOp::kSum) return sum;
    return sum + " / torch.reshape(torch.clamp(" + group.count + ", 1), [n, 1])";
  }

  // A head's columns share one weight.
  std::string scale(const NetworkNode& node, const std::string& name) {
    if (node.heads == 0) return from(node) + " * " + weights(name + "_scale", {node.width}, node.firstWeight);
    const std::string heads = weights(name + "_scale", {node.heads}, node.firstWeight);
    return from(node) + " * torch.repeat_interleave(" + heads + ", " + std::to_string(node.width / node.heads) + ")";
  }

  // query [n, heads, q, d], key and value [n, heads, k, d], mask [n, 1, 1, k]; an empty `bias` is none.
  std::string attend(const std::string& name, const NetworkNode& node, const std::string& query, const std::string& key,
                     const std::string& value, const std::string& bias, const std::string& mask) {
    const double headWidth = static_cast<double>(node.width) / static_cast<double>(node.heads);
    std::string scores = "torch.matmul(" + query + ", torch.transpose(" + key + ", 2, 3)) * " +
                         ScriptBuilder::number(1 / std::sqrt(headWidth));
    if (!bias.empty()) scores += " + " + bias;
    const std::string all = builder_.let("_" + name + "_scores", scores);
    const std::string masked =
        "torch.masked_fill(" + all + ", torch.logical_not(" + mask + "), " + ScriptBuilder::number(kMaskedScore) + ")";
    return "torch.matmul(torch.softmax(" + masked + ", 3), " + value + ")";
  }

  // The queries, keys and values of `parts`, as many as `count`, of the heads: [part, n, heads, length, columns of a head].
  std::string parted(const std::string& name, const std::string& parts, const std::string& length, int64_t count,
                     const NetworkNode& node) {
    const std::string split = reshape(parts, {"n", length, std::to_string(count), std::to_string(node.heads),
                                              std::to_string(node.width / node.heads)});
    return builder_.let("_" + name, "torch.permute(" + split + ", [2, 0, 3, 1, 4])");
  }

  std::string attention(const NetworkNode& node, const std::string& name) {
    const ScriptGroup& group = groupBehind(node);
    const std::string length = std::to_string(group.length);
    const std::string parts = parted(name + "_parts", from(node), length, 3, node);
    const std::string bias = "torch.permute(" +
                             reshape(from(node, 1), {"n", length, length, std::to_string(node.heads)}) +
                             ", [0, 3, 1, 2])";
    const std::string mask = reshape(group.mask, {"n", "1", "1", length});
    const std::string heads = attend(name, node, parts + "[0]", parts + "[1]", parts + "[2]", bias, mask);
    return reshape("torch.permute(" + heads + ", [0, 2, 1, 3])", {"n * " + length, std::to_string(node.width)});
  }

  std::string classAttention(const NetworkNode& node, const std::string& name) {
    const ScriptGroup& group = groupBehind(node, 2);
    const std::string length = std::to_string(group.length);
    const std::string both = std::to_string(2 * node.width);
    const std::string keys =
        builder_.let("_" + name + "_keys", "torch.cat([" + reshape(from(node, 1), {"n", "1", both}) + ", " +
                                               reshape(from(node, 2), {"n", length, both}) + "], 1)");
    const std::string parts = parted(name + "_parts", keys, std::to_string(group.length + 1), 2, node);
    const std::string elements = builder_.let("_" + name + "_mask", reshape(group.mask, {"n", "1", "1", length}));
    const std::string mask = "torch.cat([torch.reshape(" + group.count + " >= 0, [n, 1, 1, 1]), " + elements + "], 3)";
    const std::string query =
        reshape(from(node), {"n", std::to_string(node.heads), "1", std::to_string(node.width / node.heads)});
    const std::string heads = attend(name, node, query, parts + "[0]", parts + "[1]", "", mask);
    return reshape(heads, {"n", std::to_string(node.width)});
  }

  ScriptBuilder builder_;
  const NetworkGraph& graph_;
  const ScriptInputs& inputs_;
  std::vector<std::string> variables_;  // of the nodes written so far
};

std::string addPlatt(ScriptBuilder& builder, const ScoreCalibration& calibration, const std::string& scores) {
  const std::string p = builder.let("_clipped", "torch.clamp(" + scores + ", 1e-7, 0.9999999)");
  const std::string slope = builder.constant("calibration_slope", {1}, {static_cast<float>(calibration.slope)});
  const std::string offset = builder.constant("calibration_offset", {1}, {static_cast<float>(calibration.offset)});
  return "torch.sigmoid(torch.log(" + p + " / (1 - " + p + ")) * " + slope + " + " + offset + ")";
}

// As in the graph: the first probability and the sum over pieces of rise * clip((score - begin) / width, 0, 1).
std::string addIsotonic(ScriptBuilder& builder, const ScoreCalibration& calibration, const std::string& scores) {
  std::vector<float> begin = {0};
  std::vector<float> inverse = {1};
  std::vector<float> rise = {0};
  for (size_t i = 0; i + 1 < calibration.points.size(); ++i) {
    const auto& low = calibration.points[i];
    const auto& high = calibration.points[i + 1];
    if (high.probability == low.probability) continue;
    begin.push_back(low.score);
    inverse.push_back(1 / std::max(high.score - low.score, 1e-30F));
    rise.push_back(high.probability - low.probability);
  }
  const auto pieces = static_cast<int64_t>(begin.size());
  const std::string begins = builder.constant("calibration_begin", {pieces}, begin);
  const std::string inverses = builder.constant("calibration_inverse", {pieces}, inverse);
  const std::string rises = builder.constant("calibration_rise", {pieces}, rise);
  const std::string first = builder.constant("calibration_first", {1}, {calibration.points.front().probability});
  return "torch.sum(torch.clamp((" + scores + " - " + begins + ") * " + inverses + ", 0, 1) * " + rises +
         ", [1], True) + " + first;
}

}  // namespace

Result<TorchScript> writeTorchScript(const NetworkGraph& graph, const ScoreCalibration* calibration) {
  MLAAS_CHECK(checkGraph(graph));
  TorchScript script;
  const ScriptInputs inputs = addScriptInputs(script, graph);
  std::string scores = NodeWriter(script, graph, inputs).write();
  ScriptBuilder builder(script);
  if (calibration != nullptr) {
    const bool isPlatt = calibration->kind == ScoreCalibration::Kind::kPlatt;
    scores = isPlatt ? addPlatt(builder, *calibration, scores) : addIsotonic(builder, *calibration, scores);
  }
  script.source += "  return " + scores + "\n";
  return script;
}

}  // namespace mlaas::model
