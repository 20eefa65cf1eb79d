// The learning rate of each step: `training.schedule` and its warm-up. Formulas: docs/networks.md, PyTorch's.
// Threads: a value.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "mlaas/train/option_reader.h"

namespace mlaas::train {

struct ScheduleOptions {
  enum class Kind : uint8_t { kConstant, kCosine, kPlateau, kOneCycle, kExponential };
  Kind kind = Kind::kConstant;
  double warmup = 0;          // epochs
  double least = 0;           // cosine, plateau: the smallest rate
  double factor = 0.1;        // plateau, exponential
  int64_t patience = 2;       // plateau, epochs
  double threshold = 1e-4;    // plateau: a relative improvement is more than this
  double rising = 0.3;        // one_cycle: fraction of the steps
  double startDivisor = 25;   // one_cycle: of the largest rate
  double finalDivisor = 1e4;  // one_cycle: of the first rate

  void read(OptionReader& training);
  nlohmann::ordered_json toJson() const;
};

class LearningRate {
 public:
  // What changes from epoch to epoch.
  struct Memory {
    double scale = 1;  // of plateau
    double best = std::numeric_limits<double>::infinity();
    int64_t badEpochs = 0;
  };

  // `rate` is the largest; a step counts from 0.
  LearningRate(const ScheduleOptions& options, double rate, int64_t stepsPerEpoch, int64_t epochs);

  double at(int64_t step) const;
  // Takes the loss at the end of an epoch: of the validation part, or of training where there is none.
  void endEpoch(double loss);
  Memory& memory() { return memory_; }

 private:
  double oneCycle(int64_t step) const;

  ScheduleOptions options_;
  double rate_;
  int64_t stepsPerEpoch_;
  int64_t numSteps_;
  Memory memory_;
};

}  // namespace mlaas::train
