// Nodes of a tree of values, made of what they need to say.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "mlaas/root/streamer/class_description.h"
#include "mlaas/root/ttree/value_node.h"

namespace mlaas::root {

// What is not understood, and why; it is stepped over by its byte count.
ValueNode opaqueNode(std::string typeName, std::string reason);
ValueNode numberNode(const NumberEncoding& encoding);
// A number of one of element_type's codes that are numbers.
ValueNode numberNode(int32_t code, std::string name = {});
// Bytes that nobody wants.
ValueNode bytesNode(uint32_t count);
ValueNode tObjectNode();
// "char*" has a length of four bytes, any other string one of one or five.
ValueNode stringNode(std::string typeName, bool withHeader);
ValueNode namedNode(ValueNode node, std::string name);
// Objects of any version.
ValueNode recordNode(std::string typeName, bool withHeader, std::vector<ValueNode> members);
ValueNode listNode(ValueNode element, bool withHeader, std::string typeName);
// The fixed dimensions of a member around its element; opaque where there are none.
ValueNode arrayNode(ValueNode element, const ClassMember& member, bool withHeader);

}  // namespace mlaas::root
