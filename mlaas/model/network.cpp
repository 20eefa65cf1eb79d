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

size_t Network::linear(size_t input, int64_t width) {
  NetworkNode node{.op = NetworkOp::kLinear, .inputs = {input}, .width = width, .group = nodes_[input].group};
  node.firstWeight = numWeights_;
  numWeights_ += static_cast<size_t>((nodes_[input].width + 1) * width);
  return append(std::move(node));
}

size_t Network::activate(size_t input, Activation activation) {
  if (activation == Activation::kNone) return input;
  const NetworkNode& from = nodes_[input];
  return append({.op = NetworkOp::kActivate,
                 .inputs = {input},
                 .width = from.width,
                 .group = from.group,
                 .activation = activation});
}

size_t Network::normalise(NetworkOp op, size_t input) {
  NetworkNode node{.op = op, .inputs = {input}, .width = nodes_[input].width, .group = nodes_[input].group};
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
  NetworkNode node{.op = NetworkOp::kDropout, .inputs = {input}, .width = nodes_[input].width};
  node.group = nodes_[input].group;
  node.dropout = probability;
  return append(std::move(node));
}

size_t Network::add(size_t left, size_t right) {
  assert(nodes_[left].width == nodes_[right].width && nodes_[left].group == nodes_[right].group);
  return append(
      {.op = NetworkOp::kAdd, .inputs = {left, right}, .width = nodes_[left].width, .group = nodes_[left].group});
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

size_t Network::reduce(NetworkOp op, size_t elements) {
  assert(nodes_[elements].group.has_value());
  return append({.op = op, .inputs = {elements}, .width = nodes_[elements].width});
}

size_t Network::sum(size_t elements) { return reduce(NetworkOp::kSum, elements); }
size_t Network::mean(size_t elements) { return reduce(NetworkOp::kMean, elements); }

bool Network::has(NetworkOp op) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [op](const NetworkNode& node) { return node.op == op; });
}

std::vector<float> Network::initialWeights(uint64_t seed) const {
  Random random(seed);
  std::vector<float> weights;
  weights.reserve(numWeights_);
  for (const NetworkNode& node : nodes_) {
    if (node.op == NetworkOp::kLinear) {
      const int64_t inputs = nodes_[node.inputs.front()].width;
      const double bound = 1 / std::sqrt(static_cast<double>(std::max<int64_t>(inputs, 1)));
      for (int64_t i = 0; i < (inputs + 1) * node.width; ++i) {
        weights.push_back(static_cast<float>((2 * random.uniform() - 1) * bound));
      }
    } else if (node.op == NetworkOp::kBatchNorm || node.op == NetworkOp::kLayerNorm) {
      weights.insert(weights.end(), static_cast<size_t>(node.width), 1.F);
      weights.insert(weights.end(), static_cast<size_t>(node.width), 0.F);
    }
  }
  assert(weights.size() == numWeights_);
  return weights;
}

std::vector<float> Network::initialRunning() const {
  std::vector<float> running(numRunning_);
  for (const NetworkNode& node : nodes_) {
    if (node.op != NetworkOp::kBatchNorm) continue;
    const auto variance = running.begin() + static_cast<std::ptrdiff_t>(node.firstRunning) + node.width;
    std::fill(variance, variance + node.width, 1.F);
  }
  return running;
}

}  // namespace mlaas::model
