#include "mlaas/root/ttree/basket.h"

#include <gtest/gtest.h>

#include "tests/unit/root/big_endian_writer.h"

namespace mlaas::root {
namespace {

struct BasketSpec {
  uint32_t numEntries = 3;
  uint32_t dataBytes = 20;
  std::vector<int32_t> offsets;  // as the file has them, without their count
  uint8_t flag = 1;
  bool hasIoBits = false;
  uint8_t ioBits = 0;
};

// A basket's uncompressed record.
BigEndianWriter basketRecord(const BasketSpec& spec) {
  BigEndianWriter rest;  // after the sizes of the key
  rest.number(uint16_t{1}).number(uint64_t{0}).number(uint64_t{0});
  rest.text("TBasket").text("x").text("Events");
  rest.number(uint16_t{3}).number(uint32_t{32000}).number(spec.hasIoBits ? int32_t{-1000} : int32_t{1000});
  if (spec.hasIoBits) rest.number(spec.ioBits);
  const auto keyBytes = static_cast<uint16_t>(16 + rest.size() + 9);
  rest.number(spec.numEntries).number(keyBytes + spec.dataBytes).number(spec.flag);
  BigEndianWriter object;
  for (uint32_t i = 0; i < spec.dataBytes; ++i) object.number(static_cast<uint8_t>(i));
  if (!spec.offsets.empty()) object.number(static_cast<uint32_t>(spec.offsets.size()));
  for (const int32_t offset : spec.offsets) object.number(offset);
  BigEndianWriter record;
  record.number(static_cast<uint32_t>(keyBytes + object.size())).number(uint16_t{1004});
  record.number(static_cast<uint32_t>(object.size())).number(uint32_t{0}).number(keyBytes);
  return record.append(rest).append(object);
}

constexpr int32_t kKey = 70;  // bytes of the key of the records above, one more with iobits

Result<std::vector<int64_t>> offsetsOf(const BasketSpec& spec) {
  const auto record = basketRecord(spec);
  MLAAS_TRY(const BasketHeader header, readBasketHeader(record.bytes()));
  std::vector<std::byte> scratch;
  MLAAS_TRY(const BasketData data, openBasket(record.bytes(), header, scratch));
  std::vector<int64_t> offsets;
  MLAAS_CHECK(readEntryOffsets(header, data.offsets, offsets));
  return offsets;
}

TEST(Basket, ReadsHeaderAndData) {
  const auto record = basketRecord({});
  const auto header = readBasketHeader(record.bytes());
  ASSERT_TRUE(header.ok()) << header.error().what();
  EXPECT_EQ(header->keyBytes, static_cast<uint32_t>(kKey));
  EXPECT_EQ(header->numEntries, 3U);
  EXPECT_EQ(header->dataBytes, 20U);
  EXPECT_FALSE(header->offsetsLeftOut);
  std::vector<std::byte> scratch;
  const auto data = openBasket(record.bytes(), *header, scratch);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->entries.size(), 20U);
  EXPECT_EQ(data->entries[19], std::byte{19});
  EXPECT_TRUE(data->offsets.empty());
}

TEST(Basket, ReadsIoBitsAndOffsetsLeftOut) {
  BasketSpec spec;
  spec.hasIoBits = true;
  spec.ioBits = 1;
  spec.flag = 81;
  const auto record = basketRecord(spec);
  const auto header = readBasketHeader(record.bytes());
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->ioBits, 1);
  EXPECT_TRUE(header->offsetsLeftOut);
}

TEST(Basket, RefusesRecordsCutAtEveryLength) {
  const auto record = basketRecord({});
  for (size_t length = 0; length < record.size(); ++length) {
    EXPECT_EQ(readBasketHeader(std::span(record.bytes()).first(length)).error().code(), ErrorCode::kCorrupt) << length;
  }
}

TEST(Basket, EndsTheLastEntryWithTheDataNotWithTheJunkElement) {
  BasketSpec spec;
  spec.offsets = {kKey, kKey + 8, kKey + 8, 123456};
  EXPECT_EQ(offsetsOf(spec).value(), (std::vector<int64_t>{0, 8, 8, 20}));
}

TEST(Basket, AddsUpOffsetsStoredAsDifferences) {
  BasketSpec spec;
  spec.hasIoBits = true;
  spec.ioBits = 1;
  spec.offsets = {0, 8, 4, 0};
  EXPECT_EQ(offsetsOf(spec).value(), (std::vector<int64_t>{0, 8, 12, 20}));
}

TEST(Basket, IgnoresAnArrayBehindTheOffsets) {
  BasketSpec spec;
  spec.offsets = {kKey, kKey + 4, kKey + 8, 0, 4, 0, 0, 0, 0};
  EXPECT_EQ(offsetsOf(spec).value(), (std::vector<int64_t>{0, 4, 8, 20}));
}

TEST(Basket, RefusesOffsetsThatFallOrLeaveTheData) {
  BasketSpec spec;
  for (const std::vector<int32_t>& offsets : {std::vector<int32_t>{kKey, kKey + 9, kKey + 8, 0},
                                              {kKey, kKey + 8, kKey + 21, 0},
                                              {kKey - 1, kKey, kKey, 0},
                                              {kKey, kKey}}) {
    spec.offsets = offsets;
    EXPECT_EQ(offsetsOf(spec).error().code(), ErrorCode::kCorrupt);
  }
}

TEST(Basket, RefusesMoreDataThanTheRecordHas) {
  const auto record = basketRecord({});
  std::vector<std::byte> bytes = record.bytes();
  bytes[kKey - 3] = std::byte{1};  // fLast
  EXPECT_EQ(readBasketHeader(bytes).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::root
