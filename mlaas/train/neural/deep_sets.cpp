// Deep sets, or the particle flow network: each element of a group through the layers phi, the sum over an event's
// elements, and with the scalars through the layers rho. The order of elements counts for nothing.
// Source: Zaheer et al., arXiv:1703.06114; Komiske, Metodiev, Thaler, arXiv:1810.05165.
#include "mlaas/train/neural/hidden_layers.h"
#include "mlaas/train/neural/network_architecture.h"

namespace mlaas::train {

namespace {

class DeepSets final : public NetworkArchitecture {
 public:
  explicit DeepSets(OptionReader& model) {
    rho_.widths = {128, 128, 128};
    rho_.readStyle(model);
    phi_ = rho_;
    phi_.dropout = 0;
    phi_.readWidths(model, "phi");
    rho_.readWidths(model, "rho");
    mean_ = model.choice("pooling", "sum", {"sum", "mean"}) == "mean";
  }

  Result<model::Network> build(const feature::FeatureSpec& features, OutputForm form) const override {
    if (features.groups.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   "model.kind: deepsets needs a group of jagged columns in dataset.features, found scalars only; add "
                   "a group, or use mlp");
    }
    model::Network network;
    std::vector<size_t> joined;
    if (!features.scalars.empty()) joined.push_back(network.scalars(static_cast<int64_t>(features.scalars.size())));
    for (size_t g = 0; g < features.groups.size(); ++g) {
      const size_t input = network.elements(g, static_cast<int64_t>(features.groups[g].columns.size()));
      const size_t latent = phi_.addTo(network, input);
      joined.push_back(mean_ ? network.mean(latent) : network.sum(latent));
    }
    addOutput(network, rho_.addTo(network, network.concat(joined)), form);
    return network;
  }

  void describe(nlohmann::ordered_json& json) const override {
    json["phi"] = phi_.widths;
    json["rho"] = rho_.widths;
    json["pooling"] = mean_ ? "mean" : "sum";
    rho_.describeStyle(json);
  }

 private:
  HiddenLayers phi_;
  HiddenLayers rho_;
  bool mean_ = false;
};

}  // namespace

std::unique_ptr<NetworkArchitecture> readDeepSets(OptionReader& model) { return std::make_unique<DeepSets>(model); }

}  // namespace mlaas::train
