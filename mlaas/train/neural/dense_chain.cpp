#include "mlaas/train/neural/dense_chain.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mlaas/train/neural/dropout_mask.h"

namespace mlaas::train {

namespace {

using model::Activation;
using model::NetworkNode;
using model::NetworkOp;

// A tensor knows nothing of const: those of const values are only read.
at::Tensor over(const float* values, at::IntArrayRef sizes) {
  return at::from_blob(const_cast<float*>(values), sizes, at::TensorOptions().dtype(at::kFloat));
}

bool followsFromValue(Activation activation) {
  switch (activation) {
    case Activation::kNone:
    case Activation::kRelu:
    case Activation::kLeakyRelu:
    case Activation::kElu:
    case Activation::kTanh:
    case Activation::kSigmoid:
      return true;
    default:
      return false;
  }
}

void activate(Activation activation, std::span<float> values) {
  const auto slope = static_cast<float>(model::kLeakySlope);
  switch (activation) {
    case Activation::kRelu:
      for (float& value : values) value = value > 0 ? value : 0;
      break;
    case Activation::kLeakyRelu:
      for (float& value : values) value = value > 0 ? value : slope * value;
      break;
    case Activation::kElu:
      for (float& value : values) value = value > 0 ? value : std::expm1(value);
      break;
    case Activation::kTanh: {
      at::Tensor tensor = over(values.data(), {static_cast<int64_t>(values.size())});
      at::tanh_(tensor);
      break;
    }
    case Activation::kSigmoid: {
      at::Tensor tensor = over(values.data(), {static_cast<int64_t>(values.size())});
      at::sigmoid_(tensor);
      break;
    }
    default:
      break;
  }
}

// Multiplies `gradient` with the derivative where the activation gave `value`.
void differentiate(Activation activation, std::span<const float> value, std::span<float> gradient) {
  const auto slope = static_cast<float>(model::kLeakySlope);
  const size_t size = gradient.size();
  switch (activation) {
    case Activation::kRelu:
      for (size_t i = 0; i < size; ++i) gradient[i] = value[i] > 0 ? gradient[i] : 0;
      break;
    case Activation::kLeakyRelu:
      for (size_t i = 0; i < size; ++i) gradient[i] *= value[i] > 0 ? 1 : slope;
      break;
    case Activation::kElu:
      for (size_t i = 0; i < size; ++i) gradient[i] *= value[i] > 0 ? 1 : value[i] + 1;
      break;
    case Activation::kTanh:
      for (size_t i = 0; i < size; ++i) gradient[i] *= 1 - value[i] * value[i];
      break;
    case Activation::kSigmoid:
      for (size_t i = 0; i < size; ++i) gradient[i] *= value[i] * (1 - value[i]);
      break;
    default:
      break;
  }
}

// Products with a matrix of one column, as the last layer has it: a matrix product would compute eight or more.
// y[row] = x[row] . w + bias
void multiplyColumn(const float* x, int64_t rows, std::span<const float> w, float bias, float* y) {
  constexpr size_t kLanes = 16;
  for (int64_t row = 0; row < rows; ++row, x += w.size()) {
    std::array<float, kLanes> sums = {};
    size_t k = 0;
    for (; k + kLanes <= w.size(); k += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += x[k + lane] * w[k + lane];
    }
    float sum = bias;
    for (; k < w.size(); ++k) sum += x[k] * w[k];
    for (const float one : sums) sum += one;
    y[row] = sum;
  }
}

// to += sum over rows of y[row] x[row]
void addOuter(const float* x, std::span<const float> y, std::span<float> to) {
  for (const float factor : y) {
    for (size_t k = 0; k < to.size(); ++k) to[k] += factor * x[k];
    x += to.size();
  }
}

// x[row] = y[row] w
void spreadColumn(std::span<const float> y, std::span<const float> w, float* x) {
  for (const float factor : y) {
    for (size_t k = 0; k < w.size(); ++k) x[k] = factor * w[k];
    x += w.size();
  }
}

}  // namespace

// y = dropout(activation(x W^T + b))
struct DenseChain::Layer {
  int64_t inputs = 0;
  int64_t width = 0;
  at::Tensor matrix;  // [width, inputs]
  at::Tensor bias;
  at::Tensor matrixGradient;
  float* biasGradient = nullptr;
  Activation activation = Activation::kNone;
  double dropout = 0;

  // [rows, width], of the last forward(), as large as the largest batch so far.
  std::vector<float> activated;  // before dropout
  std::vector<float> mask;
  std::vector<float> dropped;  // what the next layer sees, with dropout
  std::vector<float> gradient;

  std::vector<float>& output() { return dropout > 0 ? dropped : activated; }
  std::span<const float> column() const { return {matrix.data_ptr<float>(), static_cast<size_t>(inputs)}; }

