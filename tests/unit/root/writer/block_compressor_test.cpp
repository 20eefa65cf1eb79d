#include "mlaas/root/writer/block_compressor.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

constexpr size_t kBlockBytes = 0xFFFFFF;

std::vector<std::byte> compressible(size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i / 1000);
  return bytes;
}

// xorshift: no codec makes it smaller.
std::vector<std::byte> incompressible(size_t size) {
  std::vector<std::byte> bytes(size);
  uint64_t state = 88172645463325252;
  for (auto& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<std::byte>(state >> 32);
  }
  return bytes;
}

size_t littleAt(std::span<const std::byte> bytes, size_t at) {
  return std::to_integer<size_t>(bytes[at]) | std::to_integer<size_t>(bytes[at + 1]) << 8 |
         std::to_integer<size_t>(bytes[at + 2]) << 16;
}

class BlockCompressorTest : public testing::TestWithParam<const char*> {
 protected:
  static BlockCompressor make() { return BlockCompressor(parseCompression(GetParam()).value()); }
};

TEST_P(BlockCompressorTest, BlocksTellTheirSizes) {
  auto compressor = make();
  bool isFast = std::string_view(GetParam()).ends_with(":1");
  for (size_t size : {size_t{100}, size_t{100'000}, kBlockBytes, kBlockBytes + 100'000}) {
    if (size >= kBlockBytes && !isFast) continue;
    auto payload = compressible(size);
    auto blocks = compressor.compress(payload).value();
    ASSERT_FALSE(blocks.empty()) << size;
    size_t plain = 0;
    size_t at = 0;
    while (at < blocks.size()) {
      plain += littleAt(blocks, at + 6);
      at += 9 + littleAt(blocks, at + 3);
    }
    EXPECT_EQ(at, blocks.size());
    EXPECT_EQ(plain, size);
  }
}

TEST_P(BlockCompressorTest, WhatDoesNotShrinkIsLeft) {
  auto compressor = make();
  EXPECT_TRUE(compressor.compress({}).value().empty());
  for (size_t size : {size_t{1}, size_t{9}, size_t{5000}}) {
    EXPECT_TRUE(compressor.compress(incompressible(size)).value().empty()) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Codecs, BlockCompressorTest,
                         testing::Values("zstd", "zstd:1", "zstd:19", "zlib:1", "zlib:12", "lz4:1", "lz4:12"));

TEST(CompressionSetting, IsRootsNumber) {
  EXPECT_EQ(parseCompression("zstd").value().number(), 505);
  EXPECT_EQ(parseCompression("zlib:1").value().number(), 101);
  EXPECT_EQ(parseCompression("lz4").value().number(), 404);
  EXPECT_EQ(parseCompression("none").value().number(), 0);
}

TEST(CompressionSetting, RefusesOthers) {
  for (const char* text : {"", "lzma", "zstd:", "zstd:0", "zstd:20", "zlib:13", "lz4:-1", "none:1", "zstd:5x", "ZSTD"})
    EXPECT_EQ(parseCompression(text).error().code(), ErrorCode::kInvalidArgument) << text;
}

TEST(CompressionSetting, NoneLeavesAll) {
  BlockCompressor compressor(parseCompression("none").value());
  EXPECT_TRUE(compressor.compress(compressible(1000)).value().empty());
}

}  // namespace
}  // namespace mlaas::root
