// The fields and columns that an RNTuple needs for our columns, and its header envelope.
// A jagged column is a std::vector for each level, a fixed array a std::array for each dimension, a string a
// std::string: "std::vector<std::array<float,3>>".
// Threads: values. Source: docs/formats/rntuple-writing.md, "Fields".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/root/writer/ntuple_envelope.h"
#include "mlaas/root/writer/output_column.h"

namespace mlaas::root {

struct NtupleField {
  std::string name;
  std::string typeName;
  uint32_t parent = 0;  // its own number where it is a top field
  bool isCollection = false;
  uint64_t arraySize = 0;  // of a fixed array, else 0
};

enum class ElementKind : uint8_t {
  kIndex,  // where the lists of one level end, counted from the start of the cluster
  kChar,   // characters of strings
  kValue,  // numbers
};

struct NtupleColumn {
  uint32_t field = 0;
  size_t source = 0;  // which of the output columns
  ElementKind kind = ElementKind::kValue;
  size_t level = 0;               // of offsets, of an index
  DType dtype = DType::kFloat64;  // of values
  uint16_t type = 0;              // as the format numbers column types
  uint16_t bitsOnStorage = 0;
};

struct NtupleSchema {
  std::vector<NtupleField> fields;
  std::vector<NtupleColumn> columns;
};

// `split` chooses the encodings that sort bytes by significance, which help a codec.
NtupleSchema makeNtupleSchema(std::span<const OutputColumn> columns, bool split);

// The header envelope.
EnvelopeWriter::Finished makeNtupleHeader(const NtupleSchema& schema, const std::string& name,
                                          const std::string& description);

// The four empty lists of a schema that adds nothing to the header's.
void writeEmptySchema(EnvelopeWriter& writer);

}  // namespace mlaas::root
