// The anchor of an RNTuple: the object in the directory that says where header and footer lie.
// Errors:  kCorrupt (checksum, sizes), kUnsupported (versions before 1.0), those of the source.
// Threads: pure functions and values.
// Source:  docs/formats/rntuple.md, "Anchor".
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "mlaas/root/file.h"

namespace mlaas::root {

// A block of bytes in the file that is compressed where the two sizes differ.
struct BlobLink {
  uint64_t offset = 0;
  uint64_t storedBytes = 0;
  uint64_t plainBytes = 0;
};

struct Anchor {
  std::array<uint16_t, 4> version{};  // epoch, major, minor, patch
  BlobLink header;
  BlobLink footer;
  uint64_t maxKeyBytes = 0;  // blocks above this size are written in several keys
};

// Whether a key holds the anchor of an RNTuple, a pre-release one included.
bool isNTuple(const Key& key);

// Reads the object of an anchor (without its key).
Result<Anchor> parseAnchor(std::span<const std::byte> object);

// Reads the anchor under `key`.
Result<Anchor> readAnchor(const File& file, const Key& key);

}  // namespace mlaas::root
