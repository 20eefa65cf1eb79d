// The options of a network and of its training. Table: docs/networks.md.
// Threads: a value.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/chunk_passes.h"
#include "mlaas/train/class_table.h"
#include "mlaas/train/neural/feature_scaling.h"
#include "mlaas/train/neural/flat_optimizer.h"
#include "mlaas/train/neural/learning_rate.h"
#include "mlaas/train/neural/network_architecture.h"
#include "mlaas/train/neural/network_loss.h"
#include "mlaas/train/neural/torch_network.h"

namespace mlaas::train {

struct NetworkOptions {
  std::string kind;
  std::string where;  // of `model` in the workflow
  std::shared_ptr<const NetworkArchitecture> architecture;
  ScalingRules scaling;

  int64_t epochs = 20;
  int64_t batchSize = 1000;
  ChunkOptions chunks;
  LossOptions loss;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  double gradientClipping = 0;          // largest norm; 0: as it is
  double averaging = 0;                 // of the weights, see WeightAverage; 0: none
  std::optional<int64_t> patience = 4;  // nothing: no early stopping
  double leastImprovement = 0;
  ClassBalance balance = ClassBalance::kNone;
  NegativeWeights negative = NegativeWeights::kKeep;
  uint64_t seed = 1;
  int threads = 1;
  Precision precision = Precision::kFloat32;

  // Steps of an epoch over so many events.
  int64_t stepsFor(int64_t events) const;
  // Errors name the place in the workflow.
  Result<model::Network> build(const feature::FeatureSpec& features, OutputForm form) const;
  nlohmann::ordered_json toJson() const;
};

Result<NetworkOptions> readNetworkOptions(const std::string& kind, ArchitectureReader readArchitecture,
                                          const dataset::Workflow& workflow);

}  // namespace mlaas::train
