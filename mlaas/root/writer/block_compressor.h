// Compresses the payload of a record into ROOT's chain of blocks.
// Threads: one object per thread. Source: docs/formats/tree-writing.md, "Compression".
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/root/writer/compression_setting.h"

namespace mlaas::root {

class BlockCompressor {
 public:
  explicit BlockCompressor(CompressionSetting setting);
  BlockCompressor(BlockCompressor&&) noexcept;
  ~BlockCompressor();

  // The blocks, or nothing where they would not be smaller than the payload: it is then stored as it is.
  // kInternal where the codec fails. The span lives until the next call.
  Result<std::span<const std::byte>> compress(std::span<const std::byte> payload);

 private:
  struct Context;
  // Puts the compressed `block` at `to`; the value is its size, or 0 where it is not smaller.
  Result<size_t> compressBlock(std::span<const std::byte> block, std::span<std::byte> to);

  CompressionSetting setting_;
  std::unique_ptr<Context> context_;
  std::vector<std::byte> blocks_;
};

}  // namespace mlaas::root
