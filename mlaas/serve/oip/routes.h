// The Open Inference Protocol v2 over REST: health, metadata, inference, and Triton's extensions.
// Source: github.com/open-inference/open-inference-protocol, inference_rest; Triton's protocol extensions.
// Threads: handlers run on all serving threads at once; each worker has a parser of its own.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/task_pool.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/oip/service.h"
#include "mlaas/serve/router.h"

namespace mlaas::serve {

class OipRoutes {
 public:
  // `service` must outlive this object, but `jobs`, where models are loaded, ends before it; encoded bodies are decoded to
  // at most `maxBodyBytes`.
  OipRoutes(OipService& service, TaskPool& jobs, size_t workers, size_t maxBodyBytes);

  // Adds the routes; this object must outlive the router.
  void addRoutes(Router& router);

 private:
  void addModelRoutes(Router& router);
  void addRepositoryRoutes(Router& router);
  void addSharedMemoryRoutes(Router& router);
  void infer(const Request& request, const std::string& model, const std::string& version, const Answer& answer);
  Response index(const Request& request);
  Response registerRegion(const Request& request, const std::string& name);
  // What a request wants to set, compared with what is.
  Response settings(const Request& request, const std::vector<OipSetting>& current, std::string_view what);

  OipService& service_;
  TaskPool& jobs_;
  const size_t maxBodyBytes_;
  std::vector<JsonParser> parsers_;  // one for each worker
};

}  // namespace mlaas::serve
