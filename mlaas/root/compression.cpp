#include "mlaas/root/compression.h"

#include <libdeflate.h>
#include <lz4.h>
#include <lzma.h>
#include <xxhash.h>
#include <zstd.h>

#include <memory>
#include <string>

#include "mlaas/base/byte_cursor.h"

namespace mlaas::root {

namespace {

constexpr size_t kZlibHeaderBytes = 2;
constexpr size_t kLz4ChecksumBytes = 8;
// Memory that the decoder of one lzma block may take: blocks have at most 16 MiB, dictionaries at most 64.
constexpr uint64_t kLzmaMemoryBytes = uint64_t{256} << 20;

struct CodecRow {
  std::string_view tag;
  std::string_view name;
  size_t mostExpansion;  // plain bytes that one compressed byte can stand for, rounded up
};

// Deflate: 258 bytes from 2 bits. LZ4: 255 a byte. Zstandard: 128 KiB from a block of 4 bytes. LZMA: 273 bytes from
// a few hundredths of a bit, in practice below 7000.
constexpr CodecRow kCodecs[] = {
    {"ZL", "zlib", 1100}, {"CS", "deflate", 1100}, {"XZ", "lzma", 16384}, {"L4", "lz4", 256}, {"ZS", "zstd", 65536}};

const CodecRow& row(Codec codec) { return kCodecs[static_cast<size_t>(codec)]; }

size_t littleEndian24(std::span<const std::byte> bytes) {
  return std::to_integer<size_t>(bytes[0]) | std::to_integer<size_t>(bytes[1]) << 8 |
         std::to_integer<size_t>(bytes[2]) << 16;
}

Error damaged(Codec codec, std::string_view why) {
  return Error(ErrorCode::kCorrupt,
               "a " + std::string(codecName(codec)) + " block cannot be decompressed: " + std::string(why));
}

struct FreeDeflate {
  void operator()(libdeflate_decompressor* context) const { libdeflate_free_decompressor(context); }
};
struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
struct LzmaStream {
  lzma_stream stream = LZMA_STREAM_INIT;
  LzmaStream() = default;
  LzmaStream(const LzmaStream&) = delete;
  LzmaStream& operator=(const LzmaStream&) = delete;
  ~LzmaStream() { lzma_end(&stream); }
};

// The contexts of one thread, made at first use.
struct Contexts {
  std::unique_ptr<libdeflate_decompressor, FreeDeflate> deflate;
  std::unique_ptr<ZSTD_DCtx, FreeZstd> zstd;
  LzmaStream lzma;
};

Contexts& contexts() {
  thread_local Contexts made;
  return made;
}

Result<void> inflate(Codec codec, std::span<const std::byte> in, std::span<std::byte> out) {
  auto& context = contexts().deflate;
  if (!context) context.reset(libdeflate_alloc_decompressor());
  if (!context) return Error(ErrorCode::kOverloaded, "no memory for decompressing");
  if (codec == Codec::kZlib && in.size() < kZlibHeaderBytes) return damaged(codec, "it is too short");
  size_t written = 0;
  const auto status =
      codec == Codec::kZlib
          ? libdeflate_zlib_decompress(context.get(), in.data(), in.size(), out.data(), out.size(), &written)
          : libdeflate_deflate_decompress(context.get(), in.data(), in.size(), out.data(), out.size(), &written);
  if (status != LIBDEFLATE_SUCCESS || written != out.size()) return damaged(codec, "its data or checksum is wrong");
  return {};
}

Result<void> decompressLzma(std::span<const std::byte> in, std::span<std::byte> out) {
  lzma_stream& stream = contexts().lzma.stream;
  if (lzma_stream_decoder(&stream, kLzmaMemoryBytes, 0) != LZMA_OK) {
    return Error(ErrorCode::kOverloaded, "no memory for decompressing");
  }
  stream.next_in = reinterpret_cast<const uint8_t*>(in.data());
  stream.avail_in = in.size();
  stream.next_out = reinterpret_cast<uint8_t*>(out.data());
  stream.avail_out = out.size();
  const lzma_ret status = lzma_code(&stream, LZMA_FINISH);
  if (status == LZMA_MEMLIMIT_ERROR) return damaged(Codec::kLzma, "it asks for more than 256 MiB of memory");
  if (status != LZMA_STREAM_END || stream.avail_out != 0) return damaged(Codec::kLzma, "its data or checksum is wrong");
  return {};
}

Result<void> decompressLz4(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.size() < kLz4ChecksumBytes) return damaged(Codec::kLz4, "it is too short");
  const auto expected = loadNumber<uint64_t, std::endian::big>(in.data());
  in = in.subspan(kLz4ChecksumBytes);
  if (XXH64(in.data(), in.size(), 0) != expected) return damaged(Codec::kLz4, "its XXH64 checksum is wrong");
  const int written = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                          static_cast<int>(in.size()), static_cast<int>(out.size()));
  if (written < 0 || static_cast<size_t>(written) != out.size()) return damaged(Codec::kLz4, "its data is wrong");
  return {};
}

