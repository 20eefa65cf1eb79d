#include <algorithm>
#include <cmath>
#include <limits>

#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/traditional/traditional_method.h"

namespace mlaas::train {

namespace {

// Towards signal: the value, or its opposite where signal has the smaller ones. Absent elements lie below all.
float towardsSignal(float value, bool rises) {
  if (!std::isfinite(value)) return -std::numeric_limits<float>::infinity();
  return rises ? value : -value;
}

class SingleCut final : public TraditionalMethod {
 public:
  SingleCut(size_t variable, std::string name, bool rises, const TrainingTable& table)
      : variable_(variable), name_(std::move(name)), rises_(rises) {
    std::vector<std::pair<float, double>> background;
    for (size_t row = 0; row < table.weight.size(); ++row) {
      if (table.isSignal[row] != 0) continue;
      background.emplace_back(towardsSignal(table.variables.columns[variable][row], rises),
                              static_cast<double>(table.weight[row]));
    }
    std::stable_sort(background.begin(), background.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    double sum = 0;
    double highest = 0;
    for (const auto& [value, weight] : background) {
      sum += weight;
      // Sums of negative weights may fall; the score must not.
      highest = std::max(highest, sum);
      if (values_.empty() || value > values_.back()) {
        values_.push_back(value);
        shares_.push_back(highest);
      }
      shares_.back() = highest;
    }
    for (double& share : shares_) share /= highest;
    constexpr double kKept = 0.9;
    const auto at = std::lower_bound(shares_.begin(), shares_.end(), kKept) - shares_.begin();
    cutAtTenPercent_ = values_[std::min(static_cast<size_t>(at), values_.size() - 1)];
  }

  std::vector<float> score(const VariableTable& table) const override {
    std::vector<float> scores;
    for (const float value : table.columns[variable_]) scores.push_back(scoreOf(towardsSignal(value, rises_)));
    return scores;
  }

  nlohmann::ordered_json description() const override {
    const double cut = static_cast<double>(rises_ ? cutAtTenPercent_ : -cutAtTenPercent_);
    nlohmann::ordered_json json = {{"variable", name_}, {"keeps", rises_ ? "above" : "below"}};
    if (std::isfinite(cut)) json["cut_at_10_percent_background"] = cut;
    return json;
  }

 private:
  // Linear between the values of the background, so that unequal values have unequal scores.
  float scoreOf(float value) const {
    const auto above = std::upper_bound(values_.begin(), values_.end(), value) - values_.begin();
    if (above == 0) return 0;
    const auto low = static_cast<size_t>(above) - 1;
    if (low + 1 == values_.size()) return 1;
    if (!std::isfinite(values_[low])) return static_cast<float>(shares_[low]);
    const double share = (static_cast<double>(value) - static_cast<double>(values_[low])) /
                         (static_cast<double>(values_[low + 1]) - static_cast<double>(values_[low]));
    return static_cast<float>(shares_[low] + share * (shares_[low + 1] - shares_[low]));
  }

  size_t variable_;
  std::string name_;
  bool rises_;
  std::vector<float> values_;   // of the background, towards signal, ascending
  std::vector<double> shares_;  // of its weight, up to each value
  float cutAtTenPercent_ = 0;
};

}  // namespace

Result<std::unique_ptr<TraditionalMethod>> trainSingleCut(const TrainingTable& table) {
  MLAAS_CHECK(checkClassWeights(table));
  size_t best = 0;
  bool rises = true;
  double power = -1;
  for (size_t variable = 0; variable < table.variables.columns.size(); ++variable) {
    for (const bool up : {true, false}) {
      std::vector<float> values;
      for (const float value : table.variables.columns[variable]) values.push_back(towardsSignal(value, up));
      const auto roc = computeRoc(values, table.isSignal, table.weight);
      if (!roc || roc->auc <= power) continue;
      best = variable;
      rises = up;
      power = roc->auc;
    }
  }
  return std::unique_ptr<TraditionalMethod>(
      std::make_unique<SingleCut>(best, table.variables.names[best], rises, table));
}

}  // namespace mlaas::train
