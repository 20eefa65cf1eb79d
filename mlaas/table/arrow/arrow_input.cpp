#include "mlaas/table/arrow/arrow_input.h"

#include <arrow/buffer.h>

#include <algorithm>
#include <cstring>

namespace mlaas::table {

namespace {

constexpr int64_t kMostDecodedBytes = int64_t{4} << 30;

class SourceFile : public arrow::io::RandomAccessFile {
 public:
  SourceFile(std::shared_ptr<io::ByteSource> source, std::vector<FetchedBytes> fetched)
      : source_(std::move(source)), fetched_(std::move(fetched)) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override {
    if (position < 0) return arrow::Status::Invalid("a place before the file's beginning");
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return static_cast<int64_t>(source_->sizeBytes()); }

  arrow::Result<int64_t> Read(int64_t numBytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position_, numBytes, out));
    position_ += read;
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t numBytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, numBytes));
    position_ += buffer->size();
    return buffer;
  }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t numBytes, void* out) override {
    const auto size = static_cast<int64_t>(source_->sizeBytes());
    if (position < 0 || numBytes < 0) return arrow::Status::Invalid("a negative place or number of bytes");
    numBytes = std::min(numBytes, std::max<int64_t>(size - position, 0));
    if (numBytes == 0) return 0;
    const auto offset = static_cast<uint64_t>(position);
    const auto count = static_cast<size_t>(numBytes);
    if (copyFetched(offset, count, out)) return numBytes;
    const auto read = source_->readNow({{offset, {static_cast<std::byte*>(out), count}}});
    if (!read.ok()) return arrow::Status::IOError(read.error().what());
    return numBytes;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t numBytes) override {
    // A damaged file may ask for any number: no more is allocated than there is.
    const auto size = static_cast<int64_t>(source_->sizeBytes());
    numBytes = std::clamp<int64_t>(numBytes, 0, std::max<int64_t>(size - position, 0));
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(numBytes, decodingMemory()));
    ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position, numBytes, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(read));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }

 private:
  bool copyFetched(uint64_t offset, size_t count, void* out) const {
    for (const FetchedBytes& part : fetched_) {
      if (offset < part.offset || offset - part.offset > part.bytes.size()) continue;
      if (part.bytes.size() - (offset - part.offset) < count) continue;
      std::memcpy(out, part.bytes.data() + (offset - part.offset), count);
      return true;
    }
    return false;
  }

  const std::shared_ptr<io::ByteSource> source_;
  const std::vector<FetchedBytes> fetched_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace

Error errorOf(const arrow::Status& status) {
  const std::string& text = status.message();
  if (status.IsNotImplemented()) return Error(ErrorCode::kUnsupported, text);
  if (status.IsOutOfMemory()) return Error(ErrorCode::kCorrupt, "asks for more memory than 4 GiB: " + text);
  return Error(status.IsIOError() ? ErrorCode::kIo : ErrorCode::kCorrupt, text);
}

arrow::MemoryPool* decodingMemory() {
  static arrow::CappedMemoryPool pool(arrow::default_memory_pool(), kMostDecodedBytes);
  return &pool;
}

std::shared_ptr<arrow::io::RandomAccessFile> arrowFile(std::shared_ptr<io::ByteSource> source,
                                                       std::vector<FetchedBytes> fetched) {
  return std::make_shared<SourceFile>(std::move(source), std::move(fetched));
}

}  // namespace mlaas::table
