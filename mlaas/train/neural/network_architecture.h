// A kind of network with its options: what `model` of a workflow says becomes operations once the features are known.
// Table of options: docs/networks.md.
// Threads: values that do not change.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/model/network.h"
#include "mlaas/train/neural/hidden_layers.h"
#include "mlaas/train/option_reader.h"

namespace mlaas::train {

class NetworkArchitecture {
 public:
  virtual ~NetworkArchitecture() = default;
  // kInvalidArgument where the features are not what such a network takes.
  virtual Result<model::Network> build(const feature::FeatureSpec& features, OutputForm form) const = 0;
  // The labels whose events it learns to reproduce, with the squared error as loss; empty for what tells classes apart.
  virtual std::vector<int64_t> reproduces() const { return {}; }
  // Adds every option as it is used.
  virtual void describe(nlohmann::ordered_json& json) const = 0;
};

// Reads the options of one kind; its problems are the reader's.
using ArchitectureReader = std::unique_ptr<NetworkArchitecture> (*)(OptionReader& model);

std::unique_ptr<NetworkArchitecture> readMlp(OptionReader& model);
std::unique_ptr<NetworkArchitecture> readDeepSets(OptionReader& model);
std::unique_ptr<NetworkArchitecture> readParticleTransformer(OptionReader& model);
std::unique_ptr<NetworkArchitecture> readAutoencoder(OptionReader& model);

// Columns of the flat matrix: scalars, and every group element by element.
int64_t flatWidth(const feature::FeatureSpec& features);

}  // namespace mlaas::train
