#include "mlaas/train/neural/torch_network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "mlaas/base/random.h"
#include "mlaas/train/neural/dense_chain.h"
#include "mlaas/train/neural/dropout_mask.h"
#include "mlaas/train/neural/torch_attention.h"

namespace mlaas::train {

namespace {

using model::NetworkNode;
using model::NetworkOp;

constexpr double kBatchNormMomentum = 0.1;

at::Tensor matrixOver(float* values, int64_t rows, int64_t columns) {
  return at::from_blob(values, {rows, columns}, at::TensorOptions().dtype(at::kFloat));
}

at::Tensor activate(const at::Tensor& x, model::Activation activation) {
  switch (activation) {
    case model::Activation::kNone:
      return x;
    case model::Activation::kRelu:
      return at::relu(x);
    case model::Activation::kLeakyRelu:
      return at::leaky_relu(x, model::kLeakySlope);
    case model::Activation::kElu:
      return at::elu(x);
    case model::Activation::kSelu:
      return at::selu(x);
    case model::Activation::kGelu:
      return at::gelu(x);
    case model::Activation::kSilu:
      return at::silu(x);
    case model::Activation::kMish:
      return at::mish(x);
    case model::Activation::kTanh:
      return at::tanh(x);
    case model::Activation::kSigmoid:
      return at::sigmoid(x);
    case model::Activation::kSoftsign:
      return at::div(x, at::add(at::abs(x), 1));
    case model::Activation::kSoftmax:
      return at::softmax(x, 1);
  }
  return x;
}

// Adds up the rows of each event: [elements, width] becomes [events, width].
class SumElements : public torch::autograd::Function<SumElements> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& elements,
                            const at::Tensor& offsets) {
    context->saved_data["offsets"] = offsets;
    const int64_t width = elements.size(1);
    const int64_t events = offsets.numel() - 1;
    const at::Tensor from = elements.contiguous();
    at::Tensor sums = at::zeros({events, width}, at::kFloat);
    const auto* offset = offsets.data_ptr<int64_t>();
    const auto* row = from.data_ptr<float>();
    auto* sum = sums.data_ptr<float>();
    for (int64_t event = 0; event < events; ++event, sum += width) {
      for (int64_t i = offset[event]; i < offset[event + 1]; ++i, row += width) {
        for (int64_t column = 0; column < width; ++column) sum[column] += row[column];
      }
    }
    return sums;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const at::Tensor offsets = context->saved_data["offsets"].toTensor();
    const auto* offset = offsets.data_ptr<int64_t>();
    const int64_t events = offsets.numel() - 1;
    const at::Tensor from = gradients[0].contiguous();
    const int64_t width = from.size(1);
    at::Tensor result = at::empty({offset[events], width}, at::kFloat);
    const auto* gradient = from.data_ptr<float>();
    auto* row = result.data_ptr<float>();
    for (int64_t event = 0; event < events; ++event, gradient += width) {
      for (int64_t i = offset[event]; i < offset[event + 1]; ++i, row += width) {
        std::copy(gradient, gradient + width, row);
      }
    }
    return {result, at::Tensor()};
  }
};

Error torchError(const char* what) {
  // The first line says what; the rest is a stack of addresses.
  const std::string text = what;
  return {ErrorCode::kInternal, "libtorch: " + text.substr(0, text.find('\n'))};
}

// The two weights of a node, views of the flat buffer: matrix and bias, or scale and shift.
struct NodeWeights {
  at::Tensor first;
  at::Tensor second;
};

// The gradients of the weights are float32 again, as the weights are.
at::Tensor linear(const at::Tensor& x, const NodeWeights& weights, bool half) {
  if (!half) return at::linear(x, weights.first, weights.second);
  const auto short16 = [](const at::Tensor& tensor) { return tensor.to(at::kBFloat16); };
  return at::linear(short16(x), short16(weights.first), short16(weights.second)).to(at::kFloat);
}

}  // namespace

