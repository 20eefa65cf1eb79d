// Events as a table of variables by column: what traditional methods learn from. Absent elements are NaN.
// Threads: values; functions of their arguments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/feature/tensors.h"
#include "mlaas/train/event_sample.h"

namespace mlaas::train {

struct VariableTable {
  std::vector<std::string> names;
  std::vector<std::vector<float>> columns;  // [variable][row]
  size_t rows = 0;
};

struct TrainingTable {
  VariableTable variables;
  std::vector<uint8_t> isSignal;
  std::vector<float> weight;
};

VariableTable makeVariableTable(const std::vector<Variable>& variables, const feature::Tensors& tensors);
TrainingTable makeTrainingTable(const std::vector<Variable>& variables, const EventSample& sample);

}  // namespace mlaas::train
