// The columns of a branch whose entries are objects, collections or strings: one for each number or string in them.
// Threads: pure functions and values.
// Source:  docs/formats/ttree.md, "Objects and collections".
#pragma once

#include <vector>

#include "mlaas/root/ttree/column_plan.h"
#include "mlaas/root/ttree/value_planner.h"

namespace mlaas::root {

// The columns of branch `index`; `member` is the class's member that the branch holds, or nullptr for a whole object.
// Members that cannot be read are columns with a reason; there is at least one column. `peek` tells what
// stands in the entries alone (learned_values.h); it may be empty.
std::vector<ColumnPlan> planValueColumns(const Branch& branch, size_t index, const ClassMember* member,
                                         ValuePlanner& planner, const ColumnPeeker& peek);

// The columns of the numbers and strings in `root`, which is not finished yet.
std::vector<ColumnPlan> columnsOfTree(const Branch& branch, size_t index, ValueNode root);

}  // namespace mlaas::root