struct TorchNetwork::State {
  model::Network network;
  at::Tensor weights;
  at::Tensor gradients;
  at::Tensor running;
  std::vector<NodeWeights> nodeWeights;  // [node]
  Random random{0};
  std::vector<at::Tensor> values;          // [node], of one forward pass
  std::map<size_t, ElementPlaces> places;  // by group, of one forward pass
  std::vector<float> outputGradients;
  std::unique_ptr<DenseChain> chain;  // where the network is one of float32: trains it faster
  Precision precision = Precision::kFloat32;

  void makeViews();
  at::Tensor dropoutMask(const at::Tensor& like, double probability);
  at::Tensor batchNorm(const NetworkNode& node, const NodeWeights& own, const at::Tensor& x, bool training);
  at::Tensor reduce(const NetworkNode& node, NetworkRows& rows, const at::Tensor& x) const;
  at::Tensor input(const NetworkNode& node, NetworkRows& rows) const;
  const ElementPlaces& placesIn(size_t group, const NetworkRows& rows);
  at::Tensor attention(const NetworkNode& node, NetworkRows& rows);
  at::Tensor compute(size_t index, NetworkRows& rows, bool training);
  at::Tensor forward(size_t last, NetworkRows& rows, bool training);
};

void TorchNetwork::State::makeViews() {
  nodeWeights.resize(network.nodes().size());
  const auto view = [this](size_t first, at::IntArrayRef sizes, int64_t length) {
    const auto offset = static_cast<int64_t>(first);
    at::Tensor leaf = weights.narrow(0, offset, length).view(sizes).detach();
    leaf.requires_grad_(true);
    leaf.mutable_grad() = gradients.narrow(0, offset, length).view(sizes);
    return leaf;
  };
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    const NetworkNode& node = network.node(i);
    const bool isNorm = node.op == NetworkOp::kBatchNorm || node.op == NetworkOp::kLayerNorm;
    if (node.op == NetworkOp::kLinear) {
      const int64_t inputs = network.node(node.inputs[0]).width;
      nodeWeights[i].first = view(node.firstWeight, {node.width, inputs}, inputs * node.width);
      nodeWeights[i].second =
          view(node.firstWeight + static_cast<size_t>(inputs * node.width), {node.width}, node.width);
    } else if (isNorm) {
      nodeWeights[i].first = view(node.firstWeight, {node.width}, node.width);
      nodeWeights[i].second = view(node.firstWeight + static_cast<size_t>(node.width), {node.width}, node.width);
    } else if (node.op == NetworkOp::kToken || node.op == NetworkOp::kScale) {
      const int64_t length = node.heads > 0 ? node.heads : node.width;
      nodeWeights[i].first = view(node.firstWeight, {length}, length);
    }
  }
}

at::Tensor TorchNetwork::State::dropoutMask(const at::Tensor& like, double probability) {
  at::Tensor mask = at::empty(like.sizes(), at::kFloat);
  fillDropoutMask(random, probability, {mask.data_ptr<float>(), static_cast<size_t>(mask.numel())});
  return mask;
}

// A single row has no variance: it is normalised by the running numbers.
at::Tensor TorchNetwork::State::batchNorm(const NetworkNode& node, const NodeWeights& own, const at::Tensor& x,
                                          bool training) {
  if (x.size(0) == 0) return x;
  const auto first = static_cast<int64_t>(node.firstRunning);
  const at::Tensor mean = running.narrow(0, first, node.width);
  const at::Tensor variance = running.narrow(0, first + node.width, node.width);
  return at::batch_norm(x, own.first, own.second, mean, variance, training && x.size(0) > 1, kBatchNormMomentum,
                        model::kNormEpsilon, false);
}

