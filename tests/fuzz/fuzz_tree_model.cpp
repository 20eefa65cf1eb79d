// Input: a tree model as XGBoost saves it, in JSON. A model that is read also scores a few rows.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "mlaas/model/trees/tree_kernel.h"
#include "mlaas/model/trees/tree_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas::model;
  if (size > (1U << 16)) return 0;
  const auto model = readXgboostJson({reinterpret_cast<const char*>(data), size});
  if (!model.ok() || model->numFeatures > 1000 || model->numOutputs > 1000) return 0;
  constexpr int64_t kRows = 9;
  std::vector<float> matrix(static_cast<size_t>(kRows * model->numFeatures), std::numeric_limits<float>::quiet_NaN());
  for (size_t i = 0; i < matrix.size(); i += 2) matrix[i] = static_cast<float>(i) - 10;
  std::vector<float> scores(static_cast<size_t>(kRows * model->numOutputs));
  predictTrees(*model, matrix, kRows, scores);
  return 0;
}
