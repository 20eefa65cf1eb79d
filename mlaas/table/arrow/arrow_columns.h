// Columns of an Arrow schema under the rules of table.h: one Column for each innermost number or string.
// Lists become levels of offsets; lists of fixed size around numbers a shape; members of structs `column.member`, of maps
// `column.key` and `column.value`. A missing number is NaN, a missing list or string empty. Dates and times are their
// integers, float16 is float32. Integers and bools have no NaN: see ArrowLeaf::asFloat.
// Source:  Arrow Columnar Format 1.5.
// Threads: any; a leaf is immutable once made.
#pragma once

#include <arrow/array.h>
#include <arrow/chunked_array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>

#include <string>
#include <vector>

#include "mlaas/table/table.h"

namespace mlaas::table {

// An innermost value of a schema's field.
struct ArrowLeaf {
  ColumnInfo info;                   // its type, or why it cannot be read
  int field = 0;                     // of the schema
  std::vector<std::string> members;  // of the structs on the way, from the outside
  // An integer column of one value an entry that has missing ones is read as float64, exactly or not at all.
  bool asFloat = false;
};

// The leaves of all fields, in the order of a walk through them.
std::vector<ArrowLeaf> leavesOf(const arrow::Schema& schema);

// Whether values of a leaf of one value an entry are missing; `array` as in columnOf().
Result<bool> hasMissing(const ArrowLeaf& leaf, const arrow::ChunkedArray& array);

// Makes an integer or bool leaf of one value an entry, some of them missing, a float64 one.
void readAsFloat(ArrowLeaf& leaf);

// The values of a leaf. `array` is those of its field; structs in it may lack the members that are not on the way.
// kUnsupported for a missing integer, or one that float64 does not hold; kCorrupt for values that contradict the leaf.
Result<Column> columnOf(const ArrowLeaf& leaf, const arrow::ChunkedArray& array);

}  // namespace mlaas::table
