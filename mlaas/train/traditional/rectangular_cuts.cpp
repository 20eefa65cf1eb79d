#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "mlaas/train/traditional/traditional_method.h"

namespace mlaas::train {

namespace {

constexpr double kPeel = 0.05;         // of the signal that is left
constexpr double kLeastPeel = 0.01;    // of either class: smaller steps would only use up boxes
constexpr double kLeastSignal = 0.02;  // of all signal: the last box
constexpr size_t kMostBoxes = 100;
constexpr size_t kMostEvents = 50000;  // that boxes are made from

// Takes off the events with a value beyond `limit` of one variable.
struct Peel {
  size_t variable = 0;
  bool fromBelow = true;  // takes off values < limit, else values > limit
  float limit = 0;
  double signal = 0;  // that it takes off
  double background = 0;
};

class BoxFinder {
 public:
  explicit BoxFinder(const TrainingTable& table, const std::vector<double>& means) : table_(table) {
    const size_t rows = std::min(table.variables.rows, kMostEvents);
    inside_.assign(rows, 1);
    for (size_t v = 0; v < means.size(); ++v) {
      std::vector<float> column(table.variables.columns[v].begin(),
                                table.variables.columns[v].begin() + static_cast<std::ptrdiff_t>(rows));
      for (float& value : column) value = std::isfinite(value) ? value : static_cast<float>(means[v]);
      std::vector<uint32_t> order(rows);
      std::iota(order.begin(), order.end(), 0U);
      std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return column[a] < column[b]; });
      columns_.push_back(std::move(column));
      orders_.push_back(std::move(order));
    }
    for (size_t row = 0; row < rows; ++row) add(row, 1);
    all_ = signal_;
  }

  std::vector<Peel> run() {
    std::vector<Peel> peels;
    while (peels.size() < kMostBoxes && signal_ > kLeastSignal * all_ && background_ > 0) {
      const auto peel = bestPeel();
      if (!peel) break;
      apply(*peel);
      peels.push_back(*peel);
    }
    return peels;
  }

 private:
  void add(size_t row, double sign) {
    (table_.isSignal[row] != 0 ? signal_ : background_) += sign * static_cast<double>(table_.weight[row]);
  }

  // How much more background than signal a peel takes off, for the signal that it costs.
  double worth(const Peel& peel) const {
    const double gain = peel.background / background_ - peel.signal / signal_;
    return gain / std::max(peel.signal / signal_, kLeastPeel);
  }

  std::optional<Peel> bestPeel() const {
    std::optional<Peel> best;
    for (size_t v = 0; v < columns_.size(); ++v) {
      for (const bool fromBelow : {true, false}) {
        const auto peel = peelOf(v, fromBelow);
        if (peel && (!best || worth(*peel) > worth(*best))) best = peel;
      }
    }
    return best;
  }

  // Goes inwards from one side until kPeel of the signal is off, or the first value that has more; the best place on
  // the way. Equal values stay together.
  std::optional<Peel> peelOf(size_t v, bool fromBelow) const {
    const auto& order = orders_[v];
    const auto& column = columns_[v];
    std::optional<Peel> best;
    Peel peel{v, fromBelow, 0, 0, 0};
    std::optional<float> current;
    for (size_t i = 0; i < order.size(); ++i) {
      const uint32_t row = fromBelow ? order[i] : order[order.size() - 1 - i];
      if (inside_[row] == 0) continue;
      if (current && column[row] != *current) {
        peel.limit = column[row];  // the first value that stays
        const bool large = peel.signal > kLeastPeel * signal_ || peel.background > kLeastPeel * background_;
        if (best && peel.signal > kPeel * signal_) break;
        if (large && (!best || worth(peel) >= worth(*best))) best = peel;
        if (peel.signal > kPeel * signal_) break;
      }
      current = column[row];
      (table_.isSignal[row] != 0 ? peel.signal : peel.background) += static_cast<double>(table_.weight[row]);
    }
    return best;
  }

  void apply(const Peel& peel) {
    for (size_t row = 0; row < inside_.size(); ++row) {
      const float value = columns_[peel.variable][row];
      if (inside_[row] == 0 || !(peel.fromBelow ? value < peel.limit : value > peel.limit)) continue;
      inside_[row] = 0;
      add(row, -1);
    }
  }

  const TrainingTable& table_;
  std::vector<std::vector<float>> columns_;  // absent elements at the mean
  std::vector<std::vector<uint32_t>> orders_;
  std::vector<uint8_t> inside_;
  double signal_ = 0;
  double background_ = 0;
  double all_ = 0;
};

class RectangularCuts final : public TraditionalMethod {
 public:
  RectangularCuts(std::vector<Peel> peels, std::vector<double> means, std::vector<std::string> names)
      : peels_(std::move(peels)), means_(std::move(means)), names_(std::move(names)) {}

  std::vector<float> score(const VariableTable& table) const override {
    std::vector<float> scores(table.rows);
    for (size_t row = 0; row < table.rows; ++row) {
      size_t boxes = 0;
      while (boxes < peels_.size() && keeps(peels_[boxes], table, row)) ++boxes;
      scores[row] = static_cast<float>(boxes) / static_cast<float>(std::max<size_t>(peels_.size(), 1));
    }
    return scores;
  }

  // The box in the middle of the list, as cuts.
  nlohmann::ordered_json description() const override {
    const size_t half = peels_.size() / 2;
    nlohmann::ordered_json cuts = nlohmann::ordered_json::object();
    for (size_t i = 0; i < half; ++i) {
      cuts[names_[peels_[i].variable]][peels_[i].fromBelow ? "least" : "most"] = peels_[i].limit;
    }
    return {{"boxes", peels_.size()}, {"cuts_at_half_of_the_boxes", std::move(cuts)}};
  }

 private:
  bool keeps(const Peel& peel, const VariableTable& table, size_t row) const {
    const float raw = table.columns[peel.variable][row];
    const float value = std::isfinite(raw) ? raw : static_cast<float>(means_[peel.variable]);
    return peel.fromBelow ? value >= peel.limit : value <= peel.limit;
  }

  std::vector<Peel> peels_;
  std::vector<double> means_;
  std::vector<std::string> names_;
};

}  // namespace

Result<std::unique_ptr<TraditionalMethod>> trainRectangularCuts(const TrainingTable& table) {
  MLAAS_CHECK(checkClassWeights(table));
  auto means = meansOf(table);
  auto peels = BoxFinder(table, means).run();
  return std::unique_ptr<TraditionalMethod>(
      std::make_unique<RectangularCuts>(std::move(peels), std::move(means), table.variables.names));
}

}  // namespace mlaas::train
