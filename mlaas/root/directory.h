// The directories of a ROOT file and the keys in them.
// Only the highest cycle of a name is listed. Names are paths: "dir/Events"; "dir/Events;2" asks for a cycle.
// Where the lists of keys are missing, what the search of the file found is listed.
// Errors:  kCorrupt, those of the source, kNotFound.
// Threads: pure functions over an immutable file.
// Source:  docs/formats/tfile.md, "Directories".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mlaas/root/file.h"

namespace mlaas::root {

struct DirectoryEntry {
  std::string path;  // with folders and without cycle
  Key key;

  bool isDirectory() const { return key.className == "TDirectory" || key.className == "TDirectoryFile"; }
};

// All keys of the file, folders before their contents, in the file's order.
Result<std::vector<DirectoryEntry>> listKeys(const File& file);

// The key at `path`, reading only the folders on the way. kNotFound where it is not there.
Result<DirectoryEntry> findKey(const File& file, std::string_view path);

}  // namespace mlaas::root
