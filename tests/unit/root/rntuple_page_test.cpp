#include "mlaas/root/rntuple/page_decoder.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "mlaas/root/rntuple/page_kernels.h"

namespace mlaas::root {
namespace {

std::vector<std::byte> randomBytes(size_t count) {
  std::mt19937 random(static_cast<uint32_t>(count));
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xFF);
  return bytes;
}

// A page that is not compressed.
struct PlainPage {
  PhysicalColumn column;
  Page page;
  std::vector<std::byte> bytes;

  PlainPage(uint16_t type, uint16_t bits, uint32_t numElements, std::vector<std::byte> content)
      : bytes(std::move(content)) {
    column.type = type;
    column.bits = bits;
    column.encoding = findEncoding(type);
    page.numElements = numElements;
    page.storedBytes = bytes.size();
  }
  PageBytes stored() const { return {&page, bytes}; }
  template <class T>
  std::vector<T> values() const {
    std::vector<T> read(page.numElements);
    decodeValues(stored(), column, {0, page.numElements}, reinterpret_cast<std::byte*>(read.data())).value();
    return read;
  }
};

TEST(PageKernels, JoinPlanesOfAnyLength) {
  for (const size_t width : {2, 4, 8}) {
    for (const size_t numElements : {1, 7, 16, 33, 100, 1000}) {
      const auto page = randomBytes(width * numElements);
      for (const size_t first : {size_t{0}, numElements / 3}) {
        const size_t count = numElements - first;
        std::vector<std::byte> joined(width * count);
        joinPlanes(page.data(), numElements, width, first, count, joined.data());
        for (size_t i = 0; i < joined.size(); ++i) {
          ASSERT_EQ(joined[i], page[i % width * numElements + first + i / width]) << width << " " << i;
        }
      }
    }
  }
}

TEST(PageKernels, UnpackBitsFromAnyPlace) {
  const auto page = randomBytes(20);
  for (size_t first = 0; first < 20; ++first) {
    for (const size_t count : {size_t{0}, size_t{1}, size_t{9}, 160 - first}) {
      std::vector<std::byte> bits(count);
      unpackBits(page.data(), first, count, bits.data());
      for (size_t i = 0; i < count; ++i) {
        ASSERT_EQ(std::to_integer<int>(bits[i]), std::to_integer<int>(page[(first + i) / 8]) >> (first + i) % 8 & 1);
      }
    }
  }
}

TEST(PageKernels, UnpackIntegersOfAnyWidth) {
  for (uint32_t bits = 1; bits <= 32; ++bits) {
    constexpr size_t kCount = 50;
    const auto page = randomBytes((kCount * bits + 7) / 8);
    std::vector<uint32_t> values(kCount);
    unpackIntegers(page.data(), page.size(), bits, 0, kCount, values.data());
    for (size_t i = 0; i < kCount; ++i) {
      uint64_t expected = 0;
      for (size_t bit = 0; bit < bits; ++bit) {
        const size_t place = i * bits + bit;
        expected |= (std::to_integer<uint64_t>(page[place / 8]) >> place % 8 & 1) << bit;
      }
      ASSERT_EQ(values[i], expected) << bits << " " << i;
    }
  }
}

TEST(PageKernels, WidenHalfs) {
  // IEEE 754: zeros, one, the largest, the least normal and subnormal numbers, infinity.
  const std::vector<uint16_t> halfs = {0x0000, 0x8000, 0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x03FF, 0x7C00, 0xFC00};
  std::vector<float> values(halfs.size());
  widenHalfs(halfs.data(), halfs.size(), values.data());
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> expected = {0.0F,     -0.0F,    1.0F,         -2.0F,    65504.0F,
                                       0x1p-14F, 0x1p-24F, 0x1.FF8p-15F, infinity, -infinity};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(std::bit_cast<uint32_t>(values[i]), std::bit_cast<uint32_t>(expected[i])) << i;
  }
  const uint16_t nan = 0x7E01;
  widenHalfs(&nan, 1, values.data());
  EXPECT_EQ(std::bit_cast<uint32_t>(values[0]), 0x7FC02000U);
}

