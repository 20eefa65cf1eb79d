#include "mlaas/root/ttree/leaf_list.h"

#include <map>

#include "mlaas/root/ttree/leaf_dimensions.h"

namespace mlaas::root {

namespace {

ValueNode stringNode(const Leaf& leaf) {
  ValueNode node;
  node.kind = ValueKind::kString;
  node.name = leaf.name;
  node.typeName = "char*";
  return node;
}

// One node around another that has the name.
ValueNode around(ValueKind kind, ValueNode inner) {
  ValueNode node;
  node.kind = kind;
  node.name = std::move(inner.name);
  node.typeName = inner.typeName;
  inner.name.clear();
  node.children.push_back(std::move(inner));
  return node;
}

}  // namespace

Result<ValueNode> leafListTree(const Branch& branch) {
  ValueNode record;
  record.kind = ValueKind::kRecord;
  std::map<std::string, size_t> places;  // of the leaves before
  for (const Leaf& leaf : branch.leaves) {
    const size_t place = record.children.size();
    places.emplace(leaf.name, place);
    if (leaf.className == "TLeafC") {
      record.children.push_back(stringNode(leaf));
      continue;
    }
    const auto encoding = encodingOfLeaf(leaf.className, leaf.isUnsigned, leaf.title);
    if (!encoding) return Error(ErrorCode::kUnsupported, "leaves of class " + leaf.className + " are not supported");
    ValueNode node;
    node.kind = ValueKind::kNumber;
    node.name = leaf.name;
    node.typeName = encoding->name;
    node.number = *encoding;
    const LeafDimensions dimensions = dimensionsOf(leaf);
    for (size_t i = dimensions.fixed.size(); i-- > 0;) {
      node = around(ValueKind::kArray, std::move(node));
      node.count = dimensions.fixed[i];
    }
    if (dimensions.isJagged) {
      const auto counter = places.find(leaf.counter);
      if (counter == places.end() || counter->second == place ||
          record.children[counter->second].kind != ValueKind::kNumber) {
        return Error(ErrorCode::kUnsupported, "leaf " + leaf.name + " shares a branch with others and is counted by " +
                                                  leaf.counter + ", which is not among them");
      }
      ValueNode& counted = record.children[counter->second];
      if (counted.slot < 0) counted.slot = record.numSlots++;
      node = around(ValueKind::kCounted, std::move(node));
      node.countSlot = counted.slot;
    }
    record.children.push_back(std::move(node));
  }
  return record;
}

}  // namespace mlaas::root
