// A trained network with its preprocessing: scores raw physics values and writes itself as ONNX.
// Threads: one at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mlaas/model/onnx_writer.h"
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
  // model.pt, the same for libtorch and PyTorch.
  Result<std::vector<ModelFile>> otherForms() const override { return scriptOf(nullptr); }
  Result<std::vector<ModelFile>> calibratedForms(const model::ScoreCalibration& calibration) const override {
    return scriptOf(&calibration);
  }
  nlohmann::ordered_json description() const override;

  const NetworkInput& input() const { return input_; }
  TorchNetwork& network() { return network_; }

 private:
  model::NetworkGraph graph() const;
  Result<std::vector<ModelFile>> scriptOf(const model::ScoreCalibration* calibration) const;

  feature::FeatureSpec features_;
  NetworkInput input_;
  // Gives no constant view of its weights.
  mutable TorchNetwork network_;
  NetworkOptions options_;
  NetworkRows rows_;
};

}  // namespace mlaas::train
