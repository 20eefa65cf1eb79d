#include "mlaas/root/writer/file_writer.h"

#include <filesystem>
#include <limits>

#include "mlaas/root/writer/object_writer.h"

namespace mlaas::root {

namespace {

constexpr uint64_t kBegin = 100;                   // the first record
constexpr uint64_t kStartBigFile = 2'000'000'000;  // past it offsets need 64 bits
constexpr uint64_t kFreeStep = 1'000'000'000;      // the last free segment ends at a multiple of it
constexpr int32_t kRootVersion = 64000;            // the release whose layout this is
constexpr int32_t kLargeHeader = 1'000'000;        // added to the version where the header has 64-bit offsets
constexpr int16_t kKeyVersion = 4;
constexpr int16_t kDirectoryVersion = 5;
constexpr int16_t kLargeVersion = 1000;  // added to a structure's version where its offsets have 64 bits
constexpr size_t kKeyBytes = 26;         // a key without its strings
constexpr size_t kLargeKeyBytes = 34;
constexpr size_t kDirectoryBytes = 60;  // the directory's fields, the same in both widths
constexpr const char* kTitle = "mlaas4hep";

void appendOffset(std::vector<std::byte>& bytes, uint64_t offset, bool large) {
  if (large) return appendBig(bytes, static_cast<int64_t>(offset));
  appendBig(bytes, static_cast<int32_t>(offset));
}

void appendUuid(std::vector<std::byte>& bytes, const FileStamp& stamp) {
  appendBig(bytes, int16_t{1});
  bytes.insert(bytes.end(), stamp.uuid.begin(), stamp.uuid.end());
}

}  // namespace

FileWriter::FileWriter(io::OutputFile file, int32_t compression, FileStamp stamp)
    : file_(std::move(file)),
      name_(std::filesystem::path(file_.path()).filename().string()),
      compression_(compression),
      stamp_(stamp) {}

Result<FileWriter> FileWriter::create(const std::string& path, int32_t compression, FileStamp stamp) {
  MLAAS_TRY(auto file, io::OutputFile::create(path));
  FileWriter writer(std::move(file), compression, stamp);
  MLAAS_CHECK(writer.begin());
  return writer;
}

bool FileWriter::isLarge() const { return file_.size() > kStartBigFile; }

RecordKey FileWriter::directoryKey() const {
  return {.className = "TFile", .name = name_, .title = kTitle, .listed = false, .tail = {}};
}

size_t FileWriter::keyBytes(const RecordKey& key) const {
  return (key.isBasket || isLarge() ? kLargeKeyBytes : kKeyBytes) + countedStringBytes(key.className) +
         countedStringBytes(key.name) + countedStringBytes(key.title) + key.tail.size();
}

std::vector<std::byte> FileWriter::keyImage(const RecordKey& key, const PlacedRecord& record) const {
  bool large = key.isBasket || isLarge();
  std::vector<std::byte> image;
  appendBig(image, record.bytes);
  appendBig(image, static_cast<int16_t>(kKeyVersion + (large ? kLargeVersion : 0)));
  appendBig(image, record.objectBytes);
  appendBig(image, stamp_.time);
  appendBig(image, static_cast<int16_t>(record.keyBytes));
  appendBig(image, key.cycle);
  appendOffset(image, record.offset, large);
  appendOffset(image, record.offset == kBegin ? 0 : kBegin, large);  // the directory's own key has none above it
  appendCountedString(image, key.className);
  appendCountedString(image, key.name);
  appendCountedString(image, key.title);
  image.insert(image.end(), key.tail.begin(), key.tail.end());
  return image;
}

Result<PlacedRecord> FileWriter::addRecord(const RecordKey& key, std::span<const std::byte> payload,
                                           std::span<const std::byte> stored) {
  size_t keySize = keyBytes(key);
  size_t storedSize = stored.empty() ? payload.size() : stored.size();
  if (keySize > std::numeric_limits<int16_t>::max() ||
      keySize + payload.size() > size_t{std::numeric_limits<int32_t>::max()})
    return Error(ErrorCode::kInvalidArgument, "'" + file_.path() + "': record '" + key.name +
                                                  "' is too large for a ROOT file (names below 32 kB, " +
                                                  "content below 2 GiB)");
  PlacedRecord record{file_.size(), static_cast<int32_t>(keySize + storedSize), static_cast<int32_t>(keySize),
                      static_cast<int32_t>(payload.size())};
  auto image = keyImage(key, record);
  if (key.listed) {
    listedKeys_.insert(listedKeys_.end(), image.begin(), image.end());
    ++numListed_;
  }
  MLAAS_CHECK(file_.write(image));
  MLAAS_CHECK(file_.write(stored.empty() ? payload : stored));
  return record;
}

Result<void> FileWriter::begin() {
  std::vector<std::byte> empty(kBegin);  // the header comes last
  MLAAS_CHECK(file_.write(empty));
  std::vector<std::byte> payload;
  appendCountedString(payload, name_);
  appendCountedString(payload, kTitle);
  nameBytes_ = static_cast<int32_t>(keyBytes(directoryKey()) + payload.size());
  payload.resize(payload.size() + kDirectoryBytes);  // filled in by writeDirectory
  MLAAS_CHECK(addRecord(directoryKey(), payload, {}));
  return {};
}

Result<PlacedRecord> FileWriter::writeKeyList() {
  std::vector<std::byte> payload;
  appendBig(payload, numListed_);
  payload.insert(payload.end(), listedKeys_.begin(), listedKeys_.end());
  return addRecord(directoryKey(), payload, {});
}

// The free list names one segment, from the end of the file on; its entry is part of the file that it ends.
Result<PlacedRecord> FileWriter::writeFreeList() {
  constexpr size_t kEntryBytes = 10;
  constexpr size_t kLargeEntryBytes = 18;
  uint64_t end = file_.size() + keyBytes(directoryKey());
  bool large = end + kEntryBytes > kStartBigFile - 1;
  end += large ? kLargeEntryBytes : kEntryBytes;
  uint64_t last = large ? (end / kFreeStep + 1) * kFreeStep : kStartBigFile;
  std::vector<std::byte> payload;
  appendBig(payload, static_cast<int16_t>(1 + (large ? kLargeVersion : 0)));
  appendOffset(payload, end, large);
  appendOffset(payload, last, large);
  return addRecord(directoryKey(), payload, {});
}

Result<void> FileWriter::writeDirectory(const PlacedRecord& keyList) {
  bool large = keyList.offset > kStartBigFile;
  std::vector<std::byte> fields;
  appendBig(fields, static_cast<int16_t>(kDirectoryVersion + (large ? kLargeVersion : 0)));
  appendBig(fields, stamp_.time);
  appendBig(fields, stamp_.time);
  appendBig(fields, keyList.bytes);
  appendBig(fields, nameBytes_);
  appendOffset(fields, kBegin, large);
  appendOffset(fields, 0, large);  // no directory above
  appendOffset(fields, keyList.offset, large);
  appendUuid(fields, stamp_);
  fields.resize(kDirectoryBytes);
  return file_.writeAt(kBegin + static_cast<uint64_t>(nameBytes_), fields);
}

Result<void> FileWriter::writeHeader(const PlacedRecord& freeList, const PlacedRecord& streamerInfo) {
  uint64_t end = file_.size();
  bool large = end > kStartBigFile;
  std::vector<std::byte> header;
  for (char c : {'r', 'o', 'o', 't'}) header.push_back(static_cast<std::byte>(c));
  appendBig(header, kRootVersion + (large ? kLargeHeader : 0));
  appendBig(header, static_cast<int32_t>(kBegin));
  appendOffset(header, end, large);
  appendOffset(header, freeList.offset, large);
  appendBig(header, freeList.bytes);
  appendBig(header, int32_t{1});  // free segments
  appendBig(header, nameBytes_);
  appendBig(header, static_cast<uint8_t>(large ? 8 : 4));
  appendBig(header, compression_);
  appendOffset(header, streamerInfo.offset, large);
  appendBig(header, streamerInfo.bytes);
  appendUuid(header, stamp_);
  return file_.writeAt(0, header);
}

Result<void> FileWriter::finish(const PlacedRecord& streamerInfo) {
  MLAAS_TRY(auto keyList, writeKeyList());
  MLAAS_TRY(auto freeList, writeFreeList());
  MLAAS_CHECK(writeDirectory(keyList));
  MLAAS_CHECK(writeHeader(freeList, streamerInfo));
  return file_.commit();
}

}  // namespace mlaas::root
