#include "mlaas/root/rntuple/anchor.h"

#include <xxhash.h>

#include <string>

namespace mlaas::root {

namespace {

constexpr std::string_view kClass = "ROOT::RNTuple";
constexpr std::string_view kPreReleaseClass = "ROOT::Experimental::RNTuple";
constexpr uint32_t kByteCountMask = 0x40000000;
// Byte count and class version stand before what the checksum covers.
constexpr size_t kFrontBytes = 6;

Error preRelease() {
  return Error(
      ErrorCode::kUnsupported,
      "it was written in a pre-release of the RNTuple format, before 1.0; write it again with ROOT 6.34 or newer");
}

}  // namespace

bool isNTuple(const Key& key) { return key.className == kClass || key.className == kPreReleaseClass; }

Result<Anchor> parseAnchor(std::span<const std::byte> object) {
  ByteCursor cursor(object);
  const auto byteCount = cursor.big<uint32_t>();
  cursor.skip(2);  // version of the class
  Anchor anchor;
  for (uint16_t& part : anchor.version) part = cursor.big<uint16_t>();
  if (cursor.ok() && anchor.version[0] == 0) return preRelease();
  for (BlobLink* link : {&anchor.header, &anchor.footer}) {
    link->offset = cursor.big<uint64_t>();
    link->storedBytes = cursor.big<uint64_t>();
    link->plainBytes = cursor.big<uint64_t>();
  }
  anchor.maxKeyBytes = cursor.big<uint64_t>();
  // The byte count leaves out itself and the checksum, which stands behind what it counts.
  const size_t end = (byteCount & ~kByteCountMask) + sizeof(byteCount);
  if ((byteCount & kByteCountMask) == 0 || end < cursor.position()) cursor.fail();
  cursor.seek(end);
  const auto checksum = cursor.big<uint64_t>();
  MLAAS_CHECK(cursor.check("its anchor"));
  if (XXH3_64bits(object.data() + kFrontBytes, end - kFrontBytes) != checksum) {
    return Error(ErrorCode::kCorrupt, "the checksum of its anchor is wrong; the file is damaged");
  }
  if (anchor.version[0] != 1) {
    return Error(ErrorCode::kUnsupported, "it has version " + std::to_string(anchor.version[0]) +
                                              " of the RNTuple format; versions 1.0 and later of 1 can be read");
  }
  return anchor;
}

Result<Anchor> readAnchor(const File& file, const Key& key) {
  if (key.className == kPreReleaseClass) return preRelease();
  MLAAS_TRY(const Record record, file.readRecord(key.offset, key.recordBytes));
  return parseAnchor(record.bytes);
}

}  // namespace mlaas::root
