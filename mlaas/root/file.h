// A ROOT file: header, records and the place of its streamer info. Directories are listed by directory.h.
// Errors:  kCorrupt (not a ROOT file, truncated, sizes that contradict each other), those of the source.
// Threads: immutable after open(); may be shared. Owns: a share of its source.
// Source:  docs/formats/tfile.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/io/byte_source.h"
#include "mlaas/root/key.h"

namespace mlaas::root {

// An object's bytes without compression, as the file holds them (big-endian), and the key they stood under.
struct Record {
  Key key;
  std::vector<std::byte> bytes;
};

class File {
 public:
  static Result<std::shared_ptr<const File>> open(std::shared_ptr<io::ByteSource> source);

  const std::string& url() const { return source_->url(); }
  io::ByteSource& source() const { return *source_; }
  // "ROOT 6.40.00"
  std::string writtenBy() const;
  // Where the record of the top directory lies.
  uint64_t topDirectoryOffset() const { return topDirectoryOffset_; }
  // Whether the file has streamer info, and where.
  bool hasStreamerInfo() const { return streamerInfoBytes_ > 0; }

  // Reads `bytes` bytes at `offset` as they are.
  Result<std::vector<std::byte>> readRaw(uint64_t offset, uint64_t bytes) const;
  // Reads a record of `recordBytes` at `offset`, key first, and decompresses its object.
  Result<Record> readRecord(uint64_t offset, uint32_t recordBytes) const;
  Result<Record> readStreamerInfo() const { return readRecord(streamerInfoOffset_, streamerInfoBytes_); }

 private:
  File() = default;

  std::shared_ptr<io::ByteSource> source_;
  uint32_t version_ = 0;  // of ROOT, as 6 decimal digits
  uint64_t topDirectoryOffset_ = 0;
  uint64_t streamerInfoOffset_ = 0;
  uint32_t streamerInfoBytes_ = 0;
};

}  // namespace mlaas::root
