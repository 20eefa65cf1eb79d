#include "mlaas/root/writer/block_compressor.h"

#include <zstd.h>

#include <algorithm>
#include <string>

namespace mlaas::root {

namespace {

constexpr size_t kHeaderBytes = 9;           // "ZS", method, two 24-bit sizes
constexpr size_t kMaxBlockBytes = 0xFFFFFF;  // the largest 24-bit size
constexpr unsigned char kMethod = 1;

void putSize(std::byte* to, size_t size) {  // little-endian, unlike the rest of the file
  for (int i = 0; i < 3; ++i) to[i] = static_cast<std::byte>(size >> (8 * i));
}

}  // namespace

struct BlockCompressor::Context {
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  ~Context() { ZSTD_freeCCtx(zstd); }
};

BlockCompressor::BlockCompressor(int level) : level_(level), context_(std::make_unique<Context>()) {}
BlockCompressor::BlockCompressor(BlockCompressor&&) noexcept = default;
BlockCompressor::~BlockCompressor() = default;

Result<std::span<const std::byte>> BlockCompressor::compress(std::span<const std::byte> payload) {
  blocks_.clear();
  for (auto rest = payload; !rest.empty();) {
    auto block = rest.first(std::min(rest.size(), kMaxBlockBytes));
    rest = rest.subspan(block.size());
    size_t start = blocks_.size();
    blocks_.resize(start + kHeaderBytes + ZSTD_compressBound(block.size()));
    std::byte* header = blocks_.data() + start;
    size_t size = ZSTD_compressCCtx(context_->zstd, header + kHeaderBytes, blocks_.size() - start - kHeaderBytes,
                                    block.data(), block.size(), level_);
    if (ZSTD_isError(size) != 0)
      return Error(ErrorCode::kInternal, std::string("zstd cannot compress: ") + ZSTD_getErrorName(size));
    if (size > kMaxBlockBytes) return std::span<const std::byte>{};  // does not fit the header: incompressible
    header[0] = std::byte{'Z'};
    header[1] = std::byte{'S'};
    header[2] = std::byte{kMethod};
    putSize(header + 3, size);
    putSize(header + 6, block.size());
    blocks_.resize(start + kHeaderBytes + size);
  }
  if (blocks_.size() >= payload.size()) return std::span<const std::byte>{};
  return std::span<const std::byte>(blocks_);
}

}  // namespace mlaas::root
