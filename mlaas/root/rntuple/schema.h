// The fields and columns of an RNTuple: the header and what the footer adds to it.
// Errors:  kCorrupt (numbers of fields and columns that are not there, fields that contain themselves).
// Threads: pure functions and values.
// Source:  docs/formats/rntuple.md, "Schema".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/root/rntuple/column_encoding.h"
#include "mlaas/root/rntuple/envelope.h"

namespace mlaas::root {

enum class FieldRole : uint16_t { kLeaf = 0, kCollection = 1, kRecord = 2, kVariant = 3, kStreamer = 4 };

struct Field {
  std::string name;
  std::string typeName;
  uint32_t parent = 0;  // its own number: a field at the top
  FieldRole role = FieldRole::kLeaf;
  uint64_t arraySize = 0;  // of a fixed array or bitset; 0: none
  bool isArray = false;
  bool isProjected = false;
  std::vector<uint32_t> children;  // ascending
  std::vector<uint32_t> columns;   // in Schema::columns, in their order
};

// A column as the page lists count them.
struct PhysicalColumn {
  uint16_t type = 0;
  uint16_t bits = 0;
  uint32_t field = 0;
  uint16_t representation = 0;
  bool isDeferred = false;  // it was added late: its first elements are zeros that are not stored
  double least = 0;         // range of a quantized column
  double most = 0;
  const ColumnEncoding* encoding = nullptr;  // nullptr: a type that is not known
};

// A column of a field: in each cluster one of its representations is stored.
struct FieldColumn {
  std::vector<uint32_t> physical;  // in Schema::physical, one a representation
};

struct Schema {
  std::string name;
  std::vector<Field> fields;
  std::vector<PhysicalColumn> physical;
  std::vector<FieldColumn> columns;
  std::vector<uint32_t> topFields;

  // The encoding of a column's first representation; nullptr where a representation has an unknown type.
  const ColumnEncoding* encodingOf(uint32_t column) const;
};

// Reads header and footer. `footer` stands behind its feature flags and header checksum, at the schema extension, and
// moves behind it.
Result<Schema> readSchema(const Envelope& header, ByteCursor& footer);

}  // namespace mlaas::root
