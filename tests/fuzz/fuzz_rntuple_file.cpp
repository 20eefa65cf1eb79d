// Input: a whole ROOT file with RNTuples. Checksums would refuse nearly every change, so those of the anchors, of
// envelopes that are not compressed, and of the pages are put right first. Then every column of every ntuple is read,
// whole and in two parts, and both ways must give the same values.
#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/io/memory_source.h"
#include "mlaas/io/opener.h"
#include "mlaas/root/directory.h"
#include "mlaas/root/rntuple/page_list.h"
#include "mlaas/table/table.h"
#include "tests/fuzz/read_in_parts.h"

namespace {

using namespace mlaas;
using Bytes = std::vector<std::byte>;

constexpr size_t kMostColumns = 200;
constexpr const char* kUrl = "fuzz://file.root";
constexpr size_t kChecksumBytes = 8;

std::shared_ptr<io::ByteSource> sourceOf(const Bytes& file) {
  return std::make_shared<io::MemorySource>(kUrl, Bytes(file));
}

bool lies(const Bytes& file, uint64_t offset, uint64_t bytes) {
  return offset <= file.size() && bytes <= file.size() - offset;
}

template <class T>
void store(Bytes& file, uint64_t offset, T value) {
  std::memcpy(file.data() + offset, &value, sizeof(value));
}

uint64_t hashOf(const Bytes& file, uint64_t offset, uint64_t bytes) { return XXH3_64bits(file.data() + offset, bytes); }

// The anchor's checksum stands where its byte count ends.
void repairAnchor(Bytes& file, const root::Key& key) {
  const uint64_t object = key.offset + key.keyBytes;
  if (key.isCompressed() || !lies(file, object, 6)) return;
  const uint64_t end = (loadNumber<uint32_t, std::endian::big>(file.data() + object) & ~0x40000000U) + sizeof(uint32_t);
  if (end < 6 || !lies(file, object, end + kChecksumBytes)) return;
  store(file, object + end, byteSwapped(hashOf(file, object + 6, end - 6)));
}

// Type, length and checksum of an envelope that is not compressed; returns the checksum.
uint64_t repairEnvelope(Bytes& file, const root::BlobLink& link, root::EnvelopeType type) {
  constexpr uint64_t kLeastBytes = 32;
  const uint64_t bytes = link.storedBytes;
  if (link.plainBytes != bytes || bytes < kLeastBytes || !lies(file, link.offset, bytes)) return 0;
  store(file, link.offset, bytes << 16 | static_cast<uint64_t>(type));
  const uint64_t checksum = hashOf(file, link.offset, bytes - kChecksumBytes);
  store(file, link.offset + bytes - kChecksumBytes, checksum);
  return checksum;
}

// The cluster groups' page lists, and the pages that they name.
void repairPages(Bytes& file, const root::Anchor& anchor, uint64_t headerChecksum) {
  const auto opened = root::File::open(sourceOf(file));
  if (!opened.ok()) return;
  const auto read = [&](const root::BlobLink& link, root::EnvelopeType type) {
    return root::readEnvelope(**opened, link, type, anchor.maxKeyBytes);
  };
  const auto header = read(anchor.header, root::EnvelopeType::kHeader);
  const auto footer = read(anchor.footer, root::EnvelopeType::kFooter);
  if (!header.ok() || !footer.ok()) return;
  ByteCursor cursor = footer->payload();
  cursor.skip(2 * sizeof(uint64_t));
  const auto schema = root::readSchema(*header, cursor);
  if (!schema.ok()) return;
  ByteCursor groups = cursor;
  root::Frame list = root::readListFrame(groups, 48);
  for (uint32_t i = 0; i < list.numItems; ++i) {
    root::Frame group = root::readRecordFrame(list.body);
    group.body.skip(8 + 8 + 4);
    const auto plainBytes = group.body.little<uint64_t>();
    root::BlobLink link = root::readLocator(group.body);
    link.plainBytes = plainBytes;
    if (!group.body.ok() || !lies(file, link.offset, link.storedBytes) || link.storedBytes < 32) return;
    if (link.plainBytes == link.storedBytes) store(file, link.offset + 8, headerChecksum);
    repairEnvelope(file, link, root::EnvelopeType::kPageList);
  }
  const auto repaired = root::File::open(sourceOf(file));
  if (!repaired.ok()) return;
  const auto pages = root::PageList::read(**repaired, cursor, *schema, headerChecksum, anchor.maxKeyBytes);
  if (!pages.ok()) return;
  for (const root::Cluster& cluster : pages->clusters()) {
    for (const root::ColumnPages& column : cluster.columns) {
      for (const root::Page& page : pages->pagesOf(column)) {
        if (!page.hasChecksum) continue;
        store(file, page.offset + page.storedBytes, hashOf(file, page.offset, page.storedBytes));
      }
    }
  }
}

void repairNTuple(Bytes& file, const root::Key& key) {
  repairAnchor(file, key);
  const uint64_t object = key.offset + key.keyBytes;
  if (key.isCompressed() || !lies(file, object, key.objectBytes)) return;
  const auto anchor = root::parseAnchor(std::span(file).subspan(object, key.objectBytes));
  if (!anchor.ok()) return;
  const uint64_t headerChecksum = repairEnvelope(file, anchor->header, root::EnvelopeType::kHeader);
  if (headerChecksum == 0) return;
  // The footer names the header's checksum behind its feature flags.
  constexpr uint64_t kPlace = 16;
  if (!lies(file, anchor->footer.offset, kPlace + sizeof(uint64_t))) return;
  if (anchor->footer.plainBytes == anchor->footer.storedBytes)
    store(file, anchor->footer.offset + kPlace, headerChecksum);
  repairEnvelope(file, anchor->footer, root::EnvelopeType::kFooter);
  repairPages(file, *anchor, headerChecksum);
}

void repairChecksums(Bytes& file) {
  const auto opened = root::File::open(sourceOf(file));
  if (!opened.ok()) return;
  const auto keys = root::listKeys(**opened);
  if (!keys.ok()) return;
  for (const root::DirectoryEntry& entry : *keys) {
    if (root::isNTuple(entry.key)) repairNTuple(file, entry.key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  Bytes file(bytes, bytes + size);
  repairChecksums(file);
  const auto source = sourceOf(file);
  io::registerScheme("fuzz", [source](const std::string&) -> Result<std::shared_ptr<io::ByteSource>> {
    return std::shared_ptr<io::ByteSource>(source);
  });
  const auto info = table::inspectFile(kUrl);
  if (!info.ok()) return 0;
  for (const table::TableInfo& tableInfo : info->tables) {
    if (tableInfo.kind != "rntuple") continue;
    const auto table = table::openTable(kUrl, tableInfo.name);
    if (!table.ok()) continue;
    const size_t numColumns = std::min((*table)->columns().size(), kMostColumns);
    for (size_t column = 0; column < numColumns; ++column) fuzz::readInParts(**table, column);
  }
  return 0;
}
