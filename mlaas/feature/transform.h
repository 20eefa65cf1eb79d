// What a network sees in the place of a feature: y = ((log?) x - mean) * inverseScale, or a curve through knots.
// Each is float32 arithmetic that the exported graph repeats.
// Threads: values.
#pragma once

#include <cmath>
#include <vector>

namespace mlaas::feature {

// sign(x) * log(1 + |x|): odd, near 0 as x itself. Below 1e-4 or so it is as coarse as float32 is around 1.
inline float signedLogarithm(float x) { return std::copysign(std::log(1.0F + std::fabs(x)), x); }

struct Transform {
  float mean = 0;
  float inverseScale = 1;
  bool logarithm = false;  // of signedLogarithm(x) instead of x
  // With knots y runs linearly from one to the next and stays at the ends; mean and inverseScale count for nothing.
  struct Knot {
    float x = 0;
    float y = 0;
    bool operator==(const Knot&) const = default;
  };
  std::vector<Knot> knots = {};  // empty, or ascending in x, not falling in y

  bool operator==(const Transform&) const = default;
  bool isLinear() const { return !logarithm && knots.empty(); }
  float operator()(float x) const;
};

}  // namespace mlaas::feature
