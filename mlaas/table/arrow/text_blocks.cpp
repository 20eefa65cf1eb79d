#include "mlaas/table/arrow/text_blocks.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/util/compression.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "mlaas/io/local_file.h"
#include "mlaas/table/arrow/arrow_input.h"

namespace mlaas::table {

namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;
constexpr uint64_t kMostRecordBytes = uint64_t{64} << 20;
// Deflate reaches 1032; text that repeats itself reaches more with Zstandard, real data does not.
constexpr uint64_t kMostExpansion = 2000;

// Bytes of a file under the name of another.
class NamedSource : public io::ByteSource {
 public:
  NamedSource(std::string url, std::shared_ptr<io::ByteSource> bytes)
      : url_(std::move(url)), bytes_(std::move(bytes)) {}
  const std::string& url() const override { return url_; }
  uint64_t sizeBytes() const override { return bytes_->sizeBytes(); }
  void read(std::vector<io::ReadRequest> requests, io::ReadDone done) override {
    bytes_->read(std::move(requests), std::move(done));
  }
  Result<void> readNow(std::vector<io::ReadRequest> requests) override { return bytes_->readNow(std::move(requests)); }

 private:
  const std::string url_;
  const std::shared_ptr<io::ByteSource> bytes_;
};

// A file that is removed when this goes.
class TemporaryFile {
 public:
  static Result<TemporaryFile> make() {
    std::string path = (std::filesystem::temp_directory_path() / "mlaas-text-XXXXXX").string();
    const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor < 0) return Error(ErrorCode::kIo, path + ": cannot be made: " + std::strerror(errno));
    return TemporaryFile(std::move(path), descriptor);
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  Result<void> write(const uint8_t* bytes, int64_t count) {
    while (count > 0) {
      const ssize_t written = ::write(descriptor_, bytes, static_cast<size_t>(count));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return Error(ErrorCode::kIo, path_ + ": cannot be written: " + std::strerror(errno));
      bytes += written;
      count -= written;
    }
    return {};
  }
  // Once opened, the file lives on without a name.
  Result<std::shared_ptr<io::ByteSource>> open() const { return io::openLocalFile(path_); }

 private:
  TemporaryFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_;
};

Result<std::optional<arrow::Compression::type>> compressionOf(io::ByteSource& source) {
  std::array<std::byte, 4> start{};
  if (source.sizeBytes() < start.size()) return std::optional<arrow::Compression::type>();
  MLAAS_CHECK(source.readNow({{0, start}}));
  constexpr std::array kGzip = {std::byte{0x1f}, std::byte{0x8b}};
  constexpr std::array kZstd = {std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f}, std::byte{0xfd}};
  if (std::equal(kGzip.begin(), kGzip.end(), start.begin())) return std::optional(arrow::Compression::GZIP);
  if (start == kZstd) return std::optional(arrow::Compression::ZSTD);
  return std::optional<arrow::Compression::type>();
}

Result<std::shared_ptr<io::ByteSource>> decompressed(const std::shared_ptr<io::ByteSource>& source,
                                                     arrow::Compression::type compression) {
  return withoutThrowing([&]() -> Result<std::shared_ptr<io::ByteSource>> {
    MLAAS_TRY(const auto codec, resultOf(arrow::util::Codec::Create(compression)));
    MLAAS_TRY(const auto stream, resultOf(arrow::io::CompressedInputStream::Make(codec.get(), arrowFile(source))));
    MLAAS_TRY(TemporaryFile file, TemporaryFile::make());
    uint64_t total = 0;
    while (true) {
      MLAAS_TRY(const auto piece, resultOf(stream->Read(static_cast<int64_t>(kPieceBytes))));
      if (piece->size() == 0) break;
      total += static_cast<uint64_t>(piece->size());
      if (total > source->sizeBytes() * kMostExpansion) {
        return Error(ErrorCode::kCorrupt, "decompresses to more than 2000 times its size");
      }
      MLAAS_CHECK(file.write(piece->data(), piece->size()));
    }
    MLAAS_TRY(auto plain, file.open());
    return std::shared_ptr<io::ByteSource>(std::make_shared<NamedSource>(source->url(), std::move(plain)));
  });
}

