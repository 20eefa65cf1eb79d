// The exponential average of a network's weights over its steps, which often scores better than the last weights.
// The first update takes the weights as they are, each further one moves by 1 - decay towards them, as PyTorch's
// AveragedModel does.
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

namespace mlaas::train {

class WeightAverage {
 public:
  // With a decay of 0 there is no average.
  explicit WeightAverage(double decay) : decay_(static_cast<float>(decay)), rest_(static_cast<float>(1 - decay)) {}

  bool isUsed() const { return decay_ > 0; }
  void update(std::span<const float> weights) {
    if (average_.empty()) {
      average_.assign(weights.begin(), weights.end());
      return;
    }
    for (size_t i = 0; i < weights.size(); ++i) average_[i] = decay_ * average_[i] + rest_ * weights[i];
  }
  // Swaps the average and `weights`: to score with it, and back. Does nothing where it is not used.
  void swap(std::span<float> weights) {
    if (!average_.empty()) std::ranges::swap_ranges(average_, weights);
  }
  // Empty before the first update.
  std::vector<float>& values() { return average_; }

 private:
  float decay_;
  float rest_;
  std::vector<float> average_;
};

}  // namespace mlaas::train
