// The autoencoder: scaled scalars and flattened groups through ever narrower layers and back. It learns to reproduce the
// events of some classes; what it cannot reproduce is unlike them. The score of an error e is e / (1 + e), from 0 to 1.
#include <algorithm>

#include "mlaas/train/neural/hidden_layers.h"
#include "mlaas/train/neural/network_architecture.h"

namespace mlaas::train {

namespace {

class Autoencoder final : public NetworkArchitecture {
 public:
  explicit Autoencoder(OptionReader& model) {
    encoder_.widths = {64, 32};
    encoder_.readWidths(model, "layers");
    encoder_.readStyle(model);
    latent_ = model.integer("latent", latent_, 1, 65536);
    learns_ = model.integers("learns", learns_, 0, 1);
    if (learns_.empty()) model.reject("learns", "expected at least one label");
  }

  Result<model::Network> build(const feature::FeatureSpec& features, OutputForm form) const override {
    if (form.kind != OutputForm::Kind::kClasses) {
      return Error(ErrorCode::kInvalidArgument,
                   "model.kind: autoencoder learns to reproduce events and predicts no targets; leave dataset.targets "
                   "out, or use mlp");
    }
    if (form.width != 1) {
      return Error(ErrorCode::kInvalidArgument,
                   "model.kind: autoencoder gives one score and needs samples of the labels 0 "
                   "and 1, found " +
                       std::to_string(form.width) + " labels");
    }
    const int64_t width = flatWidth(features);
    HiddenLayers decoder = encoder_;
    std::ranges::reverse(decoder.widths);
    model::Network network;
    const size_t input = network.flat(width);
    const size_t latent = network.linear(encoder_.addTo(network, input), latent_);
    const size_t output = network.linear(decoder.addTo(network, latent), width);
    network.setOutput(output, network.activate(network.distance(output, input), model::Activation::kSoftsign));
    return network;
  }

  void describe(nlohmann::ordered_json& json) const override {
    json["layers"] = encoder_.widths;
    json["latent"] = latent_;
    json["learns"] = learns_;
    encoder_.describeStyle(json);
  }

  std::vector<int64_t> reproduces() const override { return learns_; }

 private:
  HiddenLayers encoder_;
  int64_t latent_ = 8;
  std::vector<int64_t> learns_ = {0};
};

}  // namespace

std::unique_ptr<NetworkArchitecture> readAutoencoder(OptionReader& model) {
  return std::make_unique<Autoencoder>(model);
}

}  // namespace mlaas::train
