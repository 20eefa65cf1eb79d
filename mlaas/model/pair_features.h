// What a particle transformer sees of two particles a and b (arXiv:2202.03772): with D the distance in eta and phi,
//   ln D,  ln min(pt_a, pt_b) D,  ln min(pt_a, pt_b) / (pt_a + pt_b),  ln of the squared invariant mass,
// each number cut at 1e-8 from below. Float32 arithmetic that the exported graph repeats; the mass is a sum of terms that
// are not negative, so that roundings stay small: m2 = m_a^2 + m_b^2 + 2 (E_a E_b - |p_a||p_b|) + 2 (|p_a||p_b| - p_a p_b).
// Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "mlaas/model/onnx_graph_builder.h"

namespace mlaas::model {

inline constexpr float kLeastOfPair = 1e-8F;  // below it no logarithm is taken
inline constexpr float kTurnOfPair = 6.2831853F;
inline constexpr int kNumPairFeatures = 4;

struct Particle {
  float pt = 0;
  float eta = 0;
  float phi = 0;
  float mass = 0;
};

// Fills `out` [4].
void pairFeatures(const Particle& a, const Particle& b, float* out);

// Nodes behind `particles` [N, length, columns] of raw values; `kinematics` are the columns pt, eta, phi and, if there are
// four, mass. Returns the name of [N, length, length, 4].
std::string addPairFeatures(GraphBuilder& builder, const std::string& particles, const std::vector<size_t>& kinematics,
                            const std::string& name);

}  // namespace mlaas::model
