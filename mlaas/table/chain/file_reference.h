// How users name a table of a file: "file.root", "file.root:dir/tree" (as uproot), "file.root?#dir/tree" (as ROOT's
// TChain::Add), with patterns in the file's part.
// A colon separates the tree only after ".root" or ".root.NUMBER" and, in a URL, only in its path:
// "root://host:1094//x" and "C:\x" name no tree. A local file of the very name as it is written is taken as it is.
// Errors:  kInvalidArgument for an empty tree, kNotFound for a pattern without a match.
// Threads: any.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::table {

struct FileReference {
  std::string url;   // path, pattern or URL
  std::string tree;  // with folders; empty: the only table of the file
  bool operator==(const FileReference&) const = default;

  // A spelling that parses to the same reference.
  std::string text() const;
};

Result<FileReference> parseFileReference(const std::string& text);

// Every file that `patterns` name, in their order and, within one, sorted. `tree` is taken where a pattern names none.
Result<std::vector<FileReference>> expandFileReferences(std::span<const std::string> patterns, const std::string& tree);

}  // namespace mlaas::table
