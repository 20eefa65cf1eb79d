// A systematic variation of a table: some of its columns are read under the names of others, so that selection, defines,
// features and weights all see them.
// Errors:  kInvalidArgument (an unknown column, numbers for lists or the like), those of the table.
// Threads: as the table.
#pragma once

#include <memory>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/table/table.h"

namespace mlaas::dataset {

// `table` with the replacements of `variation`; both keep living in the result.
Result<std::shared_ptr<const table::Table>> varyTable(std::shared_ptr<const table::Table> table,
                                                      const Variation& variation);

}  // namespace mlaas::dataset
