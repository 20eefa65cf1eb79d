#include "mlaas/root/ttree/value_node.h"

#include <algorithm>

namespace mlaas::root {

namespace {

constexpr size_t kTObjectBytes = 10;
constexpr size_t kVersionBytes = 2;

// No entry is as large: sums and products stop here.
constexpr size_t kMostBytes = size_t{1} << 31;

size_t sumOf(const std::vector<ValueNode>& children, size_t ValueNode::*bytes) {
  size_t sum = 0;
  for (const ValueNode& child : children) sum = std::min(sum + child.*bytes, kMostBytes);
  return sum;
}

size_t productOf(size_t count, size_t bytes) { return std::min(count * bytes, kMostBytes); }

bool allFixed(const std::vector<ValueNode>& children) {
  return std::ranges::all_of(children, [](const ValueNode& child) { return child.fixedBytes > 0; });
}

// Sizes of a node from those of its children.
void measure(ValueNode& node) {
  switch (node.kind) {
    case ValueKind::kNumber:
      node.leastBytes = node.number.storedBytes();
      // A number that counts must be looked at.
      node.fixedBytes = node.hasReferences || node.slot >= 0 ? 0 : node.leastBytes;
      break;
    case ValueKind::kString:
      node.leastBytes = 1;
      break;
    case ValueKind::kLongString:
    case ValueKind::kList:
    case ValueKind::kPointer:
    case ValueKind::kOpaque:
    case ValueKind::kNothing:
      node.leastBytes = sizeof(uint32_t);
      break;
    case ValueKind::kArray:
      node.leastBytes = productOf(node.count, node.children.front().leastBytes);
      node.fixedBytes = node.hasHeader ? 0 : productOf(node.count, node.children.front().fixedBytes);
      break;
    case ValueKind::kCounted:
      node.leastBytes = node.hasFlag ? 1 : 0;
      break;
    case ValueKind::kLoop:
      node.leastBytes = kVersionBytes;
      break;
    case ValueKind::kRecord:
      node.leastBytes = sumOf(node.children, &ValueNode::leastBytes);
      for (const ValueNode& other : node.others) node.leastBytes = std::min(node.leastBytes, other.leastBytes);
      node.fixedBytes = !node.hasHeader && allFixed(node.children) ? node.leastBytes : 0;
      break;
    case ValueKind::kRest:
    case ValueKind::kTail:
      break;
    case ValueKind::kClones:
      node.leastBytes = kTObjectBytes;
      break;
    case ValueKind::kNamed:
      node.leastBytes = 1;
      break;
    case ValueKind::kTObject:
      node.leastBytes = kTObjectBytes;
      break;
    case ValueKind::kBytes:
      node.leastBytes = node.fixedBytes = node.count;
      break;
  }
}

void finish(ValueNode& node, uint32_t& numLeaves) {
  node.firstLeaf = numLeaves;
  if (node.isLeaf() && !node.isHidden) ++numLeaves;
  for (ValueNode& child : node.children) finish(child, numLeaves);
  node.endLeaf = numLeaves;
  node.hasCounters = std::ranges::any_of(
      node.children, [](const ValueNode& child) { return child.slot >= 0 || (child.isBase && child.hasCounters); });
  measure(node);
}

// Whether the values of a node are as many for each of it.
bool makesLevel(ValueKind kind) {
  return kind == ValueKind::kList || kind == ValueKind::kCounted || kind == ValueKind::kLoop ||
         kind == ValueKind::kRest || kind == ValueKind::kClones || kind == ValueKind::kPointer ||
         kind == ValueKind::kString || kind == ValueKind::kLongString;
}

}  // namespace

void finishTree(ValueNode& root) {
  uint32_t numLeaves = 0;
  finish(root, numLeaves);
}

ValuePath pathTo(const ValueNode& root, uint32_t leaf) {
  ValuePath path;
  const ValueNode* node = &root;
  while (node != nullptr) {
    path.nodes.push_back(node);
    if (!node->name.empty()) path.name += (path.name.empty() ? "" : ".") + node->name;
    const auto next = std::ranges::find_if(node->children, [&](const ValueNode& child) { return child.holds(leaf); });
    node = next == node->children.end() ? nullptr : &*next;
  }
  // A fixed array around something jagged is a level of its own, else a dimension.
  const auto isJagged = [](const ValueNode* one) { return makesLevel(one->kind); };
  const auto innermost = std::ranges::find_if(path.nodes.rbegin(), path.nodes.rend(), isJagged);
  const auto numJagged = static_cast<size_t>(path.nodes.rend() - innermost);  // nodes up to the innermost jagged one
  for (size_t i = 0; i < path.nodes.size(); ++i) {
    const ValueNode& at = *path.nodes[i];
    const bool isLevel = makesLevel(at.kind) || (at.kind == ValueKind::kArray && i < numJagged);
    path.levels.push_back(isLevel ? path.type.jaggedDepth++ : -1);
    if (at.kind == ValueKind::kArray && !isLevel) path.type.shape.push_back(at.count);
  }
  const ValueNode& value = *path.nodes.back();
  path.type.isString = value.kind == ValueKind::kString || value.kind == ValueKind::kLongString;
  path.type.dtype = path.type.isString ? DType::kUInt8 : value.number.dtype;
  return path;
}

uint32_t leafLike(const ValueNode& node, uint32_t leaf, const ValueNode& other) {
  const ValuePath wanted = pathTo(node, leaf);
  const std::string name =
      node.name.empty() ? wanted.name : wanted.name.substr(std::min(wanted.name.size(), node.name.size() + 1));
  for (uint32_t i = other.firstLeaf; i < other.endLeaf; ++i) {
    const ValuePath found = pathTo(other, i);
    if (found.name == name && found.type == wanted.type) return i;
  }
  return other.endLeaf;
}

}  // namespace mlaas::root
