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
#include "mlaas/train/neural/feature_scaling.h"
#include "mlaas/train/neural/flat_adam.h"

namespace mlaas::train {

struct MlpOptions {
  std::vector<int64_t> layers = {128, 64};
  double dropout = 0;
  model::Activation activation = model::Activation::kRelu;
  std::string activationName = "relu";
  ScalingRules scaling;

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
