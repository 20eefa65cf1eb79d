#include "mlaas/root/rntuple/envelope.h"

#include <xxhash.h>

#include "mlaas/root/compression.h"

namespace mlaas::root {

namespace {

constexpr size_t kPreambleBytes = 8;
constexpr size_t kChecksumBytes = 8;
// The largest metadata known have a few MiB.
constexpr uint64_t kMostEnvelopeBytes = uint64_t{1} << 30;
// Metadata shrinks to a tenth or so; more than this is a trap.
constexpr uint64_t kMostExpansion = 1000;
constexpr uint64_t kAlwaysAllowedBytes = uint64_t{1} << 20;
constexpr size_t kRecordPreambleBytes = 8;
constexpr size_t kListPreambleBytes = 12;
constexpr uint8_t kLargeLocator = 1;

std::string_view typeName(EnvelopeType type) {
  if (type == EnvelopeType::kHeader) return "header";
  return type == EnvelopeType::kFooter ? "footer" : "page list";
}

Error corrupt(std::string message) { return Error(ErrorCode::kCorrupt, std::move(message)); }

}  // namespace

Result<Envelope> Envelope::open(std::vector<std::byte> bytes, EnvelopeType type) {
  const std::string what = "its " + std::string(typeName(type));
  if (bytes.size() < kPreambleBytes + kChecksumBytes) return corrupt(what + " is too short");
  const auto preamble = loadNumber<uint64_t, std::endian::little>(bytes.data());
  if ((preamble & 0xFFFF) != static_cast<uint16_t>(type)) {
    return corrupt(what + " is expected where an envelope of type " + std::to_string(preamble & 0xFFFF) + " lies");
  }
  if (preamble >> 16 != bytes.size()) {
    return corrupt(what + " says that it has " + std::to_string(preamble >> 16) + " bytes, expected " +
                   std::to_string(bytes.size()));
  }
  Envelope envelope(std::move(bytes));
  const size_t covered = envelope.bytes_.size() - kChecksumBytes;
  if (XXH3_64bits(envelope.bytes_.data(), covered) != envelope.checksum()) {
    return corrupt("the checksum of " + what + " is wrong; the file is damaged");
  }
  return envelope;
}

ByteCursor Envelope::payload() const {
  return ByteCursor(std::span(bytes_).subspan(kPreambleBytes, bytes_.size() - kPreambleBytes - kChecksumBytes));
}

uint64_t Envelope::checksum() const {
  return loadNumber<uint64_t, std::endian::little>(bytes_.data() + bytes_.size() - kChecksumBytes);
}

Result<std::vector<std::byte>> openBlob(std::vector<std::byte> stored, uint64_t plainBytes) {
  if (stored.size() == plainBytes) return stored;
  if (stored.size() > plainBytes || plainBytes > kMostEnvelopeBytes ||
      plainBytes > kAlwaysAllowedBytes + kMostExpansion * stored.size()) {
    return corrupt("a block of " + std::to_string(stored.size()) + " bytes cannot hold " + std::to_string(plainBytes));
  }
  MLAAS_CHECK(checkBlocks(stored, plainBytes));
  std::vector<std::byte> plain(plainBytes);
  MLAAS_CHECK(decompress(stored, plain));
  return plain;
}

Result<Envelope> readEnvelope(const File& file, const BlobLink& link, EnvelopeType type, uint64_t maxKeyBytes) {
  if (maxKeyBytes > 0 && link.storedBytes > maxKeyBytes) {
    return Error(ErrorCode::kUnsupported, "its " + std::string(typeName(type)) + " is spread over several keys");
  }
  if (link.storedBytes > kMostEnvelopeBytes) return corrupt("its " + std::string(typeName(type)) + " is too large");
  MLAAS_TRY(std::vector<std::byte> stored, file.readRaw(link.offset, link.storedBytes));
  MLAAS_TRY(std::vector<std::byte> plain, openBlob(std::move(stored), link.plainBytes));
  return Envelope::open(std::move(plain), type);
}

Frame readRecordFrame(ByteCursor& cursor) {
  const auto size = cursor.little<int64_t>();
  if (size < static_cast<int64_t>(kRecordPreambleBytes)) {
    cursor.fail();
    return {};
  }
  return {ByteCursor(cursor.bytes(static_cast<size_t>(size) - kRecordPreambleBytes)), 0};
}

Frame readListFrame(ByteCursor& cursor, size_t leastItemBytes) {
  const auto size = cursor.little<int64_t>();
  const auto numItems = cursor.little<uint32_t>();
  if (size > -static_cast<int64_t>(kListPreambleBytes) || size == INT64_MIN) {
    cursor.fail();
    return {};
  }
  Frame frame{ByteCursor(cursor.bytes(static_cast<size_t>(-size) - kListPreambleBytes)), numItems};
  if (numItems > frame.body.remaining() / leastItemBytes) cursor.fail();
  if (!cursor.ok()) return {};
  return frame;
}

std::string readLongString(ByteCursor& cursor) {
  const auto length = cursor.little<uint32_t>();
  return std::string(cursor.characters(length));
}

BlobLink readLocator(ByteCursor& cursor) {
  const auto size = cursor.little<int32_t>();
  BlobLink link;
  if (size >= 0) {
    link.storedBytes = static_cast<uint32_t>(size);
    link.offset = cursor.little<uint64_t>();
    return link;
  }
  // The size of the locator itself, a byte that is reserved, and the type. The sign covers all 32 bits.
  const uint32_t head = 0U - static_cast<uint32_t>(size);
  constexpr size_t kHeadBytes = 4;
  const size_t locatorBytes = head & 0xFFFF;
  if ((head >> 24 & 0x7F) != kLargeLocator || locatorBytes < kHeadBytes) {
    cursor.fail();
    return link;
  }
  ByteCursor payload(cursor.bytes(locatorBytes - kHeadBytes));
  link.storedBytes = payload.little<uint64_t>();
  link.offset = payload.little<uint64_t>();
  if (!payload.ok()) cursor.fail();
  return link;
}

Result<void> checkFeatureFlags(ByteCursor& cursor) {
  constexpr int64_t kMore = INT64_MIN;  // a further word follows
  int base = 0;
  while (cursor.ok()) {
    const auto flags = cursor.little<int64_t>();
    for (int bit = 0; bit < 63; ++bit) {
      if ((flags >> bit & 1) == 0) continue;
      return Error(ErrorCode::kUnsupported,
                   "it needs feature " + std::to_string(base + bit) +
                       " of the RNTuple format, which is not known; a newer version may read it");
    }
    if ((flags & kMore) == 0) break;
    base += 63;
  }
  return cursor.check("its feature flags");
}

}  // namespace mlaas::root
