#include "mlaas/model/network.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mlaas/base/random.h"

namespace mlaas::model {

size_t Network::append(NetworkNode node) {
  nodes_.push_back(std::move(node));
  return nodes_.size() - 1;
}

size_t Network::flat(int64_t width) { return append({.op = NetworkOp::kFlat, .inputs = {}, .width = width}); }

size_t Network::scalars(int64_t width) { return append({.op = NetworkOp::kScalars, .inputs = {}, .width = width}); }

size_t Network::elements(size_t group, int64_t width) {
  return append({.op = NetworkOp::kElements, .inputs = {}, .width = width, .group = group});
}

NetworkNode Network::behind(NetworkOp op, size_t input, int64_t width) const {
  NetworkNode node{.op = op, .inputs = {input}, .width = width};
  node.group = nodes_[input].group;
  node.pairs = nodes_[input].pairs;
  return node;
}

size_t Network::linear(size_t input, int64_t width) {
  NetworkNode node = behind(NetworkOp::kLinear, input, width);
  node.firstWeight = numWeights_;
  numWeights_ += static_cast<size_t>((nodes_[input].width + 1) * width);
  return append(std::move(node));
}

size_t Network::activate(size_t input, Activation activation) {
  if (activation == Activation::kNone) return input;
  NetworkNode node = behind(NetworkOp::kActivate, input, nodes_[input].width);
  node.activation = activation;
  return append(std::move(node));
}

size_t Network::normalise(NetworkOp op, size_t input) {
  NetworkNode node = behind(op, input, nodes_[input].width);
  node.firstWeight = numWeights_;
  numWeights_ += static_cast<size_t>(2 * node.width);
  if (op == NetworkOp::kBatchNorm) {
    node.firstRunning = numRunning_;
    numRunning_ += static_cast<size_t>(2 * node.width);
  }
  return append(std::move(node));
}

size_t Network::batchNorm(size_t input) { return normalise(NetworkOp::kBatchNorm, input); }
size_t Network::layerNorm(size_t input) { return normalise(NetworkOp::kLayerNorm, input); }

size_t Network::dropout(size_t input, double probability) {
  if (probability <= 0) return input;
  NetworkNode node = behind(NetworkOp::kDropout, input, nodes_[input].width);
  node.dropout = probability;
  return append(std::move(node));
}

size_t Network::add(size_t left, size_t right) {
  assert(nodes_[left].width == nodes_[right].width && nodes_[left].group == nodes_[right].group);
  NetworkNode node = behind(NetworkOp::kAdd, left, nodes_[left].width);
  node.inputs.push_back(right);
  return append(std::move(node));
}

size_t Network::distance(size_t left, size_t right) {
  assert(nodes_[left].width == nodes_[right].width && nodes_[left].group == nodes_[right].group);
  NetworkNode node = behind(NetworkOp::kDistance, left, 1);
  node.inputs.push_back(right);
  return append(std::move(node));
}

size_t Network::concat(const std::vector<size_t>& inputs) {
  if (inputs.size() == 1) return inputs.front();
  NetworkNode node{.op = NetworkOp::kConcat, .inputs = inputs, .width = 0};
  for (const size_t input : inputs) {
    node.width += nodes_[input].width;
    node.group = nodes_[input].group;
  }
  return append(std::move(node));
}

size_t Network::rescale(size_t input) {
  const int64_t width = nodes_[input].width;
  NetworkNode node{.op = NetworkOp::kRescale, .inputs = {input}, .width = width, .group = nodes_[input].group};
  node.firstRunning = numRunning_;
  numRunning_ += 2 * static_cast<size_t>(width);
  return append(std::move(node));
}

size_t Network::reduce(NetworkOp op, size_t elements) {
  assert(nodes_[elements].group.has_value());
  return append({.op = op, .inputs = {elements}, .width = nodes_[elements].width});
}

size_t Network::sum(size_t elements) { return reduce(NetworkOp::kSum, elements); }
size_t Network::mean(size_t elements) { return reduce(NetworkOp::kMean, elements); }

size_t Network::pairs(size_t group, const std::vector<size_t>& kinematics) {
  constexpr int64_t kWidth = 4;
  NetworkNode node{.op = NetworkOp::kPairs, .inputs = {}, .width = kWidth, .group = group};
  node.pairs = true;
  node.kinematics = kinematics;
  return append(std::move(node));
}

size_t Network::token(int64_t width) {
  NetworkNode node{.op = NetworkOp::kToken, .inputs = {}, .width = width};
  node.firstWeight = numWeights_;
  numWeights_ += static_cast<size_t>(width);
  return append(std::move(node));
}

size_t Network::scale(size_t input, int64_t heads) {
  NetworkNode node = behind(NetworkOp::kScale, input, nodes_[input].width);
  node.heads = heads;
  node.firstWeight = numWeights_;
  numWeights_ += static_cast<size_t>(heads > 0 ? heads : node.width);
  return append(std::move(node));
}

size_t Network::attention(size_t queriesKeysValues, size_t pairs) {
  assert(nodes_[pairs].pairs && nodes_[pairs].group == nodes_[queriesKeysValues].group);
  NetworkNode node = behind(NetworkOp::kAttention, queriesKeysValues, nodes_[queriesKeysValues].width / 3);
  node.inputs.push_back(pairs);
  node.heads = nodes_[pairs].width;
  return append(std::move(node));
}

size_t Network::classAttention(size_t query, size_t own, size_t elements, int64_t heads) {
  assert(nodes_[own].width == 2 * nodes_[query].width && nodes_[elements].width == nodes_[own].width);
  NetworkNode node = behind(NetworkOp::kClassAttention, query, nodes_[query].width);
  node.inputs.insert(node.inputs.end(), {own, elements});
  node.heads = heads;
  return append(std::move(node));
}

size_t Network::again(size_t node, size_t input) {
  NetworkNode other = nodes_[node];
  assert(nodes_[input].width == nodes_[other.inputs.front()].width);
  other.inputs = {input};
  other.group = nodes_[input].group;
  other.pairs = nodes_[input].pairs;
  other.sharesWeights = true;
  return append(std::move(other));
}

bool Network::has(NetworkOp op) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [op](const NetworkNode& node) { return node.op == op; });
}

