// Compresses the payload of a record into ROOT's chain of zstd blocks.
// Threads: one object per thread. Source: docs/formats/tree-writing.md, "Compression".
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::root {

class BlockCompressor {
 public:
  // `level` of zstd, 1 to 19.
  explicit BlockCompressor(int level);
  BlockCompressor(BlockCompressor&&) noexcept;
  ~BlockCompressor();

  // The blocks, or nothing where they would not be smaller than the payload: it is then stored as it is.
  // kInternal where zstd fails. The span lives until the next call.
  Result<std::span<const std::byte>> compress(std::span<const std::byte> payload);

 private:
  struct Context;
  int level_;
  std::unique_ptr<Context> context_;
  std::vector<std::byte> blocks_;
};

}  // namespace mlaas::root
