#include "mlaas/train/neural/mlp_network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>

#include "mlaas/base/random.h"
#include "mlaas/train/neural/mlp_trainer.h"

namespace mlaas::train {

namespace {

struct Layer {
  int64_t inputs = 0;
  int64_t outputs = 0;
  at::Tensor weight;  // views of the flat buffer
  at::Tensor bias;
};

at::Tensor matrixOver(float* values, int64_t rows, int64_t columns) {
  return at::from_blob(values, {rows, columns}, at::TensorOptions().dtype(at::kFloat));
}

Result<at::Tensor> activate(const at::Tensor& x, model::Activation activation) {
  switch (activation) {
    case model::Activation::kRelu:
      return at::relu(x);
    case model::Activation::kElu:
      return at::elu(x);
    case model::Activation::kSelu:
      return at::selu(x);
    case model::Activation::kGelu:
      return at::gelu(x);
    case model::Activation::kSilu:
      return at::silu(x);
    case model::Activation::kTanh:
      return at::tanh(x);
    case model::Activation::kNone:
    case model::Activation::kSigmoid:
    case model::Activation::kSoftmax:
      break;
  }
  return Error(ErrorCode::kUnsupported, "this activation is not one for hidden layers of an mlp");
}

// Loss of one event from its logits, and the gradient of that loss by the logits.
double binaryLoss(float logit, bool isSignal, float weight, float scale, float* gradient) {
  const auto z = static_cast<double>(logit);
  const double probability = 1 / (1 + std::exp(-z));
  const double target = isSignal ? 1 : 0;
  gradient[0] = static_cast<float>((probability - target) * static_cast<double>(weight) * static_cast<double>(scale));
  const double softplus = std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)));
  return softplus - target * z;
}

double softmaxLoss(const float* logits, int64_t outputs, int32_t label, float weight, float scale, float* gradient) {
  const double largest = static_cast<double>(*std::max_element(logits, logits + outputs));
  double sum = 0;
  for (int64_t k = 0; k < outputs; ++k) sum += std::exp(static_cast<double>(logits[k]) - largest);
  const double normalisation = largest + std::log(sum);
  for (int64_t k = 0; k < outputs; ++k) {
    const double probability = std::exp(static_cast<double>(logits[k]) - normalisation);
    gradient[k] = static_cast<float>((probability - (k == label ? 1.0 : 0.0)) * static_cast<double>(weight) *
                                     static_cast<double>(scale));
  }
  return normalisation - static_cast<double>(logits[label]);
}

Error torchError(const char* what) {
  // The first line says what; the rest is a stack of addresses.
  const std::string text = what;
  return {ErrorCode::kInternal, "libtorch: " + text.substr(0, text.find('\n'))};
}

}  // namespace

struct MlpNetwork::State {
  MlpShape shape;
  at::Tensor parameters;
  at::Tensor gradients;
  std::vector<Layer> layers;
  Random random{0};
  std::vector<float> logitGradients;

  void makeLayers();
  void initialise(uint64_t seed);
  at::Tensor dropoutMask(const at::Tensor& like);
  Result<at::Tensor> logits(const at::Tensor& input, bool training);
};

void MlpNetwork::State::makeLayers() {
  std::vector<int64_t> widths = {shape.inputs};
  widths.insert(widths.end(), shape.hidden.begin(), shape.hidden.end());
  widths.push_back(shape.outputs);
  int64_t total = 0;
  for (size_t i = 0; i + 1 < widths.size(); ++i) total += (widths[i] + 1) * widths[i + 1];
  parameters = at::zeros({total}, at::kFloat);
  gradients = at::zeros({total}, at::kFloat);

  int64_t offset = 0;
  const auto view = [&](at::IntArrayRef sizes, int64_t length) {
    at::Tensor leaf = parameters.narrow(0, offset, length).view(sizes).detach();
    leaf.requires_grad_(true);
    leaf.mutable_grad() = gradients.narrow(0, offset, length).view(sizes);
    offset += length;
    return leaf;
  };
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    Layer layer{widths[i], widths[i + 1], {}, {}};
    layer.weight = view({layer.outputs, layer.inputs}, layer.outputs * layer.inputs);
    layer.bias = view({layer.outputs}, layer.outputs);
    layers.push_back(std::move(layer));
  }
}

void MlpNetwork::State::initialise(uint64_t seed) {
  Random generator(seed);
  float* value = parameters.data_ptr<float>();
  for (const Layer& layer : layers) {
    const double bound = 1 / std::sqrt(static_cast<double>(std::max<int64_t>(layer.inputs, 1)));
    for (int64_t i = 0; i < (layer.inputs + 1) * layer.outputs; ++i) {
      *value++ = static_cast<float>((2 * generator.uniform() - 1) * bound);
    }
  }
}

