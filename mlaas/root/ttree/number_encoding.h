// How one kind of number lies in a basket, and what it becomes in a column.
// Double32_t and Float16_t have three forms, which the title of the streamer element or leaf tells:
//   none           "x"          float32 for Double32_t, kTruncated with 12 bits for Float16_t
//   [low,high]     "x[0,10,8]"  a uint32 that counts steps of (high - low) / 2^bits above low; bits are 32 where left out
//   [0,0,bits]     bits < 15    1 byte exponent, 2 bytes sign and mantissa (kTruncated)
// Dimensions may stand before the range: "[n][0,10,8]".
// Values are bit-identical with uproot's. uproot overlooks a range behind dimensions; there they are ROOT's.
// Threads: pure functions and values.
// Source:  docs/formats/ttree.md, "Numbers".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mlaas/base/column.h"

namespace mlaas::root {

enum class NumberForm : uint8_t {
  kPlain,      // the number itself, big-endian
  kFloat32,    // a float32 that becomes a float64
  kRange,      // a uint32 that counts steps
  kRangeRoot,  // the same in ROOT's arithmetic: divided by the steps of a unit
  kTruncated,  // exponent and mantissa in 3 bytes
};

struct NumberEncoding {
  DType dtype = DType::kFloat64;  // in the column
  NumberForm form = NumberForm::kPlain;
  int32_t bits = 0;       // kTruncated: of the mantissa
  double low = 0;         // kRange, kRangeRoot
  double scale = 1;       // kRange: a step; kRangeRoot: steps of a unit
  std::string_view name;  // "Float_t"; static storage

  bool isPlain() const { return form == NumberForm::kPlain; }
  // Bytes of one number in the file.
  size_t storedBytes() const;
};

// The encoding of a streamer element's or TLeafElement's code (element_type without kFixedArray and kCountedArray);
// `title` is the element's. Nothing for a code that is not a number's.
std::optional<NumberEncoding> encodingOfCode(int32_t code, std::string_view title);

// The encoding of a leaf by its class ("TLeafF") and title.
std::optional<NumberEncoding> encodingOfLeaf(std::string_view leafClass, bool isUnsigned, std::string_view title);

// The encoding of a C++ number type by its name ("unsigned int", "Long64_t", "std::uint8_t", "Double32_t"), without
// range.
std::optional<NumberEncoding> encodingOfName(std::string_view name);

// Turns `count` numbers at `from` (count * storedBytes() bytes) into native values at `to`; the two must not overlap and
// need no alignment. Bools keep their bytes.
void decodeNumbers(const NumberEncoding& encoding, const std::byte* from, size_t count, std::byte* to);

}  // namespace mlaas::root
