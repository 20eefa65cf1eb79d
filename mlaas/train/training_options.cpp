#include "mlaas/train/training_options.h"

#include <limits>

namespace mlaas::train {

void readEarlyStopping(OptionReader& training, std::optional<int64_t>& patience, double& leastImprovement) {
  if (training.isFalse("early_stopping")) {
    patience.reset();
    return;
  }
  OptionReader& reader = training.section("early_stopping");
  patience = reader.integer("patience", patience.value_or(1), 1, 1000000);
  leastImprovement = reader.number("min_delta", leastImprovement, 0, std::numeric_limits<double>::infinity());
}

nlohmann::ordered_json earlyStoppingJson(const std::optional<int64_t>& patience, double leastImprovement) {
  if (!patience) return false;
  return {{"patience", *patience}, {"min_delta", leastImprovement}};
}

ClassBalance readBalance(OptionReader& training) {
  return training.choice("class_balance", "none", {"none", "equal"}) == "equal" ? ClassBalance::kEqual
                                                                                : ClassBalance::kNone;
}

std::string balanceName(ClassBalance balance) { return balance == ClassBalance::kEqual ? "equal" : "none"; }

NegativeWeights readNegative(OptionReader& training, NegativeWeights fallback) {
  const auto name =
      training.choice("negative_weights", negativeName(fallback), {"keep", "absolute", "drop", "pair-annihilate"});
  if (name == "keep") return NegativeWeights::kKeep;
  if (name == "pair-annihilate") return NegativeWeights::kPair;
  return name == "drop" ? NegativeWeights::kDrop : NegativeWeights::kAbsolute;
}

std::string negativeName(NegativeWeights negative) {
  switch (negative) {
    case NegativeWeights::kKeep:
      return "keep";
    case NegativeWeights::kAbsolute:
      return "absolute";
    case NegativeWeights::kDrop:
      return "drop";
    case NegativeWeights::kPair:
      return "pair-annihilate";
  }
  return "keep";
}

nlohmann::ordered_json EarlyStopping::state() const {
  nlohmann::ordered_json state = {{"epoch", epoch_}, {"best_epoch", bestEpoch_}, {"since_best", sinceBest_}};
  if (best_) state["best"] = *best_;
  return state;
}

void EarlyStopping::restore(const nlohmann::ordered_json& state) {
  epoch_ = state.at("epoch").get<int64_t>();
  bestEpoch_ = state.at("best_epoch").get<int64_t>();
  sinceBest_ = state.at("since_best").get<int64_t>();
  best_.reset();
  if (!state.contains("best")) return;
  best_ = state["best"].is_null() ? std::numeric_limits<double>::quiet_NaN() : state["best"].get<double>();
}

bool EarlyStopping::improves(double loss) {
  ++epoch_;
  if (!best_ || loss < *best_ - leastImprovement_) {
    best_ = loss;
    bestEpoch_ = epoch_;
    sinceBest_ = 0;
    return true;
  }
  ++sinceBest_;
  return false;
}

}  // namespace mlaas::train
