#include "mlaas/root/compression.h"

#include <gtest/gtest.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lzma.h>
#include <xxhash.h>
#include <zstd.h>

#include <functional>
#include <string>
#include <vector>

#include "mlaas/base/random.h"

namespace mlaas::root {
namespace {

using Bytes = std::vector<std::byte>;

Bytes sampleText(size_t size, uint64_t seed) {
  Bytes bytes(size);
  Random random(seed);
  for (auto& byte : bytes) byte = static_cast<std::byte>('a' + random.below(5));
  return bytes;
}

Bytes deflated(const Bytes& plain, bool zlib) {
  auto* context = libdeflate_alloc_compressor(6);
  Bytes out(plain.size() + 1000);
  const size_t size = zlib ? libdeflate_zlib_compress(context, plain.data(), plain.size(), out.data(), out.size())
                           : libdeflate_deflate_compress(context, plain.data(), plain.size(), out.data(), out.size());
  libdeflate_free_compressor(context);
  out.resize(size);
  return out;
}

Bytes compressedLzma(const Bytes& plain) {
  Bytes out(plain.size() + 1000);
  size_t size = 0;
  lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const uint8_t*>(plain.data()), plain.size(),
                          reinterpret_cast<uint8_t*>(out.data()), &size, out.size());
  out.resize(size);
  return out;
}

Bytes compressedLz4(const Bytes& plain) {
  constexpr size_t kChecksum = 8;
  Bytes out(plain.size() + 1000);
  const int size =
      LZ4_compress_default(reinterpret_cast<const char*>(plain.data()), reinterpret_cast<char*>(out.data() + kChecksum),
                           static_cast<int>(plain.size()), static_cast<int>(out.size() - kChecksum));
  out.resize(kChecksum + static_cast<size_t>(size));
  const uint64_t checksum = XXH64(out.data() + kChecksum, static_cast<size_t>(size), 0);
  for (size_t i = 0; i < kChecksum; ++i) out[i] = static_cast<std::byte>(checksum >> (56 - 8 * i));
  return out;
}

Bytes compressedZstd(const Bytes& plain) {
  Bytes out(plain.size() + 1000);
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

struct Case {
  const char* tag;
  Codec codec;
  std::function<Bytes(const Bytes&)> compress;
  bool hasStrongChecksum;  // Adler-32 misses some changes of text of few letters
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"ZL", Codec::kZlib, [](const Bytes& plain) { return deflated(plain, true); }, false},
      {"CS", Codec::kOldDeflate, [](const Bytes& plain) { return deflated(plain, false); }, false},
      {"XZ", Codec::kLzma, compressedLzma, true},
      {"L4", Codec::kLz4, compressedLz4, true},
      {"ZS", Codec::kZstd, compressedZstd, false}};
  return kCases;
}

// One block: tag, method, both sizes as 24 bits little-endian, data.
Bytes block(const Case& one, const Bytes& plain) {
  const Bytes data = one.compress(plain);
  Bytes bytes = {static_cast<std::byte>(one.tag[0]), static_cast<std::byte>(one.tag[1]), std::byte{8}};
  for (const size_t size : {data.size(), plain.size()}) {
    for (int shift = 0; shift < 24; shift += 8) bytes.push_back(static_cast<std::byte>(size >> shift));
  }
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

TEST(Compression, ReadsBlocksOfEachCodec) {
  for (const Case& one : cases()) {
    const Bytes plain = sampleText(20000, 1);
    const Bytes bytes = block(one, plain);
    ASSERT_TRUE(checkBlocks(bytes, plain.size()).ok()) << one.tag;
    Bytes out(plain.size());
    const auto result = decompress(bytes, out);
    ASSERT_TRUE(result.ok()) << one.tag << ": " << result.error().what();
    EXPECT_EQ(out, plain) << one.tag;
    EXPECT_EQ(readBlockHeader(bytes)->codec, one.codec);
  }
}

TEST(Compression, JoinsBlocksOfMixedCodecs) {
  Bytes bytes, plain;
  for (const Case& one : cases()) {
    const Bytes part = sampleText(3000, bytes.size());
    const Bytes made = block(one, part);
    bytes.insert(bytes.end(), made.begin(), made.end());
    plain.insert(plain.end(), part.begin(), part.end());
  }
  Bytes out(plain.size());
  ASSERT_TRUE(checkBlocks(bytes, plain.size()).ok());
  ASSERT_TRUE(decompress(bytes, out).ok());
  EXPECT_EQ(out, plain);
}

TEST(Compression, RefusesBlocksCutAtEveryLength) {
  for (const Case& one : cases()) {
    const Bytes plain = sampleText(400, 2);
    const Bytes bytes = block(one, plain);
    Bytes out(plain.size());
    for (size_t length = 0; length < bytes.size(); ++length) {
      const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
      EXPECT_EQ(decompress(cut, out).error().code(), ErrorCode::kCorrupt) << one.tag << " cut to " << length;
      EXPECT_FALSE(checkBlocks(cut, plain.size()).ok()) << one.tag << " cut to " << length;
    }
  }
}

TEST(Compression, NoticesFlippedBytes) {
  for (const Case& one : cases()) {
    const Bytes plain = sampleText(2000, 3);
    const Bytes bytes = block(one, plain);
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (i == 2) continue;  // the method, which says nothing beyond the tag
      Bytes flipped = bytes;
      flipped[i] ^= std::byte{0x55};
      Bytes out(plain.size());
      const auto result = decompress(flipped, out);
      EXPECT_TRUE(!one.hasStrongChecksum || !result.ok() || out == plain) << one.tag << " byte " << i;
    }
  }
}

TEST(Compression, RefusesSizesThatCannotBe) {
  for (const Case& one : cases()) {
    const Bytes plain = sampleText(1000, 4);
    Bytes out(plain.size() + 1);
    EXPECT_FALSE(decompress(block(one, plain), out).ok());
    out.resize(plain.size() - 1);
    EXPECT_EQ(decompress(block(one, plain), out).error().code(), ErrorCode::kCorrupt);
  }
  // 9 bytes of header that promise 16 MiB from nothing.
  for (const Case& one : cases()) {
    Bytes bytes = {static_cast<std::byte>(one.tag[0]), static_cast<std::byte>(one.tag[1]), std::byte{8}};
    for (const int byte : {0, 0, 0, 255, 255, 255}) bytes.push_back(static_cast<std::byte>(byte));
    EXPECT_FALSE(checkBlocks(bytes, 0xFFFFFF).ok()) << one.tag;
  }
}

TEST(Compression, NamesAnUnknownCodec) {
  Bytes bytes(20, std::byte{1});
  bytes[0] = std::byte{'Q'};
  bytes[1] = std::byte{'Q'};
  EXPECT_EQ(readBlockHeader(bytes).error().code(), ErrorCode::kUnsupported);
  bytes[0] = std::byte{0};
  EXPECT_EQ(readBlockHeader(bytes).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::root
