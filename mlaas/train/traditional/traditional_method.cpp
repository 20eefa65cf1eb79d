#include "mlaas/train/traditional/traditional_method.h"

#include <cmath>

namespace mlaas::train {

std::vector<double> meansOf(const TrainingTable& table) {
  std::vector<double> means;
  for (const auto& column : table.variables.columns) {
    double sum = 0;
    double total = 0;
    for (size_t row = 0; row < column.size(); ++row) {
      if (!std::isfinite(column[row])) continue;
      // Where weights are negative a mean by |w| cannot leave the range of the values.
      const double weight = std::abs(static_cast<double>(table.weight[row]));
      sum += weight * static_cast<double>(column[row]);
      total += weight;
    }
    means.push_back(total > 0 ? sum / total : 0);
  }
  return means;
}

Result<void> checkClassWeights(const TrainingTable& table) {
  double signal = 0;
  double background = 0;
  for (size_t row = 0; row < table.weight.size(); ++row) {
    (table.isSignal[row] != 0 ? signal : background) += static_cast<double>(table.weight[row]);
  }
  if (signal > 0 && background > 0) return {};
  return Error(ErrorCode::kInvalidArgument,
               "compare: in the training part a class has no event, or weights that do not sum to more than 0");
}

Result<std::unique_ptr<TraditionalMethod>> trainTraditional(const std::string& name, const TrainingTable& table) {
  if (name == "cut") return trainSingleCut(table);
  if (name == "cuts") return trainRectangularCuts(table);
  if (name == "fisher") return trainFisher(table);
  if (name == "likelihood") return trainLikelihood(table);
  return Error(ErrorCode::kInternal, "no traditional method has the name '" + name + "'");
}

}  // namespace mlaas::train
