// Targets in the scale in which a network learns them: with mean 0 and deviation 1 over the training part, but flags as
// they are. The network's last operation scales back.
// Threads: a value.
#pragma once

#include <span>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/statistics.h"
#include "mlaas/feature/transform.h"
#include "mlaas/model/network.h"
#include "mlaas/train/neural/network_loss.h"

namespace mlaas::train {

class TargetScale {
 public:
  // kInvalidArgument where the loss is one of flags and a target goes beyond 0 and 1.
  static Result<TargetScale> make(const LossOptions& loss, const std::vector<dataset::FeatureStatistics>& targets);

  // Scales `values` [rows, targets] in place.
  void apply(std::span<float> values) const;
  // Sets what the score of `network`, a model::NetworkOp::kRescale, rescales with; nothing for flags.
  void assign(const model::Network& network, std::span<float> running) const;

 private:
  std::vector<feature::Transform> transforms_;  // by target; empty: as they are
};

}  // namespace mlaas::train
