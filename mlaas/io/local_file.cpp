#include "mlaas/io/local_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "mlaas/base/task_pool.h"

namespace mlaas::io {

namespace {

// A gap between two requests that is read and thrown away rather than left to a further system call.
constexpr uint64_t kGapBytes = 4096;
// Pieces of one preadv call, gaps included; IOV_MAX is 1024 on Linux.
constexpr size_t kPieces = 512;
constexpr size_t kIoThreads = 4;

TaskPool& ioPool() {
  static TaskPool pool(kIoThreads);
  return pool;
}

// The message of errno as text.
std::string systemText(int number) { return std::generic_category().message(number); }

Error openError(const std::string& path, int number) {
  if (number == ENOENT || number == ENOTDIR) return Error(ErrorCode::kNotFound, path + ": no such file");
  return Error(ErrorCode::kIo, path + ": cannot be opened: " + systemText(number));
}

class LocalFile : public ByteSource, public std::enable_shared_from_this<LocalFile> {
 public:
  LocalFile(std::string path, int descriptor, uint64_t sizeBytes)
      : path_(std::move(path)), descriptor_(descriptor), sizeBytes_(sizeBytes) {}
  LocalFile(const LocalFile&) = delete;
  LocalFile& operator=(const LocalFile&) = delete;
  ~LocalFile() override { ::close(descriptor_); }

  const std::string& url() const override { return path_; }
  uint64_t sizeBytes() const override { return sizeBytes_; }

  void read(std::vector<ReadRequest> requests, ReadDone done) override {
    // The task keeps the file open.
    ioPool().submit([self = shared_from_this(), requests = std::move(requests), done = std::move(done)]() mutable {
      done(self->readNow(std::move(requests)));
    });
  }

  Result<void> readNow(std::vector<ReadRequest> requests) override;

 private:
  Result<void> readRun(std::span<const ReadRequest> run) const;
  Result<void> readPieces(std::span<iovec> pieces, uint64_t offset) const;

  const std::string path_;
  const int descriptor_;
  const uint64_t sizeBytes_;
};

uint64_t endOf(const ReadRequest& request) { return request.offset + request.destination.size(); }

// The requests at the front of `sorted` that one system call reads.
size_t runLength(std::span<const ReadRequest> sorted) {
  size_t count = 1;
  while (count < sorted.size() && 2 * count + 1 < kPieces && sorted[count].offset >= endOf(sorted[count - 1]) &&
         sorted[count].offset - endOf(sorted[count - 1]) <= kGapBytes) {
    ++count;
  }
  return count;
}

Result<void> LocalFile::readNow(std::vector<ReadRequest> requests) {
  MLAAS_CHECK(checkWithin(*this, requests));
  std::sort(requests.begin(), requests.end(),
            [](const ReadRequest& a, const ReadRequest& b) { return a.offset < b.offset; });
  std::span<const ReadRequest> rest = requests;
  while (!rest.empty()) {
    const size_t count = runLength(rest);
    MLAAS_CHECK(readRun(rest.first(count)));
    rest = rest.subspan(count);
  }
  return {};
}

Result<void> LocalFile::readRun(std::span<const ReadRequest> run) const {
  std::array<std::byte, kGapBytes> gap;
  std::vector<iovec> pieces;
  pieces.reserve(2 * run.size());
  for (size_t i = 0; i < run.size(); ++i) {
    const uint64_t gapBytes = i == 0 ? 0 : run[i].offset - endOf(run[i - 1]);
    if (gapBytes > 0) pieces.push_back({gap.data(), gapBytes});
    pieces.push_back({run[i].destination.data(), run[i].destination.size()});
  }
  return readPieces(pieces, run.front().offset);
}

Result<void> LocalFile::readPieces(std::span<iovec> pieces, uint64_t offset) const {
  while (true) {
    while (!pieces.empty() && pieces.front().iov_len == 0) pieces = pieces.subspan(1);
    if (pieces.empty()) return {};
    const ssize_t got =
        ::preadv(descriptor_, pieces.data(), static_cast<int>(pieces.size()), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error(ErrorCode::kIo,
                   path_ + ": cannot be read at byte " + std::to_string(offset) + ": " + systemText(errno));
    }
    if (got == 0) {
      return Error(ErrorCode::kCorrupt, path_ + ": ends at byte " + std::to_string(offset) + " although it had " +
                                            std::to_string(sizeBytes_) + " bytes when it was opened");
    }
    offset += static_cast<uint64_t>(got);
    auto left = static_cast<size_t>(got);
    while (left > 0) {
      const size_t taken = std::min(left, pieces.front().iov_len);
      pieces.front().iov_base = static_cast<std::byte*>(pieces.front().iov_base) + taken;
      pieces.front().iov_len -= taken;
      left -= taken;
      if (pieces.front().iov_len == 0) pieces = pieces.subspan(1);
    }
  }
}

}  // namespace

Result<std::shared_ptr<ByteSource>> openLocalFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return openError(path, errno);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) {
    const int number = errno;
    ::close(descriptor);
    return openError(path, number);
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return Error(
        ErrorCode::kInvalidArgument,
        path + (S_ISDIR(status.st_mode) ? ": is a directory; name a file or a pattern such as " + path + "/*.root"
                                        : std::string(": is not a regular file")));
  }
  return std::shared_ptr<ByteSource>(
      std::make_shared<LocalFile>(path, descriptor, static_cast<uint64_t>(status.st_size)));
}

}  // namespace mlaas::io
