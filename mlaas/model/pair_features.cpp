#include "mlaas/model/pair_features.h"

#include <algorithm>
#include <cmath>

namespace mlaas::model {

namespace {

constexpr float kLeast = kLeastOfPair;
constexpr float kTurn = kTurnOfPair;

// Arithmetic on tensors of a graph; every intermediate tensor has a name of its own.
class Expression {
 public:
  Expression(GraphBuilder& builder, std::string name) : builder_(builder), name_(std::move(name)) {}

  std::string number(float value) { return builder_.constant(next(), {}, std::vector<float>{value}); }
  std::string apply(const std::string& operation, const std::vector<std::string>& inputs) {
    return builder_.node(operation, inputs, next());
  }
  std::string add(const std::string& a, const std::string& b) { return apply("Add", {a, b}); }
  std::string subtract(const std::string& a, const std::string& b) { return apply("Sub", {a, b}); }
  std::string multiply(const std::string& a, const std::string& b) { return apply("Mul", {a, b}); }
  std::string square(const std::string& a) { return multiply(a, a); }
  std::string logarithm(const std::string& a) { return apply("Log", {apply("Max", {a, number(kLeast)})}); }
  // Column `index` of [N, length, columns] as [N, length, 1].
  std::string column(const std::string& tensor, size_t index) {
    const std::string at = builder_.constant(next(), {1}, std::vector<int64_t>{static_cast<int64_t>(index)});
    const std::string result = apply("Gather", {tensor, at});
    builder_.attribute("axis", int64_t{2});
    return result;
  }
  // [N, length, 1] as [N, 1, length].
  std::string across(const std::string& tensor) {
    const std::string result = apply("Transpose", {tensor});
    builder_.attribute("perm", std::vector<int64_t>{0, 2, 1});
    return result;
  }
  std::string stack(const std::vector<std::string>& tensors, const std::string& name) {
    const std::string last = builder_.constant(next(), {1}, std::vector<int64_t>{3});
    std::vector<std::string> wide;
    for (const auto& tensor : tensors) wide.push_back(apply("Unsqueeze", {tensor, last}));
    builder_.node("Concat", wide, name);
    builder_.attribute("axis", int64_t{3});
    return name;
  }

 private:
  std::string next() { return name_ + "_" + std::to_string(number_++); }

  GraphBuilder& builder_;
  std::string name_;
  int number_ = 0;
};

// A particle of every row, and of every column, of the matrix of pairs.
struct Both {
  std::string a;
  std::string b;
};

// 2 m_a^2-like terms: m_a^2 + m_b^2 + 2 (E_a E_b - |p_a||p_b|).
std::string massTerms(Expression& x, const Both& momentum, const std::string& mass) {
  const std::string squared = x.square(mass);
  const Both mass2{squared, x.across(squared)};
  const Both momentum2{x.square(momentum.a), x.square(momentum.b)};
  const std::string energy = x.apply("Sqrt", {x.add(mass2.a, momentum2.a)});
  const std::string numerator =
      x.add(x.add(x.multiply(mass2.a, momentum2.b), x.multiply(mass2.b, momentum2.a)), x.multiply(mass2.a, mass2.b));
  const std::string denominator = x.add(x.multiply(energy, x.across(energy)), x.multiply(momentum.a, momentum.b));
  const std::string ratio = x.apply("Div", {numerator, x.apply("Max", {denominator, x.number(kLeast)})});
  return x.add(x.add(mass2.a, mass2.b), x.multiply(x.number(2), ratio));
}

}  // namespace

void pairFeatures(const Particle& a, const Particle& b, float* out) {
  const float deltaEta = a.eta - b.eta;
  const float turns = std::fabs(a.phi - b.phi);
  const float angle = turns - kTurn * std::floor(turns * (1 / kTurn));
  const float deltaPhi = std::min(angle, kTurn - angle);
  const float distance = std::sqrt(deltaEta * deltaEta + deltaPhi * deltaPhi);
  const float softer = std::min(a.pt, b.pt);
  const float sinhHalf = std::sinh(0.5F * deltaEta);
  const float sinHalf = std::sin(0.5F * deltaPhi);
  float mass2 = 4 * (a.pt * b.pt) * (sinhHalf * sinhHalf + sinHalf * sinHalf);
  if (a.mass != 0 || b.mass != 0) {
    const float momentumA = a.pt * std::cosh(a.eta);
    const float momentumB = b.pt * std::cosh(b.eta);
    const float massA = a.mass * a.mass;
    const float massB = b.mass * b.mass;
    const float p2A = momentumA * momentumA;
    const float p2B = momentumB * momentumB;
    const float numerator = (massA * p2B + massB * p2A) + massA * massB;
    const float denominator = std::sqrt(massA + p2A) * std::sqrt(massB + p2B) + momentumA * momentumB;
    mass2 += (massA + massB) + 2 * (numerator / std::max(denominator, kLeast));
  }
  out[0] = std::log(std::max(distance, kLeast));
  out[1] = std::log(std::max(softer * distance, kLeast));
  out[2] = std::log(std::max(softer / std::max(a.pt + b.pt, kLeast), kLeast));
  out[3] = std::log(std::max(mass2, kLeast));
}

std::string addPairFeatures(GraphBuilder& builder, const std::string& particles, const std::vector<size_t>& kinematics,
                            const std::string& name) {
  Expression x(builder, name);
  const std::string ptA = x.column(particles, kinematics[0]);
  const std::string ptB = x.across(ptA);
  const std::string etaA = x.column(particles, kinematics[1]);
  const std::string phiA = x.column(particles, kinematics[2]);
  const std::string deltaEta = x.subtract(etaA, x.across(etaA));
  const std::string turns = x.apply("Abs", {x.subtract(phiA, x.across(phiA))});
  const std::string whole = x.apply("Floor", {x.multiply(turns, x.number(1 / kTurn))});
  const std::string angle = x.subtract(turns, x.multiply(x.number(kTurn), whole));
  const std::string deltaPhi = x.apply("Min", {angle, x.subtract(x.number(kTurn), angle)});
  const std::string distance = x.apply("Sqrt", {x.add(x.square(deltaEta), x.square(deltaPhi))});
  const std::string softer = x.apply("Min", {ptA, ptB});
  const std::string sum = x.apply("Max", {x.add(ptA, ptB), x.number(kLeast)});

  const std::string half = x.number(0.5F);
  const std::string sinh2 = x.square(x.apply("Sinh", {x.multiply(half, deltaEta)}));
  const std::string sin2 = x.square(x.apply("Sin", {x.multiply(half, deltaPhi)}));
  std::string mass2 = x.multiply(x.multiply(x.number(4), x.multiply(ptA, ptB)), x.add(sinh2, sin2));
  if (kinematics.size() > 3) {
    const std::string momentum = x.multiply(ptA, x.apply("Cosh", {etaA}));
    mass2 = x.add(mass2, massTerms(x, {momentum, x.across(momentum)}, x.column(particles, kinematics[3])));
  }
  return x.stack({x.logarithm(distance), x.logarithm(x.multiply(softer, distance)),
                  x.logarithm(x.apply("Div", {softer, sum})), x.logarithm(mass2)},
                 name);
}

}  // namespace mlaas::model