at::Tensor TorchNetwork::State::reduce(const NetworkNode& node, NetworkRows& rows, const at::Tensor& x) const {
  std::vector<int64_t>& offsets = rows.groups[*network.node(node.inputs[0]).group].offsets;
  const at::Tensor offsetsTensor =
      at::from_blob(offsets.data(), {static_cast<int64_t>(offsets.size())}, at::TensorOptions().dtype(at::kLong));
  at::Tensor sum = SumElements::apply(x, offsetsTensor);
  if (node.op == NetworkOp::kSum) return sum;
  at::Tensor inverse = at::empty({rows.rows, 1}, at::kFloat);
  for (int64_t row = 0; row < rows.rows; ++row) {
    const auto at = static_cast<size_t>(row);
    const int64_t count = std::max<int64_t>(offsets[at + 1] - offsets[at], 1);
    inverse.data_ptr<float>()[row] = 1.F / static_cast<float>(count);
  }
  return at::mul(sum, inverse);
}

at::Tensor TorchNetwork::State::input(const NetworkNode& node, NetworkRows& rows) const {
  if (node.op == NetworkOp::kFlat) return matrixOver(rows.flat.data(), rows.rows, node.width);
  if (node.op == NetworkOp::kScalars) return matrixOver(rows.scalars.data(), rows.rows, node.width);
  NetworkRows::Group& group = rows.groups[*node.group];
  if (node.op == NetworkOp::kPairs) {
    return matrixOver(group.pairs.data(), static_cast<int64_t>(group.pairs.size()) / node.width, node.width);
  }
  return matrixOver(group.elements.data(), group.offsets.back(), node.width);
}

const ElementPlaces& TorchNetwork::State::placesIn(size_t group, const NetworkRows& rows) {
  const auto found = places.find(group);
  if (found != places.end()) return found->second;
  return places.emplace(group, placesOf(rows.groups[group].offsets)).first->second;
}

at::Tensor TorchNetwork::State::attention(const NetworkNode& node, NetworkRows& rows) {
  const auto from = [&](size_t i) -> const at::Tensor& { return values[node.inputs[i]]; };
  if (node.op == NetworkOp::kAttention) return attend(from(0), from(1), placesIn(*node.group, rows));
  const size_t group = *network.node(node.inputs[2]).group;
  return attendClass(from(0), from(1), from(2), node.heads, placesIn(group, rows));
}

