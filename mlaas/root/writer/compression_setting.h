// How a file's records are compressed: a codec and its level, and the number by which ROOT's files name them.
// Threads: values. Source: docs/formats/tree-writing.md, "Compression".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::root {

enum class OutputCodec : uint8_t { kNone, kZlib, kLz4, kZstd };

struct CompressionSetting {
  OutputCodec codec = OutputCodec::kZstd;
  int level = 5;  // of the codec's own scale, at least 1; 0 for kNone

  // ROOT's fCompress: algorithm * 100 + level, 0 for none.
  int32_t number() const;
};

// "zstd", "zstd:9", "zlib:1", "lz4", "none" as a setting; kInvalidArgument for anything else.
Result<CompressionSetting> parseCompression(std::string_view text);

}  // namespace mlaas::root
