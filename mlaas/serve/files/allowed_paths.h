// The files that requests may name: those below folders, or URLs below others, that the server was started with.
// A path is taken as it is, or relative to each folder in their order. Links and `..` are resolved before it is judged,
// so that neither leads out.
// Errors:  kInvalidArgument (no path), kForbidden (outside), kNotFound. Messages name the path as it was asked for.
// Threads: immutable.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::serve {

class AllowedPaths {
 public:
  AllowedPaths() = default;
  // Each a folder that is there, or a URL: "root://host//store/".
  static Result<AllowedPaths> make(const std::vector<std::string>& roots);

  bool empty() const { return folders_.empty() && urls_.empty(); }
  // The path, without links, of a file that is there; or a URL as it is.
  Result<std::string> existing(const std::string& path) const;
  // The path of a file that is not there yet, in a folder that is.
  Result<std::string> absent(const std::string& path) const;

 private:
  bool contains(const std::string& resolved) const;
  std::vector<std::string> folders_;  // without links
  std::vector<std::string> urls_;     // ending in '/'
};

}  // namespace mlaas::serve
