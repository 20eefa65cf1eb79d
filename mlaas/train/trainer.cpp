#include "mlaas/train/trainer.h"

#include <cmath>

namespace mlaas::train {

int64_t TrainingInput::eventsIn(dataset::Part part) const {
  int64_t events = 0;
  for (const auto& sample : statistics->samples) events += sample.selected.at(static_cast<size_t>(part));
  return events;
}

int64_t TrainingInput::eventsInMixedEpoch() const { return std::llround(statistics->rowsOfMixedEpoch()); }

Error cancelledTraining() { return {ErrorCode::kCancelled, "the training was stopped; no bundle was written"}; }

}  // namespace mlaas::train
