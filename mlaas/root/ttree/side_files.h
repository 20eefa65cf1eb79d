// The other files that hold baskets of a tree's branches (TBranch::SetFile), each opened once.
// Names are looked up beside the tree's own file. A URL is refused, and so is an absolute path unless the tree's file is
// a local one: a file must not choose whom a program speaks to.
// Errors:  kUnsupported (such names), those of opening.
// Threads: one. Owns: a share of each file.
// Source:  docs/formats/ttree.md, "Metadata".
#pragma once

#include <map>
#include <memory>
#include <string>

#include "mlaas/root/file.h"

namespace mlaas::root {

class SideFiles {
 public:
  // `url` is that of the tree's own file.
  explicit SideFiles(std::string url) : url_(std::move(url)) {}

  Result<std::shared_ptr<const File>> open(const std::string& name);

 private:
  Result<std::string> urlOf(const std::string& name) const;

  const std::string url_;
  std::map<std::string, std::shared_ptr<const File>> files_;
};

}  // namespace mlaas::root
