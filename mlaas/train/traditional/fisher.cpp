#include <array>
#include <cmath>

#include "mlaas/train/traditional/traditional_method.h"

namespace mlaas::train {

namespace {

// A pivot below this fraction of the variable's variance is a linear function of the variables before it.
constexpr double kLeastPivot = 1e-9;

// Sums over the training events, absent elements at the mean.
struct Moments {
  std::array<double, 2> sum = {};
  std::array<std::vector<double>, 2> mean;
  std::vector<double> within;  // [i, j], covariance within classes
};

double valueAt(const VariableTable& table, const std::vector<double>& means, size_t variable, size_t row) {
  const float value = table.columns[variable][row];
  return std::isfinite(value) ? static_cast<double>(value) : means[variable];
}

Moments momentsOf(const TrainingTable& table, const std::vector<double>& means) {
  const size_t n = means.size();
  Moments moments;
  for (auto& mean : moments.mean) mean.assign(n, 0);
  for (size_t row = 0; row < table.weight.size(); ++row) {
    const size_t label = table.isSignal[row];
    moments.sum.at(label) += static_cast<double>(table.weight[row]);
    for (size_t i = 0; i < n; ++i) {
      moments.mean.at(label)[i] += static_cast<double>(table.weight[row]) * valueAt(table.variables, means, i, row);
    }
  }
  for (size_t label = 0; label < 2; ++label) {
    for (double& mean : moments.mean.at(label)) mean /= moments.sum.at(label);
  }
  moments.within.assign(n * n, 0);
  std::vector<double> distance(n);
  for (size_t row = 0; row < table.weight.size(); ++row) {
    const size_t label = table.isSignal[row];
    const auto weight = static_cast<double>(table.weight[row]);
    for (size_t i = 0; i < n; ++i) {
      distance[i] = valueAt(table.variables, means, i, row) - moments.mean.at(label)[i];
    }
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j <= i; ++j) moments.within[i * n + j] += weight * distance[i] * distance[j];
    }
  }
  const double total = moments.sum[0] + moments.sum[1];
  for (double& value : moments.within) value /= total;
  return moments;
}

// Cholesky's factor of the lower triangle; rows of dependent variables are left out (factor 0 on the diagonal).
std::vector<double> factorise(const std::vector<double>& matrix, size_t n) {
  std::vector<double> factor(n * n, 0);
  for (size_t i = 0; i < n; ++i) {
    double rest = matrix[i * n + i];
    for (size_t j = 0; j < i; ++j) {
      if (factor[j * n + j] == 0) continue;
      double value = matrix[i * n + j];
      for (size_t k = 0; k < j; ++k) value -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = value / factor[j * n + j];
      rest -= factor[i * n + j] * factor[i * n + j];
    }
    factor[i * n + i] = rest > kLeastPivot * matrix[i * n + i] && rest > 0 ? std::sqrt(rest) : 0;
    if (factor[i * n + i] == 0) {
      for (size_t j = 0; j < i; ++j) factor[i * n + j] = 0;
    }
  }
  return factor;
}

// x with factor factor^T x = right; 0 for the variables that were left out.
std::vector<double> solve(const std::vector<double>& factor, std::vector<double> right, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (factor[i * n + i] == 0) {
      right[i] = 0;
      continue;
    }
    for (size_t k = 0; k < i; ++k) right[i] -= factor[i * n + k] * right[k];
    right[i] /= factor[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    if (factor[i * n + i] == 0) continue;
    for (size_t k = i + 1; k < n; ++k) right[i] -= factor[k * n + i] * right[k];
    right[i] /= factor[i * n + i];
  }
  return right;
}

class Fisher final : public TraditionalMethod {
 public:
  Fisher(std::vector<double> coefficients, double offset, std::vector<double> means, std::vector<std::string> names)
      : coefficients_(std::move(coefficients)), offset_(offset), means_(std::move(means)), names_(std::move(names)) {}

  std::vector<float> score(const VariableTable& table) const override {
    std::vector<float> scores(table.rows);
    for (size_t row = 0; row < table.rows; ++row) {
      double sum = offset_;
      for (size_t i = 0; i < means_.size(); ++i) sum += coefficients_[i] * valueAt(table, means_, i, row);
      scores[row] = static_cast<float>(1 / (1 + std::exp(-sum)));
    }
    return scores;
  }

  nlohmann::ordered_json description() const override {
    nlohmann::ordered_json json = {{"offset", offset_}, {"coefficients", nlohmann::ordered_json::object()}};
    for (size_t i = 0; i < names_.size(); ++i) json["coefficients"][names_[i]] = coefficients_[i];
    return json;
  }

 private:
  std::vector<double> coefficients_;
  double offset_;
  std::vector<double> means_;
  std::vector<std::string> names_;
};

}  // namespace

Result<std::unique_ptr<TraditionalMethod>> trainFisher(const TrainingTable& table) {
  MLAAS_CHECK(checkClassWeights(table));
  auto means = meansOf(table);
  const size_t n = means.size();
  const Moments moments = momentsOf(table, means);
  std::vector<double> difference(n);
  for (size_t i = 0; i < n; ++i) difference[i] = moments.mean[1][i] - moments.mean[0][i];
  auto coefficients = solve(factorise(moments.within, n), difference, n);
  double offset = std::log(moments.sum[1] / moments.sum[0]);
  for (size_t i = 0; i < n; ++i) offset -= 0.5 * coefficients[i] * (moments.mean[1][i] + moments.mean[0][i]);
  return std::unique_ptr<TraditionalMethod>(
      std::make_unique<Fisher>(std::move(coefficients), offset, std::move(means), table.variables.names));
}

}  // namespace mlaas::train
