#include <algorithm>
#include <array>
#include <cmath>

#include "mlaas/train/metrics/binned_efficiency.h"
#include "mlaas/train/traditional/traditional_method.h"

namespace mlaas::train {

namespace {

constexpr size_t kBins = 40;
constexpr double kLeastShare = 1e-4;  // of a class in a bin: an empty bin decides nothing alone

// ln of the ratio of densities, signal over background, by bin of one variable; the last one is that of absent elements.
struct Projection {
  std::vector<double> edges;
  std::vector<double> logRatio;

  size_t binOf(float value) const {
    if (!std::isfinite(value) || edges.size() < 2) return logRatio.size() - 1;
    const auto above = std::upper_bound(edges.begin(), edges.end(), static_cast<double>(value)) - edges.begin();
    return static_cast<size_t>(std::clamp<std::ptrdiff_t>(above - 1, 0, static_cast<std::ptrdiff_t>(edges.size()) - 2));
  }
};

// Weights 1, 2, 1 of neighbours; the sum stays.
std::vector<double> smoothed(const std::vector<double>& shares) {
  if (shares.size() < 3) return shares;
  std::vector<double> result(shares.size());
  for (size_t i = 0; i < shares.size(); ++i) {
    const double left = shares[i == 0 ? 0 : i - 1];
    const double right = shares[i + 1 == shares.size() ? i : i + 1];
    result[i] = 0.25 * left + 0.5 * shares[i] + 0.25 * right;
  }
  return result;
}

Projection project(const TrainingTable& table, const std::vector<float>& column) {
  Projection projection;
  projection.edges = quantileEdges(column, kBins);
  const size_t bins = projection.edges.empty() ? 0 : projection.edges.size() - 1;
  projection.logRatio.assign(bins + 1, 0);
  std::array<std::vector<double>, 2> shares = {std::vector<double>(bins + 1), std::vector<double>(bins + 1)};
  std::array<double, 2> sums = {};
  for (size_t row = 0; row < column.size(); ++row) {
    const size_t label = table.isSignal[row];
    const auto weight = static_cast<double>(table.weight[row]);
    shares.at(label)[projection.binOf(column[row])] += weight;
    sums.at(label) += weight;
  }
  std::array<std::vector<double>, 2> density;
  for (size_t label = 0; label < 2; ++label) {
    auto& share = shares.at(label);
    for (double& value : share) value /= sums.at(label);
    density.at(label) = smoothed(std::vector<double>(share.begin(), share.end() - 1));
    density.at(label).push_back(share.back());
  }
  for (size_t bin = 0; bin <= bins; ++bin) {
    projection.logRatio[bin] =
        std::log(std::max(density[1][bin], kLeastShare)) - std::log(std::max(density[0][bin], kLeastShare));
  }
  return projection;
}

class Likelihood final : public TraditionalMethod {
 public:
  explicit Likelihood(const TrainingTable& table) {
    for (const auto& column : table.variables.columns) projections_.push_back(project(table, column));
  }

  std::vector<float> score(const VariableTable& table) const override {
    std::vector<float> scores(table.rows);
    for (size_t row = 0; row < table.rows; ++row) {
      double sum = 0;
      for (size_t i = 0; i < projections_.size(); ++i) {
        sum += projections_[i].logRatio[projections_[i].binOf(table.columns[i][row])];
      }
      scores[row] = static_cast<float>(1 / (1 + std::exp(-sum)));
    }
    return scores;
  }

  nlohmann::ordered_json description() const override { return {{"variables", projections_.size()}, {"bins", kBins}}; }

 private:
  std::vector<Projection> projections_;
};

}  // namespace

Result<std::unique_ptr<TraditionalMethod>> trainLikelihood(const TrainingTable& table) {
  MLAAS_CHECK(checkClassWeights(table));
  return std::unique_ptr<TraditionalMethod>(std::make_unique<Likelihood>(table));
}

}  // namespace mlaas::train
