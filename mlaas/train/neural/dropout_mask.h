// What dropout multiplies values with. Threads: functions of their arguments.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mlaas/base/random.h"

namespace mlaas::train {

// Zeros with this probability, below 1, else 1 / (1 - probability): 16 random bits for each value.
inline void fillDropoutMask(Random& random, double probability, std::span<float> mask) {
  const auto threshold = static_cast<uint64_t>(std::lround(probability * 65536));
  const auto keep = static_cast<float>(1 / (1 - probability));
  for (size_t i = 0; i < mask.size(); i += 4) {
    uint64_t bits = random.bits();
    for (size_t j = i; j < std::min(i + 4, mask.size()); ++j, bits >>= 16) {
      mask[j] = (bits & 0xFFFF) < threshold ? 0 : keep;
    }
  }
}

}  // namespace mlaas::train
