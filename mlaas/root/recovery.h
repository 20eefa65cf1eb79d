// Finds the objects of a file without its directories: one record after the other, from the first byte on. For files that
// were cut short or never closed, whose lists of keys are missing.
// Errors:  those of the source. Damaged bytes end the search; what was found before them counts.
// Threads: pure function over an immutable file. Reads the file in windows; records that do not begin in one are not read.
// Source:  docs/formats/tfile.md, "Recovery".
#pragma once

#include <string>
#include <vector>

#include "mlaas/root/file.h"

namespace mlaas::root {

struct RecoveredFile {
  struct Entry {
    std::string path;  // with folders
    Key key;
  };
  std::vector<Entry> entries;  // all cycles, folders before their contents
  uint64_t streamerInfoOffset = 0;
  uint32_t streamerInfoBytes = 0;  // 0: none was found
};

Result<RecoveredFile> recoverKeys(const File& file);

}  // namespace mlaas::root
