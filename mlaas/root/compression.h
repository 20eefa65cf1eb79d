// ROOT's compressed records: a chain of blocks, each with a header of 9 bytes and a codec of its own.
// Errors:  kCorrupt (sizes, checksum or codec disagree), kUnsupported (unknown codec).
// Threads: any; each thread keeps one reused context a codec.
// Source:  docs/formats/tfile.md, "Compressed records".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::root {

enum class Codec { kZlib, kOldDeflate, kLzma, kLz4, kZstd };

// "zlib", "deflate", "lzma", "lz4", "zstd".
std::string_view codecName(Codec codec);

// The header of one block.
struct BlockHeader {
  static constexpr size_t kBytes = 9;
  Codec codec = Codec::kZlib;
  size_t compressedBytes = 0;  // without the header
  size_t plainBytes = 0;
};

// Reads the header at the front of `bytes`.
Result<BlockHeader> readBlockHeader(std::span<const std::byte> bytes);

// kCorrupt unless the block headers in `compressed` promise exactly `plainBytes`, and no more than their codecs could
// make of so few bytes. To be called before memory for the result is asked for.
Result<void> checkBlocks(std::span<const std::byte> compressed, size_t plainBytes);

// Fills `plain` from the blocks in `compressed`, which must give exactly plain.size() bytes.
Result<void> decompress(std::span<const std::byte> compressed, std::span<std::byte> plain);

}  // namespace mlaas::root
