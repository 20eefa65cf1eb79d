// What the entries of a branch alone tell about their values: the class of what TClonesArrays hold, and that there is
// never a value of a class that no file describes.
// Memory:  at most kMostProbedBytes of baskets are looked at for what is never there, two baskets for a class.
// Threads: pure functions.
// Source:  docs/formats/ttree.md, "Objects and collections".
#pragma once

#include "mlaas/root/ttree/column_plan.h"
#include "mlaas/root/ttree/value_planner.h"

namespace mlaas::root {

// The stored bytes of a branch that are read to see whether its lists are all empty.
inline constexpr uint64_t kMostProbedBytes = uint64_t{256} << 10;

// Puts the objects of TClonesArrays into `root`, the plan of branch `index`.
void learnClones(ValueNode& root, size_t index, ValuePlanner& planner, const ColumnPeeker& peek);

// Makes leaves without a value of what is not understood and never there in the whole branch.
void learnEmpties(ValueNode& root, const Branch& branch, size_t index, const ColumnPeeker& peek);

}  // namespace mlaas::root
