#include "mlaas/train/traditional/training_table.h"

namespace mlaas::train {

VariableTable makeVariableTable(const std::vector<Variable>& variables, const feature::Tensors& tensors) {
  VariableTable table;
  table.rows = static_cast<size_t>(tensors.rows);
  for (const auto& variable : variables) {
    table.names.push_back(variable.name);
    table.columns.push_back(valuesOf(tensors, variable.flatIndex));
  }
  return table;
}

TrainingTable makeTrainingTable(const std::vector<Variable>& variables, const EventSample& sample) {
  TrainingTable table;
  table.variables = makeVariableTable(variables, sample.features);
  for (const int32_t label : sample.label) table.isSignal.push_back(label == 1 ? 1 : 0);
  table.weight = sample.weight;
  return table;
}

}  // namespace mlaas::train
