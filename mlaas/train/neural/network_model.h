// A trained network with its preprocessing: scores raw physics values and writes itself as ONNX.
// Threads: one at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mlaas/train/neural/network_input.h"
#include "mlaas/train/neural/network_options.h"
#include "mlaas/train/neural/torch_network.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

class NetworkModel final : public TrainedModel {
 public:
  NetworkModel(feature::FeatureSpec features, NetworkInput input, TorchNetwork network, NetworkOptions options)
      : features_(std::move(features)),
        input_(std::move(input)),
        network_(std::move(network)),
        options_(std::move(options)) {}

  Result<void> score(const feature::Tensors& features, std::vector<float>& scores) override;
  model::EngineKind engine() const override { return model::EngineKind::kOnnx; }
  std::string fileName() const override { return "model.onnx"; }
  Result<std::string> serialise() const override;
  nlohmann::ordered_json description() const override;

  const NetworkInput& input() const { return input_; }
  TorchNetwork& network() { return network_; }

 private:
  feature::FeatureSpec features_;
  NetworkInput input_;
  // Gives no constant view of its weights.
  mutable TorchNetwork network_;
  NetworkOptions options_;
  NetworkRows rows_;
};

}  // namespace mlaas::train
