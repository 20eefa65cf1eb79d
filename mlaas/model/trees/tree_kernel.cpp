#include "mlaas/model/trees/tree_kernel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>

namespace mlaas::model {

namespace {

// Rows of one block stay in the first-level cache while all trees pass over them.
constexpr int64_t kBlockRows = 64;
// Rows walked together: independent loads hide each other's latency.
constexpr int64_t kInterleaved = 8;
// Deeper trees are mostly unbalanced: there a walk ends at its leaf instead of running to the tree's depth.
constexpr uint32_t kMaxFixedDepth = 12;

uint32_t step(const TreeNode& node, const float* row) {
  const float x = row[node.feature & ~TreeNode::kMissingGoesRight];
  const bool missingRight = (node.feature & TreeNode::kMissingGoesRight) != 0;
  const auto right = static_cast<uint32_t>((x >= node.threshold) | (std::isnan(x) & missingRight));
  return node.left + right;
}

// The same for any node of a model that has splits by category.
uint32_t stepByAny(const TreeModel& model, const TreeNode& node, const float* row) {
  if ((node.feature & TreeNode::kByCategory) == 0) return step(node, row);
  const float x = row[node.feature & ~(TreeNode::kMissingGoesRight | TreeNode::kByCategory)];
  if (std::isnan(x)) return node.left + ((node.feature & TreeNode::kMissingGoesRight) != 0 ? 1 : 0);
  const auto& goRight = model.categories[std::bit_cast<uint32_t>(node.threshold)];
  const bool known = x >= 0 && x < static_cast<float>(goRight.size());
  return node.left + (known && goRight[static_cast<size_t>(x)] ? 1 : 0);
}

float leafValueByAny(const TreeModel& model, const Tree& tree, const float* row) {
  uint32_t index = tree.root;
  for (uint32_t depth = 0; depth < tree.depth; ++depth) index = stepByAny(model, model.nodes[index], row);
  return model.nodes[index].value;
}

float leafValue(const TreeModel& model, const Tree& tree, const float* row) {
  uint32_t index = tree.root;
  for (uint32_t next = step(model.nodes[index], row); next != index; next = step(model.nodes[index], row)) index = next;
  return model.nodes[index].value;
}

void addInterleaved(const TreeModel& model, const Tree& tree, const float* rows, float* margins) {
  const TreeNode* nodes = model.nodes.data();
  std::array<uint32_t, kInterleaved> index;
  index.fill(tree.root);
  for (uint32_t depth = 0; depth < tree.depth; ++depth) {
    for (int64_t k = 0; k < kInterleaved; ++k) {
      index[static_cast<size_t>(k)] = step(nodes[index[static_cast<size_t>(k)]], rows + k * model.numFeatures);
    }
  }
  for (int64_t k = 0; k < kInterleaved; ++k) {
    margins[k * model.numOutputs + tree.output] += nodes[index[static_cast<size_t>(k)]].value;
  }
}

void addTree(const TreeModel& model, const Tree& tree, const float* matrix, int64_t rows, float* margins) {
  int64_t row = 0;
  for (; row < rows && !model.categories.empty(); ++row) {
    margins[row * model.numOutputs + tree.output] += leafValueByAny(model, tree, matrix + row * model.numFeatures);
  }
  if (tree.depth <= kMaxFixedDepth) {
    for (; row + kInterleaved <= rows; row += kInterleaved) {
      addInterleaved(model, tree, matrix + row * model.numFeatures, margins + row * model.numOutputs);
    }
  }
  for (; row < rows; ++row) {
    margins[row * model.numOutputs + tree.output] += leafValue(model, tree, matrix + row * model.numFeatures);
  }
}

float sigmoid(float margin) { return 1.0F / (1.0F + std::exp(std::min(-margin, 88.7F))); }

void softmax(std::span<float> margins) {
  const float largest = *std::max_element(margins.begin(), margins.end());
  double sum = 0;
  for (float& margin : margins) {
    margin = std::exp(margin - largest);
    sum += margin;
  }
  for (float& margin : margins) margin /= static_cast<float>(sum);
}

void transform(const TreeModel& model, std::span<float> margins) {
  switch (model.objective) {
    case TreeObjective::kIdentity:
      return;
    case TreeObjective::kLogistic:
      for (float& margin : margins) margin = sigmoid(margin);
      return;
    case TreeObjective::kExponential:
      for (float& margin : margins) margin = std::exp(margin);
      return;
    case TreeObjective::kSoftmax: {
      const auto classes = static_cast<size_t>(model.numOutputs);
      for (size_t at = 0; at < margins.size(); at += classes) softmax(margins.subspan(at, classes));
      return;
    }
  }
}

}  // namespace

void predictTrees(const TreeModel& model, std::span<const float> matrix, int64_t rows, std::span<float> scores) {
  assert(static_cast<int64_t>(matrix.size()) == rows * model.numFeatures);
  assert(static_cast<int64_t>(scores.size()) == rows * model.numOutputs);
  for (int64_t row = 0; row < rows; ++row) {
    std::copy(model.baseMargins.begin(), model.baseMargins.end(), scores.data() + row * model.numOutputs);
  }
  for (int64_t first = 0; first < rows; first += kBlockRows) {
    const int64_t count = std::min(kBlockRows, rows - first);
    for (const Tree& tree : model.trees) {
      addTree(model, tree, matrix.data() + first * model.numFeatures, count, scores.data() + first * model.numOutputs);
    }
  }
  transform(model, scores);
}

}  // namespace mlaas::model
