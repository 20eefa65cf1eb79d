// The text of a CSV or NDJSON file cut into blocks that end where a record ends, so that it can be read piece by piece.
// Gzip and Zstandard are decompressed once, into a temporary file that is gone when the last reader is.
// Errors:  kCorrupt (a compressed stream that is damaged or grows beyond 2000 times its size, a record of more than
//          64 MiB, a quote that is never closed), kIo (no room for the temporary file).
// Threads: any.
#pragma once

#include <memory>
#include <vector>

#include "mlaas/io/byte_source.h"

namespace mlaas::table {

// The source itself, or its decompressed bytes; `url` of either is the file's.
Result<std::shared_ptr<io::ByteSource>> plainText(std::shared_ptr<io::ByteSource> source);

struct TextBlock {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// `hasQuotes`: a line break between double quotes does not end a record (RFC 4180).
Result<std::vector<TextBlock>> cutIntoBlocks(io::ByteSource& text, bool hasQuotes, uint64_t blockBytes);

}  // namespace mlaas::table
