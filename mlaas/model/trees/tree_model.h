// Boosted trees as the kernel walks them: all nodes in one array, each tree in breadth-first order.
// Values: thresholds and leaf values are float32, as XGBoost keeps them.
// Threads: immutable after it is read; engines share one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::model {

// 16 bytes, so that one step of a walk touches one cache line. Children lie side by side: right == left + 1.
struct TreeNode {
  static constexpr uint32_t kMissingGoesRight = 1U << 31;
  static constexpr uint32_t kByCategory = 1U << 30;  // threshold holds, as bits, a number in TreeModel::categories

  float threshold = 0;   // x < threshold goes left; NaN in a leaf, which sends every x left
  uint32_t feature = 0;  // column, and the flags above
  uint32_t left = 0;     // absolute index in nodes; a leaf names itself, so that a walk may run on
  float value = 0;       // leaf value; 0 in an inner node
};

struct Tree {
  uint32_t root = 0;
  uint32_t depth = 0;   // steps from root to the deepest leaf
  uint32_t output = 0;  // the margin that the leaf values add to
};

// What turns margins into scores.
enum class TreeObjective { kIdentity, kLogistic, kSoftmax, kExponential };

struct TreeModel {
  TreeObjective objective = TreeObjective::kIdentity;
  int64_t numFeatures = 0;
  int64_t numOutputs = 1;
  std::vector<float> baseMargins;  // numOutputs
  std::vector<Tree> trees;         // in the order of boosting, in which margins are summed
  std::vector<TreeNode> nodes;
  // For each split by category, bits of the categories that go right; others go left, also those that are no category.
  std::vector<std::vector<bool>> categories;
};

// Reads a model that XGBoost saved as JSON: gbtree and dart, one output a tree, splits by category, and the
// objectives of classes, targets and counts.
// Every index is checked: nodes form trees, features and outputs exist.
// Errors: kCorrupt (not JSON, contradictions), kUnsupported (another booster or objective).
// Source: docs/formats/bundle.md, "Trees".
Result<TreeModel> readXgboostJson(std::string_view json);

}  // namespace mlaas::model
