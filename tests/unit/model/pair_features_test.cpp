// Against four-vectors in double precision: E = sqrt(m^2 + p^2), m2 = (p_a + p_b)^2.
#include "mlaas/model/pair_features.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace mlaas::model {
namespace {

struct FourVector {
  double e, x, y, z;
};

FourVector vectorOf(const Particle& p) {
  const double pt = p.pt;
  const double mass = p.mass;
  const FourVector v{0, pt * std::cos(double{p.phi}), pt * std::sin(double{p.phi}), pt * std::sinh(double{p.eta})};
  return {std::sqrt(mass * mass + v.x * v.x + v.y * v.y + v.z * v.z), v.x, v.y, v.z};
}

double mass2Of(const Particle& a, const Particle& b) {
  const auto u = vectorOf(a);
  const auto v = vectorOf(b);
  const auto square = [](double value) { return value * value; };
  return square(u.e + v.e) - square(u.x + v.x) - square(u.y + v.y) - square(u.z + v.z);
}

TEST(PairFeatures, AreThoseOfFourVectors) {
  const std::array<std::pair<Particle, Particle>, 4> pairs = {{{{50, 0.5F, 3, 0}, {30, -1, -3, 0}},
                                                               {{50, 0.5F, 0.1F, 12}, {30, -1, 2, 5}},
                                                               {{200, 2, 1, 0.1F}, {100, 2.1F, 1.1F, 0}},
                                                               {{20, 0, 0, 4}, {20, 0, 0, 4}}}};
  for (const auto& [a, b] : pairs) {
    std::array<float, kNumPairFeatures> found = {};
    pairFeatures(a, b, found.data());
    double phi = std::abs(double{a.phi} - double{b.phi});
    phi = std::min(phi, 2 * M_PI - phi);
    const double distance = std::max(std::hypot(double{a.eta} - double{b.eta}, phi), 1e-8);
    const double softer = std::min(a.pt, b.pt);
    EXPECT_NEAR(found[0], std::log(distance), 1e-6);
    EXPECT_NEAR(found[1], distance > 1e-8 ? std::log(softer * distance) : std::log(1e-8), 1e-6);
    EXPECT_NEAR(found[2], std::log(softer / (double{a.pt} + double{b.pt})), 1e-6);
    EXPECT_NEAR(found[3], std::log(mass2Of(a, b)), 2e-6);
    std::array<float, kNumPairFeatures> turned = {};
    pairFeatures(b, a, turned.data());
    EXPECT_EQ(found, turned);
  }
}

TEST(PairFeatures, AreFiniteForNothing) {
  std::array<float, kNumPairFeatures> found = {};
  pairFeatures({}, {}, found.data());
  for (const float value : found) EXPECT_FLOAT_EQ(value, std::log(1e-8F));
}

}  // namespace
}  // namespace mlaas::model
