#include "mlaas/model/trees/onnx_trees.h"

#include <onnx/onnx_pb.h>

#include <limits>
#include <vector>

#include "mlaas/model/onnx_graph_builder.h"
#include "mlaas/model/onnx_inputs.h"
#include "mlaas/model/onnx_transforms.h"

namespace mlaas::model {

namespace {

constexpr int64_t kTreesOpset = 3;  // of ai.onnx.ml
constexpr const char* kTreesDomain = "ai.onnx.ml";

// The lists that TreeEnsembleRegressor takes: one element for each node, or for each leaf.
struct NodeLists {
  std::vector<int64_t> tree, node, feature, whenTrue, whenFalse, missingTrue;
  std::vector<std::string> mode;
  std::vector<float> threshold;
  std::vector<int64_t> leafTree, leafNode, leafOutput;
  std::vector<float> leafValue;
};

void addNode(const TreeModel& trees, const Tree& tree, int64_t number, uint32_t at, NodeLists& lists) {
  const TreeNode& node = trees.nodes[at];
  const int64_t index = at - tree.root;
  const bool isLeaf = node.left == at;
  const bool missingRight = (node.feature & TreeNode::kMissingGoesRight) != 0;
  lists.tree.push_back(number);
  lists.node.push_back(index);
  lists.feature.push_back(isLeaf ? 0 : node.feature & ~TreeNode::kMissingGoesRight);
  lists.whenTrue.push_back(isLeaf ? 0 : node.left - tree.root);
  lists.whenFalse.push_back(isLeaf ? 0 : node.left + 1 - tree.root);
  lists.missingTrue.push_back(isLeaf || missingRight ? 0 : 1);
  lists.mode.emplace_back(isLeaf ? "LEAF" : "BRANCH_LT");
  lists.threshold.push_back(isLeaf ? 0 : node.threshold);
  if (!isLeaf) return;
  lists.leafTree.push_back(number);
  lists.leafNode.push_back(index);
  lists.leafOutput.push_back(tree.output);
  lists.leafValue.push_back(node.value);
}

NodeLists listsOf(const TreeModel& trees) {
  NodeLists lists;
  for (size_t i = 0; i < trees.trees.size(); ++i) {
    const Tree& tree = trees.trees[i];
    const size_t end = i + 1 < trees.trees.size() ? trees.trees[i + 1].root : trees.nodes.size();
    for (uint32_t at = tree.root; at < end; ++at) addNode(trees, tree, static_cast<int64_t>(i), at, lists);
  }
  return lists;
}

// The matrix [N, features] that the trees see.
std::string addMatrix(GraphBuilder& builder, const feature::FeatureSpec& spec) {
  std::vector<std::string> parts;
  if (!spec.scalars.empty()) {
    const auto width = static_cast<int64_t>(spec.scalars.size());
    const std::string scalars = builder.input("scalars", ElementType::kFloat32, {-1, width});
    parts.push_back(addFills(builder, scalars, spec, spec.scalars));
  }
  for (const auto& one : spec.groups) {
    const OnnxGroup group = addGroupInput(builder, spec, one);
    const std::string missing =
        builder.constant(group.name + "_absent", {}, std::vector<float>{std::numeric_limits<float>::quiet_NaN()});
    const std::string present = builder.node("Where", {group.mask, group.raw, missing}, group.name + "_or_missing");
    const std::string shape =
        builder.constant(group.name + "_row", {2}, std::vector<int64_t>{-1, group.length * group.columns});
    parts.push_back(builder.node("Reshape", {present, shape}, group.name + "_flat"));
  }
  if (parts.size() == 1) return parts.front();
  builder.node("Concat", parts, "matrix");
  builder.attribute("axis", int64_t{1});
  return "matrix";
}

void addTrees(GraphBuilder& builder, const TreeModel& trees, const std::string& matrix) {
  const NodeLists lists = listsOf(trees);
  builder.node("TreeEnsembleRegressor", {matrix}, "margins");
  builder.domain(kTreesDomain);
  builder.attribute("n_targets", trees.numOutputs);
  builder.attribute("aggregate_function", std::string("SUM"));
  builder.attribute("post_transform", std::string("NONE"));
  builder.attribute("base_values", trees.baseMargins);
  builder.attribute("nodes_treeids", lists.tree);
  builder.attribute("nodes_nodeids", lists.node);
  builder.attribute("nodes_featureids", lists.feature);
  builder.attribute("nodes_modes", lists.mode);
  builder.attribute("nodes_values", lists.threshold);
  builder.attribute("nodes_truenodeids", lists.whenTrue);
  builder.attribute("nodes_falsenodeids", lists.whenFalse);
  builder.attribute("nodes_missing_value_tracks_true", lists.missingTrue);
  builder.attribute("target_treeids", lists.leafTree);
  builder.attribute("target_nodeids", lists.leafNode);
  builder.attribute("target_ids", lists.leafOutput);
  builder.attribute("target_weights", lists.leafValue);
}

void addObjective(GraphBuilder& builder, TreeObjective objective) {
  switch (objective) {
    case TreeObjective::kIdentity:
      builder.node("Identity", {"margins"}, "scores");
      return;
    case TreeObjective::kLogistic:
      builder.node("Sigmoid", {"margins"}, "scores");
      return;
    case TreeObjective::kExponential:
      builder.node("Exp", {"margins"}, "scores");
      return;
    case TreeObjective::kSoftmax:
      builder.node("Softmax", {"margins"}, "scores");
      builder.attribute("axis", int64_t{1});
      return;
  }
}

}  // namespace

Result<std::string> writeTreesOnnx(const TreeModel& trees, const feature::FeatureSpec& features) {
  MLAAS_CHECK(checkFills(features));
  if (!trees.categories.empty()) return Error(ErrorCode::kUnsupported, "trees with splits by category as ONNX");
  auto width = static_cast<int64_t>(features.scalars.size());
  for (const auto& group : features.groups) width += group.length * static_cast<int64_t>(group.columns.size());
  if (width != trees.numFeatures) {
    return Error(ErrorCode::kInternal, "the trees have " + std::to_string(trees.numFeatures) + " features, expected " +
                                           std::to_string(width));
  }
  onnx::ModelProto model;
  describeModel(model, "trees", MLAAS_VERSION, features);
  auto* operators = model.add_opset_import();
  operators->set_domain(kTreesDomain);
  operators->set_version(kTreesOpset);

  GraphBuilder builder(*model.mutable_graph());
  addTrees(builder, trees, addMatrix(builder, features));
  addObjective(builder, trees.objective);
  builder.output("scores", {-1, trees.numOutputs});
  std::string bytes;
  if (!model.SerializeToString(&bytes)) return Error(ErrorCode::kInternal, "the ONNX graph cannot be serialised");
  return bytes;
}

}  // namespace mlaas::model
