#include "mlaas/train/neural/target_scale.h"

#include <string>

namespace mlaas::train {

Result<TargetScale> TargetScale::make(const LossOptions& loss, const std::vector<dataset::FeatureStatistics>& targets) {
  TargetScale scale;
  if (loss.kind != LossOptions::Kind::kFlags) {
    scale.transforms_ = dataset::standardise(targets);
    return scale;
  }
  for (const auto& target : targets) {
    if (target.minimum >= 0 && target.maximum <= 1) continue;
    return Error(ErrorCode::kInvalidArgument, "training.loss: with flags every target is 0 or 1, but '" + target.name +
                                                  "' lies between " + std::to_string(target.minimum) + " and " +
                                                  std::to_string(target.maximum) + "; define a flag, or use squared");
  }
  return scale;
}

void TargetScale::apply(std::span<float> values) const {
  for (size_t i = 0; i < values.size() && !transforms_.empty(); ++i) {
    values[i] = transforms_[i % transforms_.size()](values[i]);
  }
}

void TargetScale::assign(const model::Network& network, std::span<float> running) const {
  if (transforms_.empty()) return;
  const size_t first = network.node(network.score()).firstRunning;
  for (size_t i = 0; i < transforms_.size(); ++i) {
    running[first + i] = 1 / transforms_[i].inverseScale;
    running[first + transforms_.size() + i] = transforms_[i].mean;
  }
}

}  // namespace mlaas::train