// Finds the ends of records while a text goes by.
class RecordEnds {
 public:
  RecordEnds(bool hasQuotes, uint64_t blockBytes) : hasQuotes_(hasQuotes), blockBytes_(blockBytes) {}

  Result<void> add(std::span<const char> text) {
    for (size_t at = 0; at < text.size();) {
      const auto rest = text.subspan(at);
      // Quotes must be counted everywhere, line breaks matter where a block may end.
      const bool wantsEnd = place_ + at + rest.size() - start_ >= blockBytes_;
      if (hasQuotes_) {
        at += pastQuoteOrEnd(rest, place_ + at);
      } else if (wantsEnd) {
        at += pastLine(rest, place_ + at);
      } else {
        break;
      }
      if (place_ + at - start_ > blockBytes_ + kMostRecordBytes) return tooLong();
    }
    place_ += text.size();
    return {};
  }

  Result<std::vector<TextBlock>> finish() {
    if (inQuotes_) return Error(ErrorCode::kCorrupt, "a quote is never closed");
    if (place_ > start_) endBlock(place_);
    return std::move(blocks_);
  }

 private:
  size_t pastLine(std::span<const char> text, uint64_t place) {
    const uint64_t earliest = start_ + blockBytes_ > place ? start_ + blockBytes_ - place : 0;
    if (earliest >= text.size()) return text.size();
    const auto* found = static_cast<const char*>(
        std::memchr(text.data() + earliest, '\n', text.size() - static_cast<size_t>(earliest)));
    if (found == nullptr) return text.size();
    const auto length = static_cast<size_t>(found - text.data()) + 1;
    endBlock(place + length);
    return length;
  }

  size_t pastQuoteOrEnd(std::span<const char> text, uint64_t place) {
    const auto* quote = static_cast<const char*>(std::memchr(text.data(), '"', text.size()));
    const size_t plain = quote == nullptr ? text.size() : static_cast<size_t>(quote - text.data());
    if (!inQuotes_ && place + plain - start_ >= blockBytes_) {
      const size_t length = pastLine(text.first(plain), place);
      if (length < plain) return length;
    }
    if (quote == nullptr) return text.size();
    inQuotes_ = !inQuotes_;
    return plain + 1;
  }

  void endBlock(uint64_t end) {
    blocks_.push_back({start_, end - start_});
    start_ = end;
  }

  Result<void> tooLong() const {
    return Error(ErrorCode::kCorrupt, "the record in bytes " + std::to_string(start_) +
                                          " and following has more than 64 MiB" +
                                          (inQuotes_ ? ", or a quote is not closed" : ""));
  }

  const bool hasQuotes_;
  const uint64_t blockBytes_;
  std::vector<TextBlock> blocks_;
  uint64_t start_ = 0;  // of the present block
  uint64_t place_ = 0;  // of the text that comes
  bool inQuotes_ = false;
};

}  // namespace

Result<std::shared_ptr<io::ByteSource>> plainText(std::shared_ptr<io::ByteSource> source) {
  MLAAS_TRY(const auto compression, compressionOf(*source));
  if (!compression) return source;
  return decompressed(source, *compression);
}

Result<std::vector<TextBlock>> cutIntoBlocks(io::ByteSource& text, bool hasQuotes, uint64_t blockBytes) {
  RecordEnds ends(hasQuotes, blockBytes);
  std::vector<char> piece(kPieceBytes);
  for (uint64_t offset = 0; offset < text.sizeBytes(); offset += kPieceBytes) {
    const auto count = static_cast<size_t>(std::min<uint64_t>(kPieceBytes, text.sizeBytes() - offset));
    const std::span<char> part(piece.data(), count);
    MLAAS_CHECK(text.readNow({{offset, std::as_writable_bytes(part)}}));
    MLAAS_CHECK(ends.add(part));
  }
  return ends.finish();
}

}  // namespace mlaas::table
