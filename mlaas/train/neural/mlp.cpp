// The multilayer perceptron: scalars and flattened groups through hidden layers.
#include "mlaas/train/neural/hidden_layers.h"
#include "mlaas/train/neural/network_architecture.h"

namespace mlaas::train {

namespace {

class Mlp final : public NetworkArchitecture {
 public:
  explicit Mlp(OptionReader& model) {
    layers_.widths = {128, 64};
    layers_.readWidths(model, "layers");
    layers_.readStyle(model);
  }

  Result<model::Network> build(const feature::FeatureSpec& features, OutputForm form) const override {
    model::Network network;
    addOutput(network, layers_.addTo(network, network.flat(flatWidth(features))), form);
    return network;
  }

  void describe(nlohmann::ordered_json& json) const override {
    json["layers"] = layers_.widths;
    layers_.describeStyle(json);
  }

 private:
  HiddenLayers layers_;
};

}  // namespace

int64_t flatWidth(const feature::FeatureSpec& features) {
  auto width = static_cast<int64_t>(features.scalars.size());
  for (const auto& group : features.groups) width += group.length * static_cast<int64_t>(group.columns.size());
  return width;
}

std::unique_ptr<NetworkArchitecture> readMlp(OptionReader& model) { return std::make_unique<Mlp>(model); }

}  // namespace mlaas::train
