// What a network is trained to make small: the loss of each event from the network's outputs, and its gradient.
//   cross entropy  one output: of the sigmoid, with label 1 or 0; more: of the softmax. With label smoothing e the truth
//                  is 1 - e for the label and e spread evenly over all classes
//   focal          -(1 - p)^gamma ln p, p the probability of the label (Lin et al., arXiv:1708.02002)
//   squared        the mean over outputs of d^2, d = output - target
//   huber          the mean of d^2 / 2 where |d| < delta, else delta (|d| - delta / 2)
//   quantile       the mean of max(level (-d), (1 - level) d): the output becomes that quantile of the target
//   flags          the mean of the cross entropies of sigmoids with targets of 0 and 1
// Threads: functions of their arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mlaas::train {

struct LossOptions {
  enum class Kind : uint8_t { kCrossEntropy, kFocal, kSquared, kHuber, kQuantile, kFlags };
  Kind kind = Kind::kCrossEntropy;
  double gamma = 2;      // focal
  double smoothing = 0;  // cross entropy
  double delta = 1;      // huber, in deviations of the target
  double level = 0.5;    // quantile

  bool usesTargets() const { return kind != Kind::kCrossEntropy && kind != Kind::kFocal; }
};

// The truth of some events. What a loss does not use may be empty.
struct Truth {
  std::span<const int32_t> label = {};
  std::span<const float> target = {};  // [rows, outputs]
  std::span<const float> weight = {};
};

// Fills `gradients` [rows, outputs] with those of the mean over rows of weight * loss, and gives the sum over rows.
double lossOf(const LossOptions& options, std::span<const float> outputs, const Truth& truth,
              std::span<float> gradients);

// "binary cross entropy", as reports call it.
std::string lossName(const LossOptions& options, int64_t numOutputs);

}  // namespace mlaas::train
