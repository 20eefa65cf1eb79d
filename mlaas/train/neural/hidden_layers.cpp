#include "mlaas/train/neural/hidden_layers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mlaas::train {

namespace {

using model::Activation;

constexpr std::array<std::pair<const char*, Activation>, 9> kActivations = {{{"relu", Activation::kRelu},
                                                                             {"leaky_relu", Activation::kLeakyRelu},
                                                                             {"elu", Activation::kElu},
                                                                             {"selu", Activation::kSelu},
                                                                             {"gelu", Activation::kGelu},
                                                                             {"silu", Activation::kSilu},
                                                                             {"mish", Activation::kMish},
                                                                             {"tanh", Activation::kTanh},
                                                                             {"sigmoid", Activation::kSigmoid}}};

constexpr size_t kMostLayers = 64;
constexpr int64_t kMostWidth = 65536;

}  // namespace

void HiddenLayers::readWidths(OptionReader& model, const std::string& key) {
  widths = model.integers(key, widths, 1, kMostWidth);
  if (widths.size() > kMostLayers) model.reject(key, "expected at most " + std::to_string(kMostLayers) + " layers");
}

void HiddenLayers::readStyle(OptionReader& model) {
  std::vector<std::string> names;
  for (const auto& [name, one] : kActivations) names.emplace_back(name);
  const std::string chosen = model.choice("activation", "relu", names);
  activation = std::ranges::find(kActivations, chosen, [](const auto& one) { return std::string(one.first); })->second;
  const std::string norm = model.choice("normalisation", "none", {"none", "batch", "layer"});
  normalisation = norm == "batch"   ? Normalisation::kBatch
                  : norm == "layer" ? Normalisation::kLayer
                                    : Normalisation::kNone;
  dropout = model.number("dropout", 0, 0, 0.99);
  residual = model.flag("residual", false);
}

void HiddenLayers::describeStyle(nlohmann::ordered_json& json) const {
  json["activation"] = std::ranges::find(kActivations, activation, [](const auto& one) { return one.second; })->first;
  constexpr std::array<const char*, 3> kNames = {"none", "batch", "layer"};
  json["normalisation"] = kNames.at(static_cast<size_t>(normalisation));
  json["dropout"] = dropout;
  json["residual"] = residual;
}

size_t HiddenLayers::addTo(model::Network& network, size_t input) const {
  size_t x = input;
  for (const int64_t width : widths) {
    const size_t before = x;
    x = network.linear(x, width);
    if (normalisation == Normalisation::kBatch) x = network.batchNorm(x);
    if (normalisation == Normalisation::kLayer) x = network.layerNorm(x);
    x = network.activate(x, activation);
    x = network.dropout(x, dropout);
    if (residual && network.node(before).width == width) x = network.add(before, x);
  }
  return x;
}

void addOutput(model::Network& network, size_t input, OutputForm form) {
  const size_t output = network.linear(input, form.width);
  size_t score = output;
  switch (form.kind) {
    case OutputForm::Kind::kClasses:
      score = network.activate(output, form.width == 1 ? Activation::kSigmoid : Activation::kSoftmax);
      break;
    case OutputForm::Kind::kFlags:
      score = network.activate(output, Activation::kSigmoid);
      break;
    case OutputForm::Kind::kNumbers:
      score = network.rescale(output);
      break;
  }
  network.setOutput(output, score);
}

}  // namespace mlaas::train