Result<void> decompressZstd(std::span<const std::byte> in, std::span<std::byte> out) {
  auto& context = contexts().zstd;
  if (!context) context.reset(ZSTD_createDCtx());
  if (!context) return Error(ErrorCode::kOverloaded, "no memory for decompressing");
  const size_t written = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), in.data(), in.size());
  if (ZSTD_isError(written)) return damaged(Codec::kZstd, ZSTD_getErrorName(written));
  if (written != out.size()) return damaged(Codec::kZstd, "it gives fewer bytes than its header says");
  return {};
}

Result<void> decompressBlock(Codec codec, std::span<const std::byte> in, std::span<std::byte> out) {
  switch (codec) {
    case Codec::kZlib:
    case Codec::kOldDeflate:
      return inflate(codec, in, out);
    case Codec::kLzma:
      return decompressLzma(in, out);
    case Codec::kLz4:
      return decompressLz4(in, out);
    case Codec::kZstd:
      break;
  }
  return decompressZstd(in, out);
}

}  // namespace

std::string_view codecName(Codec codec) { return row(codec).name; }

Result<BlockHeader> readBlockHeader(std::span<const std::byte> bytes) {
  if (bytes.size() < BlockHeader::kBytes) {
    return Error(ErrorCode::kCorrupt, "a compressed record ends within the header of a block");
  }
  const std::string_view tag(reinterpret_cast<const char*>(bytes.data()), 2);
  for (size_t i = 0; i < std::size(kCodecs); ++i) {
    if (kCodecs[i].tag != tag) continue;
    return BlockHeader{static_cast<Codec>(i), littleEndian24(bytes.subspan(3)), littleEndian24(bytes.subspan(6))};
  }
  const bool printable = tag[0] >= 'A' && tag[0] <= 'Z' && tag[1] >= '0' && tag[1] <= 'Z';
  if (!printable) return Error(ErrorCode::kCorrupt, "a compressed record does not start with the tag of a codec");
  return Error(ErrorCode::kUnsupported, "a record is compressed with the unknown codec '" + std::string(tag) +
                                            "'; known are ZL, CS, XZ, L4 and ZS");
}

Result<void> checkBlocks(std::span<const std::byte> compressed, size_t plainBytes) {
  size_t promised = 0;
  while (promised < plainBytes) {
    MLAAS_TRY(const BlockHeader block, readBlockHeader(compressed));
    compressed = compressed.subspan(BlockHeader::kBytes);
    if (block.compressedBytes > compressed.size() || block.plainBytes == 0 ||
        block.plainBytes > plainBytes - promised ||
        block.plainBytes / row(block.codec).mostExpansion > block.compressedBytes) {
      return Error(ErrorCode::kCorrupt, "the sizes in the header of a compressed block cannot be right");
    }
    promised += block.plainBytes;
    compressed = compressed.subspan(block.compressedBytes);
  }
  return {};
}

Result<void> decompress(std::span<const std::byte> compressed, std::span<std::byte> plain) {
  while (!plain.empty()) {
    MLAAS_TRY(const BlockHeader block, readBlockHeader(compressed));
    compressed = compressed.subspan(BlockHeader::kBytes);
    if (block.compressedBytes > compressed.size() || block.plainBytes == 0 || block.plainBytes > plain.size()) {
      return Error(ErrorCode::kCorrupt, "the sizes in the header of a compressed block cannot be right");
    }
    MLAAS_CHECK(decompressBlock(block.codec, compressed.first(block.compressedBytes), plain.first(block.plainBytes)));
    compressed = compressed.subspan(block.compressedBytes);
    plain = plain.subspan(block.plainBytes);
  }
  return {};
}

}  // namespace mlaas::root
