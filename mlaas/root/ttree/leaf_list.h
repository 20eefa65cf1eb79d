// The entries of a branch with several leaves of which some have no fixed size: "n/I:x[n]/F:name/C".
// Threads: pure functions.
// Source:  docs/formats/ttree.md, "Entries".
#pragma once

#include "mlaas/base/error.h"
#include "mlaas/root/ttree/tree_metadata.h"
#include "mlaas/root/ttree/value_node.h"

namespace mlaas::root {

// A record with a member for each leaf; a leaf is counted by an earlier one of the same branch. kUnsupported for a leaf
// whose class or counter is not known.
Result<ValueNode> leafListTree(const Branch& branch);

}  // namespace mlaas::root
