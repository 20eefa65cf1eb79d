#include "mlaas/root/key.h"

#include <gtest/gtest.h>

#include "tests/unit/root/big_endian_writer.h"

namespace mlaas::root {
namespace {

BigEndianWriter keyBytes(bool wide, uint32_t recordBytes, uint16_t length) {
  BigEndianWriter writer;
  writer.number(recordBytes).number(static_cast<uint16_t>(wide ? 1004 : 4)).number(uint32_t{500});
  writer.number(uint32_t{0}).number(length).number(uint16_t{2});
  if (wide) {
    writer.number(uint64_t{0x1234567890}).number(uint64_t{100});
  } else {
    writer.number(uint32_t{4000}).number(uint32_t{100});
  }
  return writer.text("TTree").text("Events").text("all of them");
}

TEST(Key, ReadsNarrowAndWidePlaces) {
  for (const bool wide : {false, true}) {
    const auto bytes = keyBytes(wide, 300, 60);
    ByteCursor cursor(bytes.bytes());
    const Key key = readKey(cursor);
    ASSERT_TRUE(cursor.ok());
    EXPECT_EQ(key.offset, wide ? 0x1234567890U : 4000U);
    EXPECT_EQ(key.className, "TTree");
    EXPECT_EQ(key.name, "Events");
    EXPECT_EQ(key.title, "all of them");
    EXPECT_EQ(key.cycle, 2);
    EXPECT_EQ(key.storedBytes(), 240U);
    EXPECT_TRUE(key.isCompressed());
  }
}

TEST(Key, FailsCutAtEveryLength) {
  const auto whole = keyBytes(true, 300, 60);
  for (size_t length = 0; length < whole.size(); ++length) {
    ByteCursor cursor(std::span(whole.bytes()).first(length));
    readKey(cursor);
    EXPECT_FALSE(cursor.ok()) << length;
  }
}

TEST(Key, FailsWhereSizesContradict) {
  const auto bytes = keyBytes(false, 59, 60);
  ByteCursor cursor(bytes.bytes());
  readKey(cursor);
  EXPECT_FALSE(cursor.ok());
}

TEST(Key, ReadsLongStrings) {
  BigEndianWriter writer;
  writer.number(uint8_t{255}).number(uint32_t{300}).characters(std::string(300, 'x'));
  ByteCursor cursor(writer.bytes());
  EXPECT_EQ(readString(cursor).size(), 300U);
}

}  // namespace
}  // namespace mlaas::root