// Zeros with the dropout's probability, else 1 / (1 - dropout): 16 random bits for each value.
at::Tensor MlpNetwork::State::dropoutMask(const at::Tensor& like) {
  at::Tensor mask = at::empty(like.sizes(), at::kFloat);
  const auto threshold = static_cast<uint64_t>(std::lround(shape.dropout * 65536));
  const auto keep = static_cast<float>(1 / (1 - shape.dropout));
  float* values = mask.data_ptr<float>();
  const int64_t count = mask.numel();
  for (int64_t i = 0; i < count; i += 4) {
    uint64_t bits = random.bits();
    for (int64_t j = i; j < std::min(i + 4, count); ++j, bits >>= 16) {
      values[j] = (bits & 0xFFFF) < threshold ? 0 : keep;
    }
  }
  return mask;
}

Result<at::Tensor> MlpNetwork::State::logits(const at::Tensor& input, bool training) {
  at::Tensor x = input;
  for (size_t i = 0; i < layers.size(); ++i) {
    x = at::linear(x, layers[i].weight, layers[i].bias);
    if (i + 1 == layers.size()) break;
    MLAAS_TRY(x, activate(x, shape.activation));
    if (training && shape.dropout > 0) x = at::mul(x, dropoutMask(x));
  }
  return x;
}

MlpNetwork::MlpNetwork(std::unique_ptr<State> state) : state_(std::move(state)) {}
MlpNetwork::MlpNetwork(MlpNetwork&&) noexcept = default;
MlpNetwork& MlpNetwork::operator=(MlpNetwork&&) noexcept = default;
MlpNetwork::~MlpNetwork() = default;

Result<MlpNetwork> MlpNetwork::make(const MlpShape& shape, uint64_t seed) {
  try {
    at::set_num_threads(shape.threads);
    auto state = std::make_unique<State>();
    state->shape = shape;
    state->makeLayers();
    state->initialise(seed);
    MLAAS_CHECK(activate(at::zeros({1}), shape.activation));
    return MlpNetwork(std::move(state));
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

std::span<float> MlpNetwork::parameters() {
  return {state_->parameters.data_ptr<float>(), static_cast<size_t>(state_->parameters.numel())};
}

std::span<float> MlpNetwork::gradients() {
  return {state_->gradients.data_ptr<float>(), static_cast<size_t>(state_->gradients.numel())};
}

void MlpNetwork::seedDropout(uint64_t seed) { state_->random = Random(seed); }

Result<double> MlpNetwork::trainStep(std::span<float> input, std::span<const int32_t> label,
                                     std::span<const float> weight) {
  try {
    const auto rows = static_cast<int64_t>(label.size());
    const int64_t outputs = state_->shape.outputs;
    MLAAS_TRY(const at::Tensor logits, state_->logits(matrixOver(input.data(), rows, state_->shape.inputs), true));
    state_->logitGradients.resize(static_cast<size_t>(rows * outputs));
    const float* z = logits.data_ptr<float>();
    float* gradient = state_->logitGradients.data();
    const float scale = 1.F / static_cast<float>(rows);
    double loss = 0;
    for (size_t row = 0; row < label.size(); ++row, z += outputs, gradient += outputs) {
      const double own = outputs == 1 ? binaryLoss(*z, label[row] == 1, weight[row], scale, gradient)
                                      : softmaxLoss(z, outputs, label[row], weight[row], scale, gradient);
      loss += own * static_cast<double>(weight[row]);
    }
    logits.backward(matrixOver(state_->logitGradients.data(), rows, outputs));
    return loss;
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

Result<void> MlpNetwork::score(std::span<float> input, std::vector<float>& scores) {
  try {
    const at::NoGradGuard noGradients;
    const int64_t inputs = state_->shape.inputs;
    const auto rows = static_cast<int64_t>(input.size()) / inputs;
    MLAAS_TRY(const at::Tensor logits, state_->logits(matrixOver(input.data(), rows, inputs), false));
    const at::Tensor result = state_->shape.outputs == 1 ? at::sigmoid(logits) : at::softmax(logits, 1);
    scores.assign(result.data_ptr<float>(), result.data_ptr<float>() + result.numel());
    return {};
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

std::vector<model::DenseLayer> MlpNetwork::layers() const {
  std::vector<model::DenseLayer> result;
  for (const Layer& layer : state_->layers) {
    model::DenseLayer dense;
    dense.inputs = layer.inputs;
    dense.outputs = layer.outputs;
    dense.weight.assign(layer.weight.data_ptr<float>(), layer.weight.data_ptr<float>() + layer.weight.numel());
    dense.bias.assign(layer.bias.data_ptr<float>(), layer.bias.data_ptr<float>() + layer.bias.numel());
    dense.activation = state_->shape.activation;
    result.push_back(std::move(dense));
  }
  result.back().activation = state_->shape.outputs == 1 ? model::Activation::kSigmoid : model::Activation::kSoftmax;
  return result;
}

std::string torchVersion() { return TORCH_VERSION; }

}  // namespace mlaas::train
