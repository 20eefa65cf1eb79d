// The dimensions of a plain leaf.
// Threads: pure function.
#pragma once

#include <cstdint>
#include <vector>

#include "mlaas/root/ttree/tree_metadata.h"

namespace mlaas::root {

struct LeafDimensions {
  std::vector<uint32_t> fixed;
  bool isJagged = false;  // a dimension is a name
};

// Those of the leaf's title: "x[n][3]" is jagged with an inner 3.
LeafDimensions dimensionsOf(const Leaf& leaf);

}  // namespace mlaas::root
