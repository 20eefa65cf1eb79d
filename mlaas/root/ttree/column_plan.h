// Which columns the branches of a tree hold, and how their bytes lie in the baskets.
// Threads: pure functions and values.
// Source:  docs/formats/ttree.md, "Columns" and "Entries".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/root/ttree/number_encoding.h"
#include "mlaas/root/ttree/tree_metadata.h"
#include "mlaas/root/ttree/value_node.h"

namespace mlaas::root {

enum class EntryLayout {
  kFixed,    // every entry has entryBytes; the column's part starts at offsetInEntry
  kCounted,  // an entry is headerBytes and then a number of elements that its length tells
  kString,   // an entry is headerBytes, a length (one byte, or 255 and four) and as many characters
  kValues,   // an entry is a tree of objects, collections, strings and numbers; the column is one leaf of it
};

struct ColumnPlan {
  std::string name;         // "branch", "parent/child", "branch.leaf" where a branch has several leaves; no two alike
  ColumnType type;          // meaningless where unsupported is not empty
  std::string storedType;   // "Float_t", "vector<float>"
  std::string counter;      // the column that counts a jagged column's elements, or empty
  std::string unsupported;  // why the column cannot be read; empty if it can
  size_t branch = 0;        // index in TreeMetadata::branches
  int32_t counterBranch =
      -1;  // the branch that holds the counter, where offsets may have to be made from it, or that of
           // kValues whose arrays are counted there

  NumberEncoding encoding;  // of the numbers, where not plain
  EntryLayout layout = EntryLayout::kFixed;
  size_t entryBytes = 0;           // kFixed: of the whole entry
  size_t offsetInEntry = 0;        // kFixed
  size_t headerBytes = 0;          // kCounted: 0, 1 (counted pointer) or 10 (collection); kString: 0 or 6 (std::string)
  bool wideLength = false;         // kString: the length is four bytes (char*)
  bool mayHaveReferences = false;  // TObject::fBits: two bytes more follow where an object is referenced
  std::shared_ptr<const ValueNode> values;  // kValues; shared by the columns of a branch
  uint32_t leaf = 0;                        // kValues: the column's

  // Bytes of one number in a basket.
  size_t storedNumberBytes() const { return encoding.isPlain() ? dtypeBytes(type.dtype) : encoding.storedBytes(); }
  // Bytes of one innermost element in a basket.
  size_t storedElementBytes() const { return storedNumberBytes() * type.valuesPerElement(); }
};

// Reads a leaf in the first baskets of a branch while that is planned.
using ColumnPeeker = std::function<Result<Column>(size_t branch, std::shared_ptr<const ValueNode> root, uint32_t leaf,
                                                  size_t mostBaskets)>;

// The columns of a tree in the order of its branches. Branches that only group others give none.
std::vector<ColumnPlan> planColumns(const TreeMetadata& tree, const ClassRegistry& registry,
                                    const ColumnPeeker& peek = {});

}  // namespace mlaas::root
