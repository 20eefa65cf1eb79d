#include "mlaas/train/metrics/classification.h"

#include <algorithm>
#include <cmath>

namespace mlaas::train {

namespace {

constexpr double kLeastProbability = 1e-7;

double probabilityOfLabel(const ScoredEvents& events, size_t row) {
  const auto outputs = static_cast<size_t>(events.numOutputs);
  const auto label = static_cast<size_t>(events.label[row]);
  if (outputs > 1) return static_cast<double>(events.score[row * outputs + label]);
  const auto score = static_cast<double>(events.score[row]);
  return label == 1 ? score : 1 - score;
}

}  // namespace

double logLoss(const ScoredEvents& events) {
  double loss = 0;
  double total = 0;
  for (size_t row = 0; row < events.rows(); ++row) {
    const auto weight = static_cast<double>(events.weight[row]);
    loss -= weight * std::log(std::clamp(probabilityOfLabel(events, row), kLeastProbability, 1.0));
    total += std::abs(weight);
  }
  return total > 0 ? loss / total : 0;
}

std::vector<int32_t> predictedLabels(const ScoredEvents& events, double threshold) {
  const auto outputs = static_cast<size_t>(events.numOutputs);
  std::vector<int32_t> result(events.rows());
  for (size_t row = 0; row < events.rows(); ++row) {
    const auto first = events.score.begin() + static_cast<std::ptrdiff_t>(row * outputs);
    result[row] =
        outputs == 1
            ? (static_cast<double>(*first) >= threshold ? 1 : 0)
            : static_cast<int32_t>(std::max_element(first, first + static_cast<std::ptrdiff_t>(outputs)) - first);
  }
  return result;
}

std::optional<double> Confusion::accuracy() const {
  double right = 0;
  double all = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    all += weights[i];
    if (i / static_cast<size_t>(numClasses) == i % static_cast<size_t>(numClasses)) right += weights[i];
  }
  if (!(all > 0)) return std::nullopt;
  return right / all;
}

Confusion confusionMatrix(const ScoredEvents& events, int64_t numClasses, double threshold) {
  const auto size = static_cast<size_t>(numClasses);
  Confusion result{numClasses, std::vector<int64_t>(size * size), std::vector<double>(size * size)};
  const auto predicted = predictedLabels(events, threshold);
  for (size_t row = 0; row < events.rows(); ++row) {
    const size_t cell = static_cast<size_t>(events.label[row]) * size + static_cast<size_t>(predicted[row]);
    result.events[cell] += 1;
    result.weights[cell] += static_cast<double>(events.weight[row]);
  }
  return result;
}

}  // namespace mlaas::train
