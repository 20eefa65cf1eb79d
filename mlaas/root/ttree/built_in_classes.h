// Classes whose objects ROOT writes by code, as trees of values named as uproot names their members.
// Threads: pure functions.
// Source:  docs/formats/ttree.md, "Objects and collections".
#pragma once

#include <optional>
#include <string>

#include "mlaas/root/ttree/value_node.h"

namespace mlaas::root {

// The objects of a class; nothing for one that follows its description.
std::optional<ValueNode> builtInClass(const std::string& name);

// ElementLink of ATLAS, for files that leave out its description because no list in them holds one.
ValueNode elementLinkNode(std::string name);

}  // namespace mlaas::root