TEST(PageKernels, ZigzagReachesBothEnds) {
  std::vector<uint64_t> values = {0, 1, 2, 3, UINT64_MAX - 1, UINT64_MAX};
  undoZigzag(reinterpret_cast<std::byte*>(values.data()), 8, values.size());
  const std::vector<int64_t> expected = {0, -1, 1, -2, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(static_cast<int64_t>(values[i]), expected[i]);
}

TEST(PageDecoder, IndexesCountOnAcrossPages) {
  // SplitIndex64: the first end, then differences, of which one needs a second byte.
  const std::vector<uint64_t> differences = {5, 0, 3, 300, 1, 31, 32};
  std::vector<std::byte> planes(8 * differences.size());
  for (size_t i = 0; i < differences.size(); ++i) {
    for (size_t byte = 0; byte < 8; ++byte) {
      planes[byte * differences.size() + i] = static_cast<std::byte>(differences[i] >> 8 * byte);
    }
  }
  const PlainPage page(0x1B, 64, 7, planes);
  std::vector<int64_t> ends(8, 0);
  ends[0] = 1000;
  EndsWriter whole(ends.data(), true);
  decodeIndexes(page.stored(), page.column, {0, 7}, whole).value();
  EXPECT_EQ(ends, (std::vector<int64_t>{1000, 1005, 1005, 1008, 1308, 1309, 1340, 1372}));
  EXPECT_FALSE(whole.fell());
  // From the third on: what they count begins at 5.
  std::vector<int64_t> part(4, 0);
  EndsWriter some(part.data(), false);
  decodeIndexes(page.stored(), page.column, {1, 4}, some).value();
  EXPECT_EQ(part, (std::vector<int64_t>{0, 3, 303, 304}));
  EXPECT_EQ(some.begin(), 5U);
  EXPECT_EQ(some.end(), 309U);
}

TEST(PageDecoder, SeesEndsThatFall) {
  const std::vector<uint32_t> ends = {3, 2};
  const auto bytes = std::as_bytes(std::span(ends));
  const PlainPage page(0x0E, 32, 2, {bytes.begin(), bytes.end()});
  std::vector<int64_t> to(3, 0);
  EndsWriter writer(to.data(), true);
  decodeIndexes(page.stored(), page.column, {0, 2}, writer).value();
  EXPECT_TRUE(writer.fell());
}

TEST(PageDecoder, TruncatedRealsKeepTheirHighBits) {
  // 16 bits of 1.5 and -2: sign, exponent and 7 bits of the fraction.
  const PlainPage page(0x1C, 16, 2, {std::byte{0xC0}, std::byte{0x3F}, std::byte{0x00}, std::byte{0xC0}});
  EXPECT_EQ(page.values<float>(), (std::vector<float>{1.5F, -2.0F}));
}

TEST(PageDecoder, QuantizedRealsFillTheirRange) {
  PlainPage page(0x1D, 8, 3, {std::byte{0}, std::byte{51}, std::byte{255}});
  page.column.least = -1;
  page.column.most = 4;
  EXPECT_EQ(page.values<float>(), (std::vector<float>{-1.0F, 0.0F, 4.0F}));
}

TEST(PageDecoder, ChecksItsChecksum) {
  // Known answer: XXH3 with 64 bits of no byte at all is 0x2D06800538D394C2.
  PlainPage page(0x04, 8, 0, {});
  for (const int byte : {0xC2, 0x94, 0xD3, 0x38, 0x05, 0x80, 0x06, 0x2D}) page.bytes.push_back(std::byte(byte));
  page.page.hasChecksum = true;
  std::byte to{};
  EXPECT_TRUE(decodeValues(page.stored(), page.column, {0, 0}, &to).ok());
  page.bytes[3] ^= std::byte{1};
  EXPECT_EQ(decodeValues(page.stored(), page.column, {0, 0}, &to).error().code(), ErrorCode::kCorrupt);
}

TEST(PageDecoder, RefusesBlocksOfAnotherSize) {
  // A zstd block that promises 9 bytes for a page of 8.
  PlainPage page(0x09, 64, 1,
                 {std::byte{'Z'}, std::byte{'S'}, std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{9},
                  std::byte{0}, std::byte{0}});
  page.page.storedBytes = 7;
  EXPECT_EQ(checkPage(page.stored(), page.column).error().code(), ErrorCode::kCorrupt);
  page.page.numElements = 2;
  page.page.storedBytes = 9;
  EXPECT_EQ(checkPage(page.stored(), page.column).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::root