  // Fills `activated` with x W^T + b.
  void multiply(const float* x, int64_t rows);
  // Adds the gradients of W and b.
  void addGradients(const float* x, std::span<const float> ofOutputs, int64_t rows);
  // Fills `to` with the gradients of x.
  void spread(std::span<const float> ofOutputs, int64_t rows, float* to) const;
};

void DenseChain::Layer::multiply(const float* x, int64_t rows) {
  if (width == 1) return multiplyColumn(x, rows, column(), bias.data_ptr<float>()[0], activated.data());
  at::Tensor y = over(activated.data(), {rows, width});
  at::addmm_out(y, bias, over(x, {rows, inputs}), matrix.t());
}

void DenseChain::Layer::addGradients(const float* x, std::span<const float> ofOutputs, int64_t rows) {
  const auto columns = static_cast<size_t>(width);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    for (size_t k = 0; k < columns; ++k) biasGradient[k] += ofOutputs[row * columns + k];
  }
  if (width == 1) {
    return addOuter(x, ofOutputs, {matrixGradient.data_ptr<float>(), static_cast<size_t>(inputs)});
  }
  matrixGradient.addmm_(over(ofOutputs.data(), {rows, width}).t(), over(x, {rows, inputs}));
}

void DenseChain::Layer::spread(std::span<const float> ofOutputs, int64_t rows, float* to) const {
  if (width == 1) return spreadColumn(ofOutputs, column(), to);
  at::Tensor result = over(to, {rows, inputs});
  at::mm_out(result, over(ofOutputs.data(), {rows, width}), matrix);
}

DenseChain::DenseChain() = default;
DenseChain::~DenseChain() = default;

std::unique_ptr<DenseChain> DenseChain::of(const model::Network& network, std::span<float> weights,
                                           std::span<float> gradients) {
  std::unique_ptr<DenseChain> chain(new DenseChain());
  for (size_t i = 0; i <= network.output(); ++i) {
    const NetworkNode& node = network.node(i);
    const bool isInput = node.op == NetworkOp::kFlat || node.op == NetworkOp::kScalars;
    if (isInput != (i == 0) || (i > 0 && node.inputs != std::vector<size_t>{i - 1})) return nullptr;
    if (isInput) {
      chain->input_ = node.op;
    } else if (node.op == NetworkOp::kLinear) {
      Layer layer;
      layer.inputs = network.node(i - 1).width;
      layer.width = node.width;
      const auto matrixSize = static_cast<size_t>(layer.inputs * layer.width);
      layer.matrix = over(weights.data() + node.firstWeight, {layer.width, layer.inputs});
      layer.matrixGradient = over(gradients.data() + node.firstWeight, {layer.width, layer.inputs});
      layer.bias = over(weights.data() + node.firstWeight + matrixSize, {layer.width});
      layer.biasGradient = gradients.data() + node.firstWeight + matrixSize;
      chain->layers_.push_back(std::move(layer));
    } else if (chain->layers_.empty()) {
      return nullptr;
    } else if (Layer& last = chain->layers_.back(); node.op == NetworkOp::kActivate &&
                                                    followsFromValue(node.activation) &&
                                                    last.activation == Activation::kNone && last.dropout == 0) {
      last.activation = node.activation;
    } else if (node.op == NetworkOp::kDropout && last.dropout == 0) {
      last.dropout = node.dropout;
    } else {
      return nullptr;
    }
  }
  if (chain->layers_.empty()) return nullptr;
  return chain;
}

std::span<float> DenseChain::forward(NetworkRows& rows, Random& random) {
  const at::NoGradGuard noGradients;
  rows_ = rows.rows;
  inputValues_ = (input_ == NetworkOp::kFlat ? rows.flat : rows.scalars).data();
  const float* x = inputValues_;
  size_t size = 0;
  for (Layer& layer : layers_) {
    size = static_cast<size_t>(rows_ * layer.width);
    if (layer.activated.size() < size) layer.activated.resize(size);
    layer.multiply(x, rows_);
    activate(layer.activation, std::span(layer.activated).first(size));
    if (layer.dropout > 0) {
      layer.mask.resize(size);
      layer.dropped.resize(std::max(size, layer.dropped.size()));
      fillDropoutMask(random, layer.dropout, layer.mask);
      for (size_t i = 0; i < size; ++i) layer.dropped[i] = layer.activated[i] * layer.mask[i];
    }
    x = layer.output().data();
  }
  return std::span(layers_.back().output()).first(size);
}

void DenseChain::backward(std::span<float> outputGradients) {
  const at::NoGradGuard noGradients;
  std::span<float> gradient = outputGradients;
  for (size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    for (size_t i = 0; layer.dropout > 0 && i < gradient.size(); ++i) gradient[i] *= layer.mask[i];
    differentiate(layer.activation, layer.activated, gradient);
    layer.addGradients(l == 0 ? inputValues_ : layers_[l - 1].output().data(), gradient, rows_);
    if (l == 0) break;
    Layer& before = layers_[l - 1];
    const auto size = static_cast<size_t>(rows_ * before.width);
    if (before.gradient.size() < size) before.gradient.resize(size);
    layer.spread(gradient, rows_, before.gradient.data());
    gradient = std::span(before.gradient).first(size);
  }
}

}  // namespace mlaas::train
