// Writes the records of a ROOT file with one directory, one after the other, and what makes a file of them: root
// directory, key list, free list, header. Offsets grow to 64 bits past 2 GB, structure by structure.
// Errors:  kIo, kInvalidArgument (a record too large for the format).
// Threads: one. Source: docs/formats/tree-writing.md, "File".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/io/output_file.h"

namespace mlaas::root {

// The file's time stamp and identity. The defaults are those of ROOT's own reproducible files, so that the same input
// gives the same bytes.
struct FileStamp {
  uint32_t time = 1;  // packed: year - 1995, month, day, hour, minute, second
  std::array<std::byte, 16> uuid{};
};

// What a record's key says of it.
struct RecordKey {
  std::string className;
  std::string name;
  std::string title;
  int16_t cycle = 1;
  bool listed = true;           // in the directory's key list
  bool isBasket = false;        // its offsets have 64 bits in files of any size
  std::vector<std::byte> tail;  // what a basket has inside its key
};

struct PlacedRecord {
  uint64_t offset = 0;
  int32_t bytes = 0;  // key and payload as stored
  int32_t keyBytes = 0;
  int32_t objectBytes = 0;  // payload before compression
};

class FileWriter {
 public:
  // `compression` is algorithm * 100 + level.
  static Result<FileWriter> create(const std::string& path, int32_t compression, FileStamp stamp);

  // Length of the key that addRecord() would write now.
  size_t keyBytes(const RecordKey& key) const;

  // Appends a record. `stored` are the compressed blocks, or empty where the payload is stored as it is.
  Result<PlacedRecord> addRecord(const RecordKey& key, std::span<const std::byte> payload,
                                 std::span<const std::byte> stored);

  // Writes what is left and gives the file its name.
  Result<void> finish(const PlacedRecord& streamerInfo);

 private:
  FileWriter(io::OutputFile file, int32_t compression, FileStamp stamp);
  Result<void> begin();
  RecordKey directoryKey() const;
  bool isLarge() const;
  std::vector<std::byte> keyImage(const RecordKey& key, const PlacedRecord& record) const;
  Result<PlacedRecord> writeKeyList();
  Result<PlacedRecord> writeFreeList();
  Result<void> writeDirectory(const PlacedRecord& keyList);
  Result<void> writeHeader(const PlacedRecord& freeList, const PlacedRecord& streamerInfo);

  io::OutputFile file_;
  std::string name_;  // of the file, as it names itself
  int32_t compression_;
  FileStamp stamp_;
  int32_t nameBytes_ = 0;  // from the start of the directory's record to its fields
  int32_t numListed_ = 0;
  std::vector<std::byte> listedKeys_;
};

}  // namespace mlaas::root
