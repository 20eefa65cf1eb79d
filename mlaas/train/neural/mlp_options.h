// The options of `model: {kind: mlp}` and of the training of a network. Table: docs/training.md.
// Threads: a value.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/model/onnx_writer.h"
#include "mlaas/train/chunk_passes.h"
#include "mlaas/train/class_table.h"
#include "mlaas/train/neural/flat_adam.h"

namespace mlaas::train {

// How features are scaled before the network sees them.
enum class Scaling : uint8_t {
  kStandard,  // mean 0, deviation 1
  kMinMax,    // the training part's range becomes [0, 1]; a constant feature is left as it is
};

struct MlpOptions {
  std::vector<int64_t> layers = {128, 64};
  double dropout = 0;
  model::Activation activation = model::Activation::kRelu;
  std::string activationName = "relu";
  Scaling scaling = Scaling::kStandard;

  int64_t epochs = 20;
  int64_t batchSize = 1000;
  ChunkOptions chunks;
  AdamOptions optimizer;
  std::optional<int64_t> patience = 4;  // nothing: no early stopping
  double leastImprovement = 0;
  ClassBalance balance = ClassBalance::kNone;
  NegativeWeights negative = NegativeWeights::kKeep;
  uint64_t seed = 1;
  int threads = 1;

  nlohmann::ordered_json toJson() const;
};

Result<MlpOptions> readMlpOptions(const dataset::Workflow& workflow);

}  // namespace mlaas::train
