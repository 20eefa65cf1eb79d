// A ROOT file: header, records and the place of its streamer info. Directories are listed by directory.h.
// A file that was cut short or never closed opens too: damage() says so, and what is whole in it can be read.
// Errors:  kCorrupt (not a ROOT file, truncated with nothing whole in it, sizes that contradict each other), those of the
//          source.
// Threads: immutable after open(); may be shared. Owns: a share of its source.
// Source:  docs/formats/tfile.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/io/byte_source.h"
#include "mlaas/root/key.h"

namespace mlaas::root {

struct RecoveredFile;

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
  // Where the first record, that of the file itself, lies.
  uint64_t firstRecordOffset() const { return firstRecordOffset_; }
  // Where the record of the top directory lies.
  uint64_t topDirectoryOffset() const { return topDirectoryOffset_; }
  // What is wrong with the file as a whole: it is shorter than it says, or was never closed. Empty for a whole file.
  const std::string& damage() const { return damage_; }
  // The file's length as its header tells, or as it is where that is more.
  uint64_t promisedBytes() const { return promisedBytes_; }
  // What was found where the lists of keys are missing; nullptr for a file that has them.
  const RecoveredFile* recovered() const { return recovered_.get(); }
  // Whether the file has streamer info, and where.
  bool hasStreamerInfo() const { return streamerInfoBytes_ > 0; }

  // Reads `bytes` bytes at `offset` as they are.
  Result<std::vector<std::byte>> readRaw(uint64_t offset, uint64_t bytes) const;
  // Reads a record of `recordBytes` at `offset`, key first, and decompresses its object.
  Result<Record> readRecord(uint64_t offset, uint32_t recordBytes) const;
  Result<Record> readStreamerInfo() const { return readRecord(streamerInfoOffset_, streamerInfoBytes_); }

 private:
  File() = default;
  // Searches the file where the list of keys of the top directory is missing.
  Result<void> recoverWhereNeeded();
  bool hasKeyList() const;

  std::shared_ptr<io::ByteSource> source_;
  uint32_t version_ = 0;  // of ROOT, as 6 decimal digits
  std::string damage_;
  std::shared_ptr<const RecoveredFile> recovered_;
  uint64_t promisedBytes_ = 0;
  uint64_t firstRecordOffset_ = 0;
  uint64_t topDirectoryOffset_ = 0;
  uint64_t streamerInfoOffset_ = 0;
  uint32_t streamerInfoBytes_ = 0;
};

}  // namespace mlaas::root
