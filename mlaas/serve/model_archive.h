// Unpacks an uploaded tar file, gzipped or not, into an empty folder (libarchive).
// Hostile input: names that leave the folder, links, devices, too many or too large files are refused; nothing outside
// the folder is ever written.
// Threads: functions of their arguments.
// Errors:  kInvalidArgument (not a tar file, or one that is refused), kIo.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::serve {

struct ArchiveLimits {
  uint64_t bytes = uint64_t{4} << 30;  // of all files, unpacked
  size_t entries = 10000;
};

Result<void> unpackArchive(std::string_view archive, const std::filesystem::path& folder,
                           const ArchiveLimits& limits = {});

}  // namespace mlaas::serve
