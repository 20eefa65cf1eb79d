// TKey: the header of every record in a ROOT file.
// Errors:  kCorrupt.
// Threads: values.
// Source:  docs/formats/tfile.md, "Keys".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mlaas/base/byte_cursor.h"

namespace mlaas::root {

struct Key {
  uint32_t recordBytes = 0;  // fNbytes: key and (compressed) object
  uint32_t objectBytes = 0;  // fObjlen: the object without compression
  uint16_t keyBytes = 0;     // fKeylen
  uint16_t cycle = 0;
  uint64_t offset = 0;        // fSeekKey: where the record lies
  uint64_t parentOffset = 0;  // fSeekPdir: where the record of its directory lies
  std::string className;
  std::string name;
  std::string title;

  // Bytes of the object in the file.
  uint32_t storedBytes() const { return recordBytes - keyBytes; }
  bool isCompressed() const { return objectBytes > storedBytes(); }
};

// Reads a string with ROOT's length prefix: one byte, or 255 and four bytes.
std::string_view readString(ByteCursor& cursor);

// Reads a key at the cursor; sizes that contradict each other fail the cursor.
Key readKey(ByteCursor& cursor);

// The same without a look at the sizes: those of a basket that was never written on its own are left from its making.
Key readKeyOfUnwritten(ByteCursor& cursor);

}  // namespace mlaas::root
