// The lists that MLaaS4HEP's --files, --labels and some parameters take: a file with one entry a line (lines that begin
// with # are skipped), or entries separated by commas.
// Limits:  kMaxYamlBytes a file, 100,000 entries.
// Errors:  kInvalidArgument, kNotFound; messages name the option.
// Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::dataset {

// The entries of `text`, which `option` ("--files") gave. A name that ends in .root is a data file and no list.
Result<std::vector<std::string>> readCompatList(const std::string& option, const std::string& text);

// One integer for each file, or the branch that holds the label of each event.
struct CompatLabels {
  std::vector<int64_t> ofFiles;  // empty where there is a branch
  std::string branch;
};

// A single entry that is no integer is the name of a branch.
Result<CompatLabels> readCompatLabels(const std::string& text, size_t numFiles);

// The whole of a small text file.
Result<std::string> readCompatText(const std::string& option, const std::string& path);

// Where a file is: as it is written where it exists or has a scheme, else behind the redirector.
std::string compatLocation(const std::string& file, const std::string& redirector);

}  // namespace mlaas::dataset
