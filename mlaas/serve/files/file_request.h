// A request to score whole files:
//   {"files": ["tth_1.root", "more.root:dir/Events"], "tree": "Events", "format": "csv"}
//   {"files": [...], "out": "scores/tth.root", "out_tree": "Scores"}
// `tree` is that of files that name none; without it the tree that the model was trained on.
// Errors:  kInvalidArgument.
// Threads: pure functions.
#pragma once

#include <simdjson.h>

#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::serve {

struct FileRequest {
  static constexpr size_t kMostFiles = 10000;

  std::vector<std::string> files;
  std::string tree;
  std::string format = "ndjson";
  std::string out;  // empty: the rows are the answer
  std::string outTree = "Scores";
};

Result<FileRequest> readFileRequest(const simdjson::dom::object& request);

}  // namespace mlaas::serve
