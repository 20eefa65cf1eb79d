#include "mlaas/root/ttree/learned_values.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mlaas/root/ttree/node_makers.h"

namespace mlaas::root {

namespace {

constexpr size_t kClassBaskets = 2;  // looked into for the class of what stands in a branch
constexpr size_t kMostProbes = 16;   // of one branch

// The records of TClonesArrays whose objects' class is not known yet.
void findClones(ValueNode& node, std::vector<ValueNode*>& found) {
  if (node.typeName == "TClonesArray" && !node.children.empty() && node.children.back().kind == ValueKind::kTail) {
    found.push_back(&node);
  }
  for (ValueNode& child : node.children) findClones(child, found);
}

// The first text that is not empty.
std::string firstText(const Column& column) {
  const auto offsets = column.offsets.back()->as<int64_t>();
  const auto* text = reinterpret_cast<const char*>(column.values->data());
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    if (offsets[i] < offsets[i + 1]) return {text + offsets[i], text + offsets[i + 1]};
  }
  return {};
}

void findOpaque(ValueNode& node, std::vector<ValueNode*>& found) {
  if (node.kind == ValueKind::kOpaque || node.kind == ValueKind::kTail) found.push_back(&node);
  for (ValueNode& child : node.children) findOpaque(child, found);
}

// The same place with nothing there: of what follows in a record, a list.
ValueNode nothingInsteadOf(const ValueNode& opaque) {
  ValueNode nothing = numberNode(element_type::kDouble);
  nothing.kind = ValueKind::kNothing;
  nothing.name = opaque.name;
  nothing.typeName = opaque.typeName;
  nothing.reason = opaque.reason;
  nothing.isBase = opaque.isBase;
  if (opaque.kind != ValueKind::kTail) return nothing;
  ValueNode rest;
  rest.kind = ValueKind::kRest;
  rest.typeName = opaque.typeName;
  rest.name = std::exchange(nothing.name, {});
  rest.children.push_back(std::move(nothing));
  return rest;
}

// Whether the branch can be read where `node`, a part of `root`, stands for nothing.
bool isNeverThere(ValueNode& root, ValueNode& node, const Branch& branch, size_t index, const ColumnPeeker& peek) {
  finishTree(root);
  const ValuePath path = pathTo(root, node.firstLeaf);
  if (branch.numEntries == 0) return true;
  if (path.type.jaggedDepth == 0) return false;
  return peek(index, std::make_shared<ValueNode>(root), node.firstLeaf, branch.baskets.size()).ok();
}

}  // namespace

void learnClones(ValueNode& root, size_t index, ValuePlanner& planner, const ColumnPeeker& peek) {
  std::vector<ValueNode*> arrays;
  if (peek) findClones(root, arrays);
  for (ValueNode* array : arrays) {
    ValueNode* className = &array->children[2];
    className->isHidden = false;
    finishTree(root);
    const auto texts = peek(index, std::make_shared<ValueNode>(root), className->firstLeaf, kClassBaskets);
    className->isHidden = true;
    const std::string known = texts.ok() ? firstText(*texts) : std::string();
    if (!known.empty()) planner.setClones(*array, known);
  }
}

void learnEmpties(ValueNode& root, const Branch& branch, size_t index, const ColumnPeeker& peek) {
  const auto& sizes = branch.baskets.bytes;
  if (!peek || std::accumulate(sizes.begin(), sizes.end(), uint64_t{0}) > kMostProbedBytes) return;
  std::vector<ValueNode*> unknown;
  findOpaque(root, unknown);
  if (unknown.size() > kMostProbes) unknown.resize(kMostProbes);
  for (ValueNode* node : unknown) {
    ValueNode opaque = std::exchange(*node, nothingInsteadOf(*node));
    if (!isNeverThere(root, *node, branch, index, peek)) *node = std::move(opaque);
  }
}

}  // namespace mlaas::root
