// Hidden layers as all kinds of networks have them: dense, then normalised, activated and dropped out, with an addition
// around where `residual` asks for it and the widths agree.
// Threads: a value.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlaas/model/network.h"
#include "mlaas/train/option_reader.h"

namespace mlaas::train {

struct HiddenLayers {
  enum class Normalisation : uint8_t { kNone, kBatch, kLayer };

  std::vector<int64_t> widths;
  model::Activation activation = model::Activation::kRelu;
  Normalisation normalisation = Normalisation::kNone;
  double dropout = 0;
  bool residual = false;

  // `key`: the list of widths; activation, normalisation, dropout and residual have names of their own.
  void readWidths(OptionReader& model, const std::string& key);
  void readStyle(OptionReader& model);
  void describeStyle(nlohmann::ordered_json& json) const;

  // The last layer's node, or `input` where there is no layer.
  size_t addTo(model::Network& network, size_t input) const;
};

// The last layer of a classifier on `input`, and its probabilities: one sigmoid, or a softmax.
void addClassifier(model::Network& network, size_t input, int64_t numOutputs);

}  // namespace mlaas::train
