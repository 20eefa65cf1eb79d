// A local file that is whole or absent: written under a temporary name beside its place and renamed at commit().
// Errors:  kIo naming the file and the system's reason; kInvalidArgument where the name cannot be a file's or
//          is that of a device or pipe.
// Threads: one.
// Owns:    the temporary file; it is removed on destruction without commit().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::io {

class OutputFile {
 public:
  // Creates the temporary file; the folder of `path` must exist.
  static Result<OutputFile> create(const std::string& path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  // The final name.
  const std::string& path() const { return path_; }
  // Bytes appended so far.
  uint64_t size() const { return size_; }

  // Appends at the end.
  Result<void> write(std::span<const std::byte> bytes);
  Result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  // Replaces bytes that are already written; offset + bytes.size() is at most size().
  Result<void> writeAt(uint64_t offset, std::span<const std::byte> bytes);

  // Brings everything to the disk and gives the file its name, replacing an earlier file of that name. Nothing may be
  // written afterwards.
  Result<void> commit();
  // As commit(), but leaves it to the system when the bytes reach the disk: for outputs of very many files, where waiting
  // for each would take longer than all else. A crash of the machine within the next seconds may lose them.
  Result<void> commitWithoutWaiting();

 private:
  OutputFile() = default;
  Result<void> flush();
  Result<void> rename();
  Result<void> writeNow(uint64_t offset, std::span<const std::byte> bytes);
  Error failure(std::string_view what) const;
  void discard();

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  std::vector<std::byte> waiting_;  // the last bytes of size_, not yet in the file
};

}  // namespace mlaas::io
