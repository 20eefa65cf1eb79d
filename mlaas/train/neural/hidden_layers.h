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

// What a network gives for an event.
struct OutputForm {
  enum class Kind : uint8_t {
    kClasses,  // probabilities of classes that exclude each other: one sigmoid, or a softmax
    kFlags,    // probabilities of flags that do not: sigmoids
    kNumbers,  // compared with the truth in its own scale, rescaled for users
  };
  Kind kind = Kind::kClasses;
  int64_t width = 1;
};

// The last layer on `input`, and what users get.
void addOutput(model::Network& network, size_t input, OutputForm form);

}  // namespace mlaas::train
