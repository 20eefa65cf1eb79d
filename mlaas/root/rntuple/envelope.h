// Envelopes and frames: how the header, the footer and the page lists of an RNTuple are wrapped.
// An envelope is a compressed block with a type, a length and a checksum; what it holds lies in frames, which are
// stepped over by their own size, whatever of their content is known.
// Errors:  kCorrupt (checksum, sizes that contradict each other), kUnsupported (locators of object stores, feature
//          flags), those of the source.
// Threads: pure functions and values.
// Source:  docs/formats/rntuple.md, "Envelopes".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/rntuple/anchor.h"

namespace mlaas::root {

enum class EnvelopeType : uint16_t { kHeader = 1, kFooter = 2, kPageList = 3 };

// An envelope whose length, type and checksum are right.
class Envelope {
 public:
  // `bytes` without compression.
  static Result<Envelope> open(std::vector<std::byte> bytes, EnvelopeType type);

  // What stands between preamble and checksum; lives as long as the envelope.
  ByteCursor payload() const;
  uint64_t checksum() const;

 private:
  explicit Envelope(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::vector<std::byte> bytes_;
};

// Reads and decompresses the envelope at `link`.
Result<Envelope> readEnvelope(const File& file, const BlobLink& link, EnvelopeType type, uint64_t maxKeyBytes);

// Decompresses `stored` where the sizes differ. kCorrupt where the blocks cannot give `plainBytes`.
Result<std::vector<std::byte>> openBlob(std::vector<std::byte> stored, uint64_t plainBytes);

struct Frame {
  ByteCursor body;
  uint32_t numItems = 0;  // of a list
};

// The frame at the cursor, which moves behind it. A list promises no more items than its bytes can hold if each has at
// least `leastItemBytes`. Where that is not so, the cursor fails and the frame is empty.
Frame readRecordFrame(ByteCursor& cursor);
Frame readListFrame(ByteCursor& cursor, size_t leastItemBytes);

// A string with a length of four bytes.
std::string readLongString(ByteCursor& cursor);

// Where a block lies, and its stored bytes. A locator that is none of a file fails the cursor.
BlobLink readLocator(ByteCursor& cursor);

// kUnsupported where the feature flags at the cursor name a feature.
Result<void> checkFeatureFlags(ByteCursor& cursor);

}  // namespace mlaas::root
