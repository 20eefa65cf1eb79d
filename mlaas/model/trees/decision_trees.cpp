#include "mlaas/model/trees/decision_trees.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

namespace mlaas::model {

namespace {

// Rows of one block stay in the first-level cache while all trees pass over them.
constexpr int64_t kBlockRows = 64;
// What LightGBM takes for zero.
constexpr double kZero = 1e-35F;
constexpr double kMostCategories = 2147483648.0;
constexpr uint32_t kWordBits = 32;

bool inSet(const DecisionTrees& trees, const CategorySet& set, double value) {
  if (!(value > -1 && value < kMostCategories)) return false;
  const auto category = static_cast<uint32_t>(value);
  const uint32_t word = category / kWordBits;
  return word < set.words && ((trees.categoryBits[set.first + word] >> (category % kWordBits)) & 1U) != 0;
}

bool goesLeft(const DecisionTrees& trees, const DecisionNode& node, double value) {
  switch (node.missing) {
    case MissingKind::kNone:
      break;
    case MissingKind::kNanIsZero:
      if (std::isnan(value)) value = 0;
      break;
    case MissingKind::kNan:
      if (std::isnan(value)) return node.missingLeft;
      break;
    case MissingKind::kZero:
      if (std::isnan(value) || std::abs(value) <= kZero) return node.missingLeft;
      break;
  }
  switch (node.kind) {
    case SplitKind::kLess:
      return value < node.threshold;
    case SplitKind::kLessEqual:
      return value <= node.threshold;
    case SplitKind::kGreater:
      return value > node.threshold;
    case SplitKind::kGreaterEqual:
      return value >= node.threshold;
    case SplitKind::kEqual:
      return value == node.threshold;
    case SplitKind::kNotEqual:
      return value != node.threshold;
    case SplitKind::kInSet:
      return inSet(trees, trees.sets[node.set], value);
    case SplitKind::kLeaf:
      break;
  }
  return true;
}

void addTree(const DecisionTrees& trees, uint32_t root, const float* row, double* sums) {
  const DecisionNode* node = &trees.nodes[root];
  while (node->kind != SplitKind::kLeaf) {
    node = &trees.nodes[goesLeft(trees, *node, double{row[node->feature]}) ? node->left : node->right];
  }
  for (uint32_t at = node->left; at < node->right; ++at) sums[trees.leaves[at].output] += trees.leaves[at].value;
}

void softmax(std::span<double> sums) {
  const double largest = *std::max_element(sums.begin(), sums.end());
  double total = 0;
  for (double& sum : sums) total += sum = std::exp(sum - largest);
  for (double& sum : sums) sum /= total;
}

void transform(const DecisionTrees& trees, std::span<double> sums) {
  switch (trees.transform) {
    case DecisionTransform::kIdentity:
      return;
    case DecisionTransform::kLogistic:
      for (double& sum : sums) sum = 1 / (1 + std::exp(-trees.slope * sum));
      return;
    case DecisionTransform::kSoftmax:
      return softmax(sums);
    case DecisionTransform::kExponential:
      for (double& sum : sums) sum = std::exp(sum);
      return;
    case DecisionTransform::kSignedSquare:
      for (double& sum : sums) sum = std::copysign(sum * sum, sum);
      return;
    case DecisionTransform::kLog1pExp:
      for (double& sum : sums) sum = std::log1p(std::exp(sum));
      return;
  }
}

Error corrupt(const std::string& message) { return {ErrorCode::kCorrupt, message}; }

Result<void> checkNode(const DecisionTrees& trees, size_t index, std::vector<bool>& hasParent) {
  const DecisionNode& node = trees.nodes[index];
  const std::string where = "node " + std::to_string(index);
  if (node.kind == SplitKind::kLeaf) {
    if (node.left <= node.right && node.right <= trees.leaves.size()) return {};
    return corrupt(where + " has leaf values that are not there");
  }
  if (node.feature >= static_cast<uint64_t>(trees.numFeatures)) {
    return corrupt(where + " splits on feature " + std::to_string(node.feature) + " of " +
                   std::to_string(trees.numFeatures));
  }
  if (node.kind == SplitKind::kInSet && node.set >= trees.sets.size()) {
    return corrupt(where + " splits by a set of categories that is not there");
  }
  for (const uint32_t child : {node.left, node.right}) {
    if (child >= trees.nodes.size()) {
      return corrupt(where + " has child " + std::to_string(child) + " of " + std::to_string(trees.nodes.size()) +
                     " nodes");
    }
    if (hasParent[child]) {
      return corrupt("node " + std::to_string(child) + " has more than one parent; the nodes are not a tree");
    }
    hasParent[child] = true;
  }
  return {};
}

}  // namespace

// Where no node has two parents and a root has none, a walk from a root never comes back.
Result<void> checkDecisionTrees(const DecisionTrees& trees) {
  if (trees.roots.empty()) return corrupt("a model without trees");
  if (static_cast<int64_t>(trees.base.size()) != trees.numOutputs || trees.numOutputs < 1) {
    return corrupt("the model has " + std::to_string(trees.numOutputs) + " outputs and " +
                   std::to_string(trees.base.size()) + " base values");
  }
  std::vector<bool> hasParent(trees.nodes.size(), false);
  for (size_t i = 0; i < trees.nodes.size(); ++i) MLAAS_CHECK(checkNode(trees, i, hasParent));
  for (const uint32_t root : trees.roots) {
    if (root >= trees.nodes.size() || hasParent[root]) {
      return corrupt("node " + std::to_string(root) + " is no root; the nodes are not a tree");
    }
  }
  for (const auto& leaf : trees.leaves) {
    if (leaf.output >= static_cast<uint64_t>(trees.numOutputs)) {
      return corrupt("a leaf adds to output " + std::to_string(leaf.output) + " of " +
                     std::to_string(trees.numOutputs));
    }
  }
  for (const auto& set : trees.sets) {
    if (uint64_t{set.first} + set.words > trees.categoryBits.size()) {
      return corrupt("a set of categories ends behind the list of categories");
    }
  }
  return {};
}

void predictDecisionTrees(const DecisionTrees& trees, std::span<const float> matrix, int64_t rows,
                          std::span<float> scores) {
  assert(static_cast<int64_t>(matrix.size()) == rows * trees.numFeatures);
  assert(static_cast<int64_t>(scores.size()) == rows * trees.numOutputs);
  const auto outputs = static_cast<size_t>(trees.numOutputs);
  std::vector<double> sums(static_cast<size_t>(std::min(rows, kBlockRows)) * outputs);
  for (int64_t first = 0; first < rows; first += kBlockRows) {
    const auto count = static_cast<size_t>(std::min(kBlockRows, rows - first));
    std::fill(sums.begin(), sums.end(), 0.0);
    for (const uint32_t root : trees.roots) {
      for (size_t i = 0; i < count; ++i) {
        const float* row = matrix.data() + (first + static_cast<int64_t>(i)) * trees.numFeatures;
        addTree(trees, root, row, sums.data() + i * outputs);
      }
    }
    for (size_t i = 0; i < count; ++i) {
      const std::span<double> own(sums.data() + i * outputs, outputs);
      for (size_t k = 0; k < outputs; ++k) own[k] = own[k] * trees.scale + trees.base[k];
      transform(trees, own);
      float* to = scores.data() + (first + static_cast<int64_t>(i)) * trees.numOutputs;
      std::transform(own.begin(), own.end(), to, [](double value) { return static_cast<float>(value); });
    }
  }
}

}  // namespace mlaas::model
