// The score of the TrackML challenge: the weight of the hits that stand in a good track, over the weight of all hits of the
// event. A track is good where one particle has more than half of its hits, and these are more than half of the particle's
// hits; what counts is the weight of these hits. Hits of the particle 0 (noise) have the weight 0 there, and are a particle
// as any other here.
// Source: Amrouche et al., "The Tracking Machine Learning Challenge: Accuracy Phase" (2020), section 2.4;
//         the Python package trackml, score_event.
// Threads: as EventMetric.
#pragma once

#include "mlaas/train/metrics/event_metric.h"

namespace mlaas::train {

class TrackmlScore final : public EventMetric {
 public:
  // Uses truth (particle), assigned (track) and weight. Nothing where the weights do not sum to more than 0.
  Result<std::optional<double>> addEvent(const EventElements& event) override;
  nlohmann::ordered_json result() const override;

 private:
  int64_t events_ = 0;
  double sum_ = 0;
};

}  // namespace mlaas::train
