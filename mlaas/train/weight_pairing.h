// Negative weights that annihilate with positive ones before training: each event of negative weight takes its weight off
// the nearest events of its class and part until nothing of it is left. Classes keep their sums of weights, no weight is
// negative, and metrics are not concerned.
// Nearest is by the Euclidean distance of the features, each divided by its deviation; absent elements of a list stand at
// the mean. As TMVA's NegWeightTreatment=PairNegWeightsGlobal (MethodBDT), but partners are looked for among the events
// of a window of the shuffled part, not in all: memory and time are bounded, see kPairingWindow.
// The result is a function of the data and dataset.memory, not of seeds or threads.
// Threads: immutable after it is made. Owns: 16 bytes an event whose weight changed, out of dataset.memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/train/class_table.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

// Events of a window at most; each is compared with the others of its class at most twice.
inline constexpr int64_t kPairingWindow = 16384;

// Events of one class as points of weight. Shapes: values [rows, width].
struct WeightedPoints {
  size_t width = 0;
  std::vector<float> values;
  std::vector<double> weights;
  std::vector<int64_t> rows;  // their row numbers, see dataset::Batch
};

// Takes each negative weight, in their order, off the positive weight that is nearest, the first among equals, then off
// the next nearest, until it is 0 or no positive weight is left.
void annihilate(WeightedPoints& points);

class PairedWeights {
 public:
  // Pairs the events of the parts for training and validation. kInvalidArgument where the weights of a class do not sum
  // to more than 0, or memory does not suffice.
  static Result<PairedWeights> make(const TrainingInput& input);

  // Multiplies the weights of `rows` by what pairing leaves of them.
  void apply(std::span<const int64_t> rows, std::span<float> weights) const;
  // Events whose weight changed.
  int64_t numChanged() const { return static_cast<int64_t>(changed_.size()); }

 private:
  friend class PartPairing;
  struct Changed {
    int64_t row = 0;
    double factor = 0;  // of its weight
  };
  std::vector<Changed> changed_;  // by ascending row
  MemoryBudget::Reservation memory_;
};

// WeightScale::make() for a training; with NegativeWeights::kPair the weights are paired first.
Result<WeightScale> makeWeightScale(const TrainingInput& input, ClassBalance balance, NegativeWeights negative);

}  // namespace mlaas::train
