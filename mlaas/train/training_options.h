// The options that all kinds of training share: early stopping, class balance, negative weights.
// Threads: functions of their arguments.
#pragma once

#include <optional>
#include <string>

#include "mlaas/train/class_table.h"
#include "mlaas/train/option_reader.h"

namespace mlaas::train {

// `early_stopping: {patience: N, min_delta: X}` or `early_stopping: false`; what is not given stays.
void readEarlyStopping(OptionReader& training, std::optional<int64_t>& patience, double& leastImprovement);
nlohmann::ordered_json earlyStoppingJson(const std::optional<int64_t>& patience, double leastImprovement);

// `class_balance: none | equal`.
ClassBalance readBalance(OptionReader& training);
std::string balanceName(ClassBalance balance);

// `negative_weights: keep | absolute | drop | pair-annihilate`.
NegativeWeights readNegative(OptionReader& training, NegativeWeights fallback);
std::string negativeName(NegativeWeights negative);

// Decides when the loss has stopped falling. Threads: a value.
class EarlyStopping {
 public:
  EarlyStopping(std::optional<int64_t> patience, double leastImprovement)
      : patience_(patience), leastImprovement_(leastImprovement) {}
  // Takes the loss of the next epoch; true where it is the best so far.
  bool improves(double loss);
  // True when `patience` epochs in a row brought no improvement.
  bool exhausted() const { return patience_ && sinceBest_ >= *patience_; }
  int64_t bestEpoch() const { return bestEpoch_; }
  // How far it is, to be kept in a checkpoint. restore() throws nlohmann's exceptions for other JSON.
  nlohmann::ordered_json state() const;
  void restore(const nlohmann::ordered_json& state);

 private:
  std::optional<int64_t> patience_;
  double leastImprovement_;
  std::optional<double> best_;
  int64_t epoch_ = 0;
  int64_t bestEpoch_ = 0;
  int64_t sinceBest_ = 0;
};

}  // namespace mlaas::train
