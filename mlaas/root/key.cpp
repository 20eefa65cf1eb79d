#include "mlaas/root/key.h"

namespace mlaas::root {

namespace {

// Keys with a larger version have places of 8 bytes.
constexpr uint16_t kWideVersion = 1000;
// A wide fSeekPdir keeps an offset into a shared buffer in its top 16 bits; the same mask is right for both places.
constexpr uint64_t kPlaceMask = (uint64_t{1} << 48) - 1;

}  // namespace

std::string_view readString(ByteCursor& cursor) {
  size_t length = cursor.big<uint8_t>();
  if (length == 255) length = cursor.big<uint32_t>();
  return cursor.characters(length);
}

Key readKey(ByteCursor& cursor) {
  Key key = readKeyOfUnwritten(cursor);
  if (key.recordBytes > INT32_MAX || key.objectBytes > INT32_MAX || key.keyBytes > key.recordBytes) cursor.fail();
  return key;
}

Key readKeyOfUnwritten(ByteCursor& cursor) {
  Key key;
  key.recordBytes = cursor.big<uint32_t>();
  const auto version = cursor.big<uint16_t>();
  key.objectBytes = cursor.big<uint32_t>();
  cursor.skip(4);  // date and time
  key.keyBytes = cursor.big<uint16_t>();
  key.cycle = cursor.big<uint16_t>();
  if (version > kWideVersion) {
    key.offset = cursor.big<uint64_t>() & kPlaceMask;
    key.parentOffset = cursor.big<uint64_t>() & kPlaceMask;
  } else {
    key.offset = cursor.big<uint32_t>();
    key.parentOffset = cursor.big<uint32_t>();
  }
  key.className = readString(cursor);
  key.name = readString(cursor);
  key.title = readString(cursor);
  return key;
}

}  // namespace mlaas::root
