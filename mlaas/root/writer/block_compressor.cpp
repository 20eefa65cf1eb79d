#include "mlaas/root/writer/block_compressor.h"

#include <libdeflate.h>
#include <lz4.h>
#include <lz4hc.h>
#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <string>

namespace mlaas::root {

namespace {

constexpr size_t kHeaderBytes = 9;           // tag, method, two 24-bit sizes
constexpr size_t kMaxBlockBytes = 0xFFFFFF;  // the largest 24-bit size
constexpr size_t kLz4HashBytes = 8;          // XXH64 before the data
constexpr int kLz4FastLevels = 3;            // up to it lz4's fast compressor, above it the one that searches

struct Tag {
  char first;
  char second;
  unsigned char method;
};

Tag tagOf(OutputCodec codec) {
  switch (codec) {
    case OutputCodec::kZlib:
      return {'Z', 'L', 8};
    case OutputCodec::kLz4:
      return {'L', '4', LZ4_VERSION_MAJOR};
    case OutputCodec::kNone:
    case OutputCodec::kZstd:
      break;
  }
  return {'Z', 'S', 1};
}

void putSize(std::byte* to, size_t size) {  // little-endian, unlike the rest of the file
  for (int i = 0; i < 3; ++i) to[i] = static_cast<std::byte>(size >> (8 * i));
}

// The hash, then the block; 0 where it does not fit.
size_t compressLz4(std::span<const std::byte> block, std::span<std::byte> to, int level) {
  if (to.size() <= kLz4HashBytes) return 0;
  auto data = to.subspan(kLz4HashBytes);
  const char* from = reinterpret_cast<const char*>(block.data());
  char* out = reinterpret_cast<char*>(data.data());
  auto size = static_cast<int>(block.size());
  auto room = static_cast<int>(data.size());
  int written = level <= kLz4FastLevels ? LZ4_compress_default(from, out, size, room)
                                        : LZ4_compress_HC(from, out, size, room, level);
  if (written <= 0) return 0;
  XXH64_canonical_t hash;
  XXH64_canonicalFromHash(&hash, XXH64(data.data(), static_cast<size_t>(written), 0));
  std::copy_n(reinterpret_cast<const std::byte*>(hash.digest), kLz4HashBytes, to.data());
  return kLz4HashBytes + static_cast<size_t>(written);
}

}  // namespace

struct BlockCompressor::Context {
  ZSTD_CCtx* zstd = nullptr;
  libdeflate_compressor* deflate = nullptr;
  explicit Context(CompressionSetting setting) {
    if (setting.codec == OutputCodec::kZstd) zstd = ZSTD_createCCtx();
    if (setting.codec == OutputCodec::kZlib) deflate = libdeflate_alloc_compressor(setting.level);
  }
  ~Context() {
    ZSTD_freeCCtx(zstd);
    libdeflate_free_compressor(deflate);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

BlockCompressor::BlockCompressor(CompressionSetting setting)
    : setting_(setting), context_(std::make_unique<Context>(setting)) {}
BlockCompressor::BlockCompressor(BlockCompressor&&) noexcept = default;
BlockCompressor::~BlockCompressor() = default;

// `to` has one byte less than the block, so what fits is smaller.
Result<size_t> BlockCompressor::compressBlock(std::span<const std::byte> block, std::span<std::byte> to) {
  switch (setting_.codec) {
    case OutputCodec::kNone:
      return size_t{0};
    case OutputCodec::kZlib:
      return libdeflate_zlib_compress(context_->deflate, block.data(), block.size(), to.data(), to.size());
    case OutputCodec::kLz4:
      return compressLz4(block, to, setting_.level);
    case OutputCodec::kZstd:
      break;
  }
  size_t size = ZSTD_compressCCtx(context_->zstd, to.data(), to.size(), block.data(), block.size(), setting_.level);
  if (ZSTD_isError(size) == 0) return size;
  if (ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall) return size_t{0};
  return Error(ErrorCode::kInternal, std::string("zstd cannot compress: ") + ZSTD_getErrorName(size));
}

Result<std::span<const std::byte>> BlockCompressor::compress(std::span<const std::byte> payload) {
  blocks_.clear();
  if (setting_.codec == OutputCodec::kNone) return std::span<const std::byte>{};
  Tag tag = tagOf(setting_.codec);
  for (auto rest = payload; !rest.empty();) {
    auto block = rest.first(std::min(rest.size(), kMaxBlockBytes));
    rest = rest.subspan(block.size());
    size_t start = blocks_.size();
    blocks_.resize(start + kHeaderBytes + block.size() - 1);
    MLAAS_TRY(size_t size, compressBlock(block, std::span(blocks_).subspan(start + kHeaderBytes)));
    if (size == 0) return std::span<const std::byte>{};
    std::byte* header = blocks_.data() + start;
    header[0] = static_cast<std::byte>(tag.first);
    header[1] = static_cast<std::byte>(tag.second);
    header[2] = static_cast<std::byte>(tag.method);
    putSize(header + 3, size);
    putSize(header + 6, block.size());
    blocks_.resize(start + kHeaderBytes + size);
  }
  if (blocks_.size() >= payload.size()) return std::span<const std::byte>{};
  return std::span<const std::byte>(blocks_);
}

}  // namespace mlaas::root
