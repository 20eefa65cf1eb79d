#include "mlaas/io/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace mlaas::io {

namespace {

constexpr size_t kWaitingBytes = size_t{1} << 18;
constexpr int kAttempts = 100;  // to find a temporary name that nobody has

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path) {
  struct stat status {};
  const bool exists = !path.empty() && ::stat(path.c_str(), &status) == 0;
  if (path.empty() || path.back() == '/' || (exists && S_ISDIR(status.st_mode)))
    return Error(ErrorCode::kInvalidArgument, "'" + path + "' is a folder, expected the name of a file to write");
  // Renaming would replace a device or a pipe, not write to it.
  if (exists && !S_ISREG(status.st_mode))
    return Error(ErrorCode::kInvalidArgument,
                 "'" + path + "' is no regular file, expected the name of a file to write");
  OutputFile file;
  file.path_ = path;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string temporary = path + ".part-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    // O_EXCL: never through somebody else's file or link.
    file.descriptor_ = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file.descriptor_ >= 0) file.temporary_ = std::move(temporary);
    if (file.descriptor_ >= 0 || errno != EEXIST) break;
  }
  if (file.descriptor_ < 0) return file.failure("created");
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept { *this = std::move(other); }

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  path_ = std::move(other.path_);
  temporary_ = std::exchange(other.temporary_, {});
  descriptor_ = std::exchange(other.descriptor_, -1);
  size_ = other.size_;
  waiting_ = std::move(other.waiting_);
  return *this;
}

OutputFile::~OutputFile() { discard(); }

void OutputFile::discard() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

Error OutputFile::failure(std::string_view what) const {
  return {ErrorCode::kIo,
          "'" + path_ + "' cannot be " + std::string(what) + ": " + std::generic_category().message(errno)};
}

Result<void> OutputFile::writeNow(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return failure("written");
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<size_t>(written);
  }
  return {};
}

Result<void> OutputFile::flush() {
  MLAAS_CHECK(writeNow(size_ - waiting_.size(), waiting_));
  waiting_.clear();
  return {};
}

Result<void> OutputFile::write(std::span<const std::byte> bytes) {
  if (waiting_.size() + bytes.size() > kWaitingBytes) MLAAS_CHECK(flush());
  if (bytes.size() >= kWaitingBytes) {
    MLAAS_CHECK(writeNow(size_, bytes));
  } else {
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  }
  size_ += bytes.size();
  return {};
}

Result<void> OutputFile::writeAt(uint64_t offset, std::span<const std::byte> bytes) {
  MLAAS_CHECK(flush());
  return writeNow(offset, bytes);
}

Result<void> OutputFile::commit() {
  MLAAS_CHECK(flush());
  // Before the name, so that no crash leaves a file of that name without its content.
  if (::fsync(descriptor_) != 0) return failure("written");
  return rename();
}

Result<void> OutputFile::commitWithoutWaiting() {
  MLAAS_CHECK(flush());
  return rename();
}

Result<void> OutputFile::rename() {
  int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0) return failure("written");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failure("given its name");
  temporary_.clear();
  return {};
}

}  // namespace mlaas::io
