#include "mlaas/root/file.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "mlaas/root/compression.h"
#include "mlaas/root/directory.h"
#include "mlaas/root/recovery.h"

namespace mlaas::root {

namespace {

// Added to the version of files whose header has places of 8 bytes.
constexpr uint32_t kBigFile = 1000000;
// The longest header: that of a big file with its UUID.
constexpr uint64_t kHeaderBytes = 75;
constexpr uint64_t kShortestHeaderBytes = 45;

struct Header {
  uint32_t version = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t nameBytes = 0;
  uint64_t freeOffset = 0;
  uint64_t infoOffset = 0;
  uint32_t infoBytes = 0;
};

Result<Header> readHeader(ByteCursor cursor) {
  if (cursor.characters(4) != "root") {
    return Error(ErrorCode::kCorrupt, "is not a ROOT file: it does not start with 'root'");
  }
  Header header;
  const auto version = cursor.big<uint32_t>();
  header.version = version % kBigFile;
  header.begin = cursor.big<uint32_t>();
  const auto place = [&] { return version >= kBigFile ? cursor.big<uint64_t>() : cursor.big<uint32_t>(); };
  header.end = place();
  header.freeOffset = place();
  cursor.skip(8);  // bytes and number of the free segments
  header.nameBytes = cursor.big<uint32_t>();
  cursor.skip(1 + 4);  // width of places, compression setting
  header.infoOffset = place();
  header.infoBytes = cursor.big<uint32_t>();
  MLAAS_CHECK(cursor.check("the file's header"));
  return header;
}

}  // namespace

Result<std::shared_ptr<const File>> File::open(std::shared_ptr<io::ByteSource> source) {
  const uint64_t size = source->sizeBytes();
  std::shared_ptr<File> file(new File);
  file->source_ = std::move(source);
  const std::string& url = file->url();
  if (size < kShortestHeaderBytes) {
    return Error(ErrorCode::kCorrupt, url + ": is not a ROOT file: it has only " + std::to_string(size) + " bytes");
  }
  MLAAS_TRY(const auto bytes, file->readRaw(0, std::min(size, kHeaderBytes)));
  auto header = readHeader(ByteCursor(bytes));
  if (!header.ok()) return std::move(header).error().within(url);
  file->version_ = header->version;
  file->promisedBytes_ = std::max(header->end, size);
  file->firstRecordOffset_ = header->begin;
  file->topDirectoryOffset_ = header->begin + header->nameBytes;
  file->streamerInfoOffset_ = header->infoOffset;
  file->streamerInfoBytes_ = header->infoOffset == 0 ? 0 : header->infoBytes;
  if (header->end > size) {
    file->damage_ = "is truncated: its header promises " + std::to_string(header->end) + " bytes and " +
                    std::to_string(size) + " are there; copy it again";
  } else if (header->freeOffset == 0) {
    file->damage_ = "was never closed by the program that wrote it";
  }
  if (!file->damage_.empty()) MLAAS_CHECK(file->recoverWhereNeeded());
  return std::shared_ptr<const File>(std::move(file));
}

bool File::hasKeyList() const {
  const auto keys = listKeys(*this);
  return keys.ok() && !keys->empty();
}

Result<void> File::recoverWhereNeeded() {
  const bool isTruncated = promisedBytes_ > source_->sizeBytes();
  if (hasKeyList()) {
    if (!isTruncated) damage_.clear();
    return {};
  }
  MLAAS_TRY(RecoveredFile found, recoverKeys(*this));
  if (found.entries.empty()) {
    return Error(ErrorCode::kCorrupt, url() + ": " + damage_ + "; no whole object was found in it");
  }
  // The streamer info that the header names lies at the file's end.
  streamerInfoOffset_ = found.streamerInfoOffset;
  streamerInfoBytes_ = found.streamerInfoBytes;
  recovered_ = std::make_shared<const RecoveredFile>(std::move(found));
  return {};
}

std::string File::writtenBy() const {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "ROOT %u.%02u.%02u", version_ / 10000, version_ / 100 % 100, version_ % 100);
  return text.data();
}

Result<std::vector<std::byte>> File::readRaw(uint64_t offset, uint64_t bytes) const {
  const uint64_t size = source_->sizeBytes();
  if (offset > size || bytes > size - offset) {
    return Error(ErrorCode::kCorrupt, url() + ": a record of " + std::to_string(bytes) + " bytes at byte " +
                                          std::to_string(offset) + " lies outside the file of " + std::to_string(size) +
                                          " bytes; the file is damaged or incomplete");
  }
  std::vector<std::byte> raw(bytes);
  MLAAS_CHECK(source_->readNow({{offset, raw}}));
  return raw;
}

Result<Record> File::readRecord(uint64_t offset, uint32_t recordBytes) const {
  MLAAS_TRY(std::vector<std::byte> raw, readRaw(offset, recordBytes));
  const std::string where = url() + ": record at byte " + std::to_string(offset);
  ByteCursor cursor(raw);
  Record record{readKey(cursor), {}};
  if (auto read = cursor.check("its key"); !read.ok()) return Error(read.error()).within(where);
  const Key& key = record.key;
  if (key.recordBytes > raw.size()) {
    return Error(ErrorCode::kCorrupt, where + ": its key says " + std::to_string(key.recordBytes) +
                                          " bytes, expected " + std::to_string(raw.size()));
  }
  const std::span<const std::byte> stored = std::span(raw).subspan(key.keyBytes, key.storedBytes());
  if (!key.isCompressed()) {
    record.bytes.assign(stored.begin(), stored.begin() + key.objectBytes);
    return record;
  }
  if (auto fits = checkBlocks(stored, key.objectBytes); !fits.ok()) return Error(fits.error()).within(where);
  record.bytes.resize(key.objectBytes);
  if (auto done = decompress(stored, record.bytes); !done.ok()) return Error(done.error()).within(where);
  return record;
}

}  // namespace mlaas::root
