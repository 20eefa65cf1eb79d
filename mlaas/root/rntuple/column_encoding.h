// The column types of RNTuple and how their elements lie in a page.
// Threads: constants and pure functions.
// Source:  docs/formats/rntuple.md, "Column types".
#pragma once

#include <cstdint>
#include <string_view>

#include "mlaas/base/column.h"

namespace mlaas::root {

enum class ElementKind : uint8_t {
  kNumber,     // whole bytes
  kBit,        // eight in a byte, the lowest first
  kHalf,       // half precision; float32 in memory
  kTruncated,  // the high bits of a float32
  kQuantized,  // an integer that stands for a real number in a range
  kIndex,      // end of a collection, relative to the cluster; int64 in memory
  kSwitch,     // index and alternative of a variant
};

struct ColumnEncoding {
  std::string_view name;
  ElementKind kind = ElementKind::kNumber;
  DType dtype = DType::kFloat64;  // in memory; of an index that of its own numbers as uproot has them
  uint16_t leastBits = 0;
  uint16_t mostBits = 0;
  bool isSplit = false;   // all first bytes of a page, then all second ones, ...
  bool isZigzag = false;  // signs in the lowest bit
  bool isDelta = false;   // differences within a page
};

// The row of a column type, nullptr for one that is not known.
const ColumnEncoding* findEncoding(uint16_t type);

// Bytes of `count` elements of `bits` bits each in a page; counts are below 2^32.
constexpr uint64_t packedBytes(uint64_t count, uint32_t bits) { return (count * bits + 7) / 8; }

// The type that holds both, as numpy promotes them.
DType promoted(DType a, DType b);

}  // namespace mlaas::root
