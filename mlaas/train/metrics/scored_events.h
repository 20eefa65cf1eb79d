// Events with what a model says about them: the input of every metric.
// Shapes: score [rows, numOutputs] row-major, one output (probability of label 1) for two classes, else one a class.
// Threads: a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mlaas::train {

struct ScoredEvents {
  int64_t numOutputs = 1;
  std::vector<float> score;
  std::vector<int32_t> label;
  std::vector<float> weight;
  std::vector<float> target = {};  // [rows, numOutputs] where the model predicts targets
  std::vector<int64_t> row;        // numbers as in dataset::Batch; only where they were asked for

  size_t rows() const { return label.size(); }
};

}  // namespace mlaas::train
