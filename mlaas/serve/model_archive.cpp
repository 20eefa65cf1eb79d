#include "mlaas/serve/model_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <memory>
#include <string>
#include <system_error>

namespace mlaas::serve {

namespace fs = std::filesystem;

namespace {

constexpr size_t kQuoted = 200;

struct CloseArchive {
  void operator()(::archive* open) const { ::archive_read_free(open); }
};
using ArchivePointer = std::unique_ptr<::archive, CloseArchive>;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, "the archive " + message}; }
std::string inQuotes(const std::string& text) { return "'" + text.substr(0, kQuoted) + "'"; }

Error unreadable(::archive* open) {
  const char* reason = ::archive_error_string(open);
  return invalid(std::string("cannot be read: ") + (reason != nullptr ? reason : "it is damaged") +
                 "; expected a tar file, gzipped or not");
}

// The entry's place below the folder; "." and a slash at the end are left out.
Result<fs::path> placeOf(const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute())
    return invalid("has an entry " + inQuotes(name) + ", which is no relative path");
  fs::path clean;
  for (const auto& part : path) {
    if (part == "..") return invalid("has an entry " + inQuotes(name) + ", which leaves its folder");
    if (part != "." && !part.empty()) clean /= part;
  }
  return clean;
}

class Unpacker {
 public:
  Unpacker(::archive* open, fs::path folder, const ArchiveLimits& limits)
      : open_(open), folder_(std::move(folder)), limits_(limits) {}

  Result<void> run() {
    size_t entries = 0;
    ::archive_entry* entry = nullptr;
    for (;;) {
      const int status = ::archive_read_next_header(open_, &entry);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN) return unreadable(open_);
      if (++entries > limits_.entries) {
        return invalid("has more than " + std::to_string(limits_.entries) + " entries");
      }
      MLAAS_CHECK(unpack(entry));
    }
    if (entries == 0) return invalid("is empty");
    return {};
  }

 private:
  Result<void> unpack(::archive_entry* entry) {
    const char* given = ::archive_entry_pathname(entry);
    const std::string name = given != nullptr ? given : "";
    MLAAS_TRY(const fs::path place, placeOf(name));
    const bool linked = ::archive_entry_hardlink(entry) != nullptr;
    const auto type = ::archive_entry_filetype(entry);
    if (linked || (type != AE_IFREG && type != AE_IFDIR)) {
      return invalid("has an entry " + inQuotes(name) + " that is neither a file nor a folder");
    }
    std::error_code failed;
    const fs::path target = folder_ / place;
    fs::create_directories(type == AE_IFDIR ? target : target.parent_path(), failed);
    if (failed) return Error(ErrorCode::kIo, "cannot make " + target.string() + ": " + failed.message());
    if (type == AE_IFDIR || place.empty()) return {};
    if (fs::exists(target, failed)) return invalid("has " + inQuotes(name) + " twice");
    return writeFile(name, target);
  }

  Result<void> writeFile(const std::string& name, const fs::path& target) {
    std::ofstream out(target, std::ios::binary);
    for (;;) {
      const void* block = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int status = ::archive_read_data_block(open_, &block, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN) return unreadable(open_);
      // Holes of sparse files count as what they unpack to.
      const auto end = static_cast<uint64_t>(offset) + size;
      if (offset < 0 || end > limits_.bytes || written_ + end > limits_.bytes) {
        return invalid("unpacks to more than " + std::to_string(limits_.bytes) + " bytes");
      }
      out.seekp(offset);
      out.write(static_cast<const char*>(block), static_cast<std::streamsize>(size));
      if (!out) break;
    }
    out.close();
    if (!out) return Error(ErrorCode::kIo, inQuotes(name) + " of the archive cannot be written; is the disk full?");
    std::error_code failed;
    written_ += fs::file_size(target, failed);
    return {};
  }

  ::archive* open_;
  fs::path folder_;
  ArchiveLimits limits_;
  uint64_t written_ = 0;
};

}  // namespace

Result<void> unpackArchive(std::string_view archive, const fs::path& folder, const ArchiveLimits& limits) {
  const ArchivePointer open(::archive_read_new());
  if (!open) return Error(ErrorCode::kOverloaded, "the server has no memory for the archive");
  ::archive_read_support_format_tar(open.get());
  ::archive_read_support_filter_gzip(open.get());
  if (::archive_read_open_memory(open.get(), archive.data(), archive.size()) != ARCHIVE_OK) {
    return unreadable(open.get());
  }
  return Unpacker(open.get(), folder, limits).run();
}

}  // namespace mlaas::serve