std::vector<float> Network::initialWeights(uint64_t seed) const {
  // The deviation of a token's columns is 0.02.
  constexpr double kTokenBound = 0.035;
  Random random(seed);
  std::vector<float> weights;
  weights.reserve(numWeights_);
  const auto addUniform = [&](int64_t count, double bound) {
    for (int64_t i = 0; i < count; ++i) weights.push_back(static_cast<float>((2 * random.uniform() - 1) * bound));
  };
  for (const NetworkNode& node : nodes_) {
    if (node.sharesWeights) continue;
    const auto width = static_cast<size_t>(node.width);
    if (node.op == NetworkOp::kLinear) {
      const int64_t inputs = nodes_[node.inputs.front()].width;
      addUniform((inputs + 1) * node.width, 1 / std::sqrt(static_cast<double>(std::max<int64_t>(inputs, 1))));
    } else if (node.op == NetworkOp::kBatchNorm || node.op == NetworkOp::kLayerNorm) {
      weights.insert(weights.end(), width, 1.F);
      weights.insert(weights.end(), width, 0.F);
    } else if (node.op == NetworkOp::kToken) {
      addUniform(node.width, kTokenBound);
    } else if (node.op == NetworkOp::kScale) {
      weights.insert(weights.end(), node.heads > 0 ? static_cast<size_t>(node.heads) : width, 1.F);
    }
  }
  assert(weights.size() == numWeights_);
  return weights;
}

std::vector<float> Network::initialRunning() const {
  std::vector<float> running(numRunning_);
  for (const NetworkNode& node : nodes_) {
    auto ones = running.begin() + static_cast<std::ptrdiff_t>(node.firstRunning);
    if (node.op == NetworkOp::kBatchNorm) ones += node.width;
    if (node.op == NetworkOp::kBatchNorm || node.op == NetworkOp::kRescale) std::fill(ones, ones + node.width, 1.F);
  }
  return running;
}

}  // namespace mlaas::model
