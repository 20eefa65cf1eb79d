// Functions of angles and momenta of particles, of single values.
#pragma once

#include <cmath>
#include <numbers>

namespace mlaas::table::expression {

// The difference of two angles in radians, in [-pi, pi). The remainder is exact, so angles in (-pi, pi] lose nothing.
struct DeltaPhi {
  double operator()(double a, double b) const {
    constexpr double kPi = std::numbers::pi;
    const double difference = std::remainder(a - b, 2 * kPi);
    return difference >= kPi ? difference - 2 * kPi : difference;
  }
};

// The distance in the plane of pseudorapidity and azimuth: eta1, phi1, eta2, phi2.
struct DeltaR {
  double operator()(double eta1, double phi1, double eta2, double phi2) const {
    const double eta = eta1 - eta2;
    const double phi = DeltaPhi{}(phi1, phi2);
    return std::sqrt(eta * eta + phi * phi);
  }
};

}  // namespace mlaas::table::expression
