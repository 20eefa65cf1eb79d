#include "mlaas/root/ttree/node_makers.h"

#include <algorithm>
#include <utility>

namespace mlaas::root {

namespace {

constexpr size_t kMostElements = size_t{1} << 24;  // of a fixed array

// The fixed dimensions of a member, or one of all its elements where they contradict its length.
std::vector<uint32_t> dimensionsOf(const ClassMember& member) {
  std::vector<uint32_t> dimensions;
  uint64_t product = 1;
  const int32_t rank = std::clamp(member.arrayRank, 0, static_cast<int32_t>(member.dimensions.size()));
  for (int32_t i = 0; i < rank; ++i) {
    const int32_t size = member.dimensions[static_cast<size_t>(i)];
    dimensions.push_back(static_cast<uint32_t>(std::max(size, 0)));
    product = std::min<uint64_t>(product * dimensions.back(), UINT32_MAX);
  }
  const auto length = static_cast<uint32_t>(std::max(member.arrayLength, 0));
  if (dimensions.empty() || product != length) return {length};
  return dimensions;
}

}  // namespace

ValueNode opaqueNode(std::string typeName, std::string reason) {
  ValueNode node;
  node.kind = ValueKind::kOpaque;
  node.typeName = std::move(typeName);
  node.reason = std::move(reason);
  return node;
}

ValueNode numberNode(const NumberEncoding& encoding) {
  ValueNode node;
  node.kind = ValueKind::kNumber;
  node.number = encoding;
  node.typeName = encoding.name;
  return node;
}

ValueNode numberNode(int32_t code, std::string name) {
  ValueNode node = numberNode(*encodingOfCode(code, ""));
  node.name = std::move(name);
  return node;
}

ValueNode bytesNode(uint32_t count) {
  ValueNode node;
  node.kind = ValueKind::kBytes;
  node.count = count;
  return node;
}

ValueNode tObjectNode() {
  ValueNode node;
  node.kind = ValueKind::kTObject;
  node.typeName = "TObject";
  return node;
}

ValueNode stringNode(std::string typeName, bool withHeader) {
  ValueNode node;
  node.kind = typeName == "char*" ? ValueKind::kLongString : ValueKind::kString;
  node.hasHeader = withHeader;
  node.typeName = std::move(typeName);
  return node;
}

ValueNode namedNode(ValueNode node, std::string name) {
  node.name = std::move(name);
  return node;
}

ValueNode recordNode(std::string typeName, bool withHeader, std::vector<ValueNode> members) {
  ValueNode node;
  node.kind = ValueKind::kRecord;
  node.hasHeader = withHeader;
  node.typeName = std::move(typeName);
  node.children = std::move(members);
  node.version = kAnyVersion;
  return node;
}

ValueNode listNode(ValueNode element, bool withHeader, std::string typeName) {
  ValueNode node;
  node.kind = ValueKind::kList;
  node.hasHeader = withHeader;
  node.typeName = std::move(typeName);
  node.children.push_back(std::move(element));
  return node;
}

ValueNode arrayNode(ValueNode element, const ClassMember& member, bool withHeader) {
  const auto dimensions = dimensionsOf(member);
  if (member.arrayLength <= 0 || static_cast<size_t>(member.arrayLength) > kMostElements) {
    return opaqueNode(member.typeName, "its array has " + std::to_string(member.arrayLength) + " elements");
  }
  for (auto size = dimensions.rbegin(); size != dimensions.rend(); ++size) {
    ValueNode array;
    array.kind = ValueKind::kArray;
    array.typeName = element.typeName;
    array.count = *size;
    array.children.push_back(std::move(element));
    element = std::move(array);
  }
  element.hasHeader = withHeader;
  return element;
}

}  // namespace mlaas::root