at::Tensor TorchNetwork::State::compute(size_t index, NetworkRows& rows, bool training) {
  const NetworkNode& node = network.node(index);
  const NodeWeights& own = nodeWeights[index];
  const auto from = [&](size_t i) -> const at::Tensor& { return values[node.inputs[i]]; };
  switch (node.op) {
    case NetworkOp::kFlat:
    case NetworkOp::kScalars:
    case NetworkOp::kElements:
    case NetworkOp::kPairs:
      return input(node, rows);
    case NetworkOp::kLinear:
      return linear(from(0), own, training && precision == Precision::kBfloat16);
    case NetworkOp::kActivate:
      return activate(from(0), node.activation);
    case NetworkOp::kBatchNorm:
      return batchNorm(node, own, from(0), training);
    case NetworkOp::kLayerNorm:
      return at::layer_norm(from(0), {node.width}, own.first, own.second, model::kNormEpsilon, false);
    case NetworkOp::kDropout:
      return training ? at::mul(from(0), dropoutMask(from(0), node.dropout)) : from(0);
    case NetworkOp::kAdd:
      return at::add(from(0), from(1));
    case NetworkOp::kRescale: {
      const auto first = static_cast<int64_t>(node.firstRunning);
      return at::add(at::mul(from(0), running.narrow(0, first, node.width)),
                     running.narrow(0, first + node.width, node.width));
    }
    case NetworkOp::kConcat: {
      std::vector<at::Tensor> parts;
      for (size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(from(i));
      return at::cat(parts, 1);
    }
    case NetworkOp::kSum:
    case NetworkOp::kMean:
      return reduce(node, rows, from(0));
    case NetworkOp::kDistance:
      return at::mean(at::square(at::sub(from(0), from(1))), at::IntArrayRef{1}, true);
    case NetworkOp::kToken:
      return own.first.view({1, node.width}).expand({rows.rows, node.width});
    case NetworkOp::kScale:
      return at::mul(from(0), node.heads > 0 ? own.first.repeat_interleave(node.width / node.heads) : own.first);
    case NetworkOp::kAttention:
    case NetworkOp::kClassAttention:
      return attention(node, rows);
  }
  return {};
}

at::Tensor TorchNetwork::State::forward(size_t last, NetworkRows& rows, bool training) {
  values.assign(network.nodes().size(), at::Tensor());
  places.clear();
  for (size_t i = 0; i <= last; ++i) values[i] = compute(i, rows, training);
  at::Tensor result = values[last].contiguous();
  values.clear();
  return result;
}

TorchNetwork::TorchNetwork(std::unique_ptr<State> state) : state_(std::move(state)) {}
TorchNetwork::TorchNetwork(TorchNetwork&&) noexcept = default;
TorchNetwork& TorchNetwork::operator=(TorchNetwork&&) noexcept = default;
TorchNetwork::~TorchNetwork() = default;

Result<TorchNetwork> TorchNetwork::make(const model::Network& network, uint64_t seed, int threads,
                                        Precision precision) {
  try {
    at::set_num_threads(threads);
    auto state = std::make_unique<State>();
    state->network = network;
    state->weights = at::zeros({static_cast<int64_t>(network.numWeights())}, at::kFloat);
    state->gradients = at::zeros({static_cast<int64_t>(network.numWeights())}, at::kFloat);
    state->running = at::zeros({static_cast<int64_t>(network.numRunning())}, at::kFloat);
    state->makeViews();
    TorchNetwork result(std::move(state));
    std::ranges::copy(network.initialWeights(seed), result.weights().begin());
    std::ranges::copy(network.initialRunning(), result.running().begin());
    result.state_->precision = precision;
    if (precision == Precision::kFloat32) {
      result.state_->chain = DenseChain::of(result.network(), result.weights(), result.gradients());
    }
    return result;
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

const model::Network& TorchNetwork::network() const { return state_->network; }

std::span<float> TorchNetwork::weights() {
  return {state_->weights.data_ptr<float>(), static_cast<size_t>(state_->weights.numel())};
}

std::span<float> TorchNetwork::gradients() {
  return {state_->gradients.data_ptr<float>(), static_cast<size_t>(state_->gradients.numel())};
}

std::span<float> TorchNetwork::running() {
  return {state_->running.data_ptr<float>(), static_cast<size_t>(state_->running.numel())};
}

Result<double> TorchNetwork::trainStep(NetworkRows& rows, const Truth& truth, const LossOptions& loss, uint64_t seed) {
  try {
    state_->random = Random(seed);
    if (state_->chain && rows.rows > 0) {
      const std::span<float> outputs = state_->chain->forward(rows, state_->random);
      state_->outputGradients.resize(outputs.size());
      const double sum = lossOf(loss, outputs, truth, state_->outputGradients);
      state_->chain->backward(state_->outputGradients);
      return sum;
    }
    const at::Tensor outputs = state_->forward(state_->network.output(), rows, true);
    const auto size = static_cast<size_t>(outputs.numel());
    state_->outputGradients.resize(size);
    const double sum = lossOf(loss, {outputs.data_ptr<float>(), size}, truth, state_->outputGradients);
    outputs.backward(matrixOver(state_->outputGradients.data(), outputs.size(0), outputs.size(1)));
    return sum;
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

Result<void> TorchNetwork::score(NetworkRows& rows, std::vector<float>& scores) {
  try {
    const at::NoGradGuard noGradients;
    const at::Tensor result = state_->forward(state_->network.score(), rows, false);
    scores.assign(result.data_ptr<float>(), result.data_ptr<float>() + result.numel());
    return {};
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

std::string torchVersion() { return TORCH_VERSION; }

}  // namespace mlaas::train
