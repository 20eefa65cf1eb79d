// The ranges of a tree's entries that are cheap to read as a whole.
// Threads: pure function.
// Source:  docs/formats/ttree.md, "Clusters".
#pragma once

#include <vector>

#include "mlaas/root/entry_range.h"
#include "mlaas/root/ttree/tree_metadata.h"

namespace mlaas::root {

// Ranges in order that cover all entries without a gap. They end where the baskets of all readable branches end, and
// where the tree says that clusters end, as far as that keeps a range between about 1 and 64 MiB without compression.
// A tree whose branches share no such place is cut where the branch with the most baskets has one.
std::vector<EntryRange> findClusters(const TreeMetadata& tree);

}  // namespace mlaas::root
