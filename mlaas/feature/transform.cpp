#include "mlaas/feature/transform.h"

#include <algorithm>

namespace mlaas::feature {

float Transform::operator()(float x) const {
  if (knots.empty()) return ((logarithm ? signedLogarithm(x) : x) - mean) * inverseScale;
  const auto above =
      std::upper_bound(knots.begin(), knots.end(), x, [](float value, const Knot& knot) { return value < knot.x; });
  if (above == knots.begin()) return knots.front().y;
  if (above == knots.end()) return knots.back().y;
  const Knot& below = *(above - 1);
  return below.y + (x - below.x) * (1 / (above->x - below.x)) * (above->y - below.y);
}

}  // namespace mlaas::feature
