#include "mlaas/base/byte_cursor.h"

#include <gtest/gtest.h>

#include <array>

namespace mlaas {
namespace {

constexpr std::array kBytes = {std::byte{0x01}, std::byte{0x02}, std::byte{0x03}, std::byte{0x04}};

TEST(ByteCursor, ReadsBothByteOrders) {
  ByteCursor cursor(kBytes);
  EXPECT_EQ(cursor.big<uint16_t>(), 0x0102);
  EXPECT_EQ(cursor.little<uint16_t>(), 0x0403);
  EXPECT_TRUE(cursor.ok());
  EXPECT_EQ(cursor.remaining(), 0U);
}

TEST(ByteCursor, ReadsFloatsAsBits) {
  // IEEE 754: 0x3F800000 is 1.
  constexpr std::array kOne = {std::byte{0x3F}, std::byte{0x80}, std::byte{0}, std::byte{0}};
  EXPECT_EQ(ByteCursor(kOne).big<float>(), 1.0F);
}

TEST(ByteCursor, ErrorIsSticky) {
  ByteCursor cursor(kBytes);
  EXPECT_EQ(cursor.big<uint64_t>(), 0U);
  EXPECT_EQ(cursor.big<uint8_t>(), 0U);
  EXPECT_FALSE(cursor.ok());
  auto checked = cursor.check("key");
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(checked.error().message().find("key"), std::string::npos);
}

TEST(ByteCursor, HugeCountsDoNotWrapAround) {
  ByteCursor cursor(kBytes);
  cursor.skip(1);
  EXPECT_TRUE(cursor.bytes(SIZE_MAX).empty());
  EXPECT_FALSE(cursor.ok());
}

TEST(ByteCursor, SeeksInsideOnly) {
  ByteCursor cursor(kBytes);
  cursor.seek(4);
  EXPECT_TRUE(cursor.ok());
  cursor.seek(5);
  EXPECT_FALSE(cursor.ok());
}

}  // namespace
}  // namespace mlaas
