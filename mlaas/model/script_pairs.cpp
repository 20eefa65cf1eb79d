#include "mlaas/model/script_pairs.h"

#include "mlaas/model/pair_features.h"

namespace mlaas::model {

namespace {

// The variables of one call.
class PairWriter {
 public:
  PairWriter(ScriptBuilder& builder, std::string name) : builder_(builder), name_("_" + std::move(name) + "_") {}

  std::string let(const std::string& what, const std::string& expression) {
    return builder_.let(name_ + what, expression);
  }
  // [n, length, 1]
  std::string column(const std::string& what, const std::string& particles, size_t index) {
    return let(what, "torch.narrow(" + particles + ", 2, " + std::to_string(index) + ", 1)");
  }
  // [n, 1, length]
  std::string across(const std::string& value) { return let("across" + std::to_string(number_++), turned(value)); }
  static std::string turned(const std::string& value) { return "torch.transpose(" + value + ", 1, 2)"; }
  static std::string atLeast(const std::string& value) {
    return "torch.clamp(" + value + ", " + ScriptBuilder::number(static_cast<double>(kLeastOfPair)) + ")";
  }
  static std::string logarithm(const std::string& value) { return "torch.log(" + atLeast(value) + ")"; }

  // What masses add to the squared mass of a pair.
  std::string massTerms(const std::string& momentum, const std::string& mass) {
    const std::string massA = let("mass2", mass + " * " + mass);
    const std::string massB = across(massA);
    const std::string momentumB = across(momentum);
    const std::string p2A = let("momentum2", momentum + " * " + momentum);
    const std::string p2B = across(p2A);
    const std::string energy = let("energy", "torch.sqrt(" + massA + " + " + p2A + ")");
    const std::string numerator =
        let("numerator", "(" + massA + " * " + p2B + " + " + massB + " * " + p2A + ") + " + massA + " * " + massB);
    const std::string denominator =
        let("denominator", energy + " * " + across(energy) + " + " + momentum + " * " + momentumB);
    return "(" + massA + " + " + massB + ") + 2.0 * (" + numerator + " / " + atLeast(denominator) + ")";
  }

 private:
  ScriptBuilder& builder_;
  std::string name_;
  int number_ = 0;
};

}  // namespace

std::string addScriptPairs(ScriptBuilder& builder, const std::string& particles, const std::vector<size_t>& kinematics,
                           const std::string& name) {
  PairWriter x(builder, name);
  const std::string turn = ScriptBuilder::number(static_cast<double>(kTurnOfPair));
  const std::string pt = x.column("pt", particles, kinematics[0]);
  const std::string eta = x.column("eta", particles, kinematics[1]);
  const std::string phi = x.column("phi", particles, kinematics[2]);
  const std::string other = x.across(pt);
  const std::string deltaEta = x.let("delta_eta", eta + " - " + PairWriter::turned(eta));
  const std::string turns = x.let("turns", "torch.abs(" + phi + " - " + PairWriter::turned(phi) + ")");
  const std::string angle = x.let("angle", turns + " - " + turn + " * torch.floor(" + turns + " * " +
                                               ScriptBuilder::number(static_cast<double>(1 / kTurnOfPair)) + ")");
  const std::string deltaPhi = x.let("delta_phi", "torch.minimum(" + angle + ", " + turn + " - " + angle + ")");
  const std::string distance =
      x.let("distance", "torch.sqrt(" + deltaEta + " * " + deltaEta + " + " + deltaPhi + " * " + deltaPhi + ")");
  const std::string softer = x.let("softer", "torch.minimum(" + pt + ", " + other + ")");
  const std::string sinh = x.let("sinh", "torch.sinh(0.5 * " + deltaEta + ")");
  const std::string sin = x.let("sin", "torch.sin(0.5 * " + deltaPhi + ")");
  std::string mass2 = x.let(
      "pair_mass2", "4.0 * (" + pt + " * " + other + ") * (" + sinh + " * " + sinh + " + " + sin + " * " + sin + ")");
  if (kinematics.size() > 3) {
    const std::string mass = x.column("mass", particles, kinematics[3]);
    const std::string momentum = x.let("momentum", pt + " * torch.cosh(" + eta + ")");
    const std::string terms = x.massTerms(momentum, mass);
    mass2 = x.let("whole_mass2", mass2 + " + (" + terms + ")");
  }
  const std::string share = softer + " / " + PairWriter::atLeast(pt + " + " + other);
  return x.let("pairs", "torch.stack([" + PairWriter::logarithm(distance) + ", " +
                            PairWriter::logarithm(softer + " * " + distance) + ", " + PairWriter::logarithm(share) +
                            ", " + PairWriter::logarithm(mass2) + "], 3)");
}

}  // namespace mlaas::model
