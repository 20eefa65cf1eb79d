// Which columns the fields of an RNTuple make: one for each innermost leaf of numbers or strings, and the levels that
// lead to it from the entries.
// Threads: pure function and values.
// Source:  docs/formats/rntuple.md, "Columns".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/root/rntuple/schema.h"
#include "mlaas/root/streamer/class_registry.h"

namespace mlaas::root {

struct ValueNode;

enum class LevelKind : uint8_t {
  kCollection,  // an index column says where each collection ends
  kVariant,     // a switch column says which elements hold this alternative: 0 or 1 elements each
  kArray,       // a fixed number of elements each, as a level of offsets
  kShape,       // the same as a dimension of the innermost elements
};

struct Level {
  LevelKind kind = LevelKind::kCollection;
  uint32_t column = 0;       // kCollection, kVariant: in Schema::columns
  uint32_t alternative = 0;  // kVariant: from 1 on
  uint64_t size = 0;         // kArray, kShape
  bool makesOffsets() const { return kind != LevelKind::kShape; }
  bool hasColumn() const { return kind == LevelKind::kCollection || kind == LevelKind::kVariant; }
};

enum class LeafKind : uint8_t {
  kNumbers,  // values of `values`
  kString,   // ends in the last level, characters in `values`
  kCounts,   // numbers of elements of the collections that end as `values` says
  kStreamed,  // one number or string in objects that ROOT's streamer stored: their ends in the last level, bytes in `values`
};

struct NTupleColumn {
  std::string name;
  ColumnType type;          // meaningless where unsupported is not empty
  std::string storedType;   // "std::vector<float>"
  std::string unsupported;  // why the column cannot be read; empty if it can
  std::vector<Level> levels;
  LeafKind leaf = LeafKind::kNumbers;
  uint32_t values = 0;                      // in Schema::columns
  std::shared_ptr<const ValueNode> object;  // kStreamed: how the bytes of an object lie
  uint32_t objectLeaf = 0;                  // kStreamed: the column's number or string in it

  // The levels down to the last that has a column of its own; below are fixed arrays.
  size_t numReadLevels() const;
};

// The columns in the order of the fields. `classes` describes the objects that ROOT's streamer stored.
Result<std::vector<NTupleColumn>> planFieldColumns(const Schema& schema, const ClassRegistry& classes);

}  // namespace mlaas::root
