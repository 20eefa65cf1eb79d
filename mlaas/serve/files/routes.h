// POST /v2/models/M/files: the scores of whole files, as a streamed answer or into a friend tree.
// docs/serving.md, "Files".
// Threads: handlers run on all serving threads at once; each request that is taken on has a thread of its own, and all
//          of them share a pool that reads and scores. Destruction stops what runs, and waits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/http_message.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/router.h"

namespace mlaas::serve {

struct FileAccess {
  std::vector<std::string> inputs;   // folders and URLs below which files may be read; empty: no files are scored
  std::vector<std::string> outputs;  // folders below which friend trees may be written
  size_t atOnce = 2;                 // requests; more are refused
  size_t threads = 0;                // of the pool; 0: one a core
};

class Files {
 public:
  // kNotFound where a folder is not there. `models` must outlive this object.
  static Result<std::unique_ptr<Files>> make(const ModelRepository& models, const FileAccess& access, size_t workers);
  ~Files();
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  // Adds the routes; this object must outlive the router.
  void addRoutes(Router& router);

 private:
  struct State;
  explicit Files(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::serve
