// TFaaS's routes: predictions from JSON, protobuf and images, upload and removal of models, their parameters, status.
// Source: TFaaS's Go server; docs/serving.md, "TFaaS", says what is the same and what is better.
// Threads: handlers run on all serving threads at once; each worker has a parser of its own. Models are loaded on the
//          pool for jobs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mlaas/base/task_pool.h"
#include "mlaas/serve/inference.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/router.h"

namespace mlaas::serve {

// Requests of the whole server since it started.
struct RequestCounts {
  explicit RequestCounts(size_t servingThreads) : threads(servingThreads) {}
  void add(std::string_view method) {
    if (method == "GET") gets.fetch_add(1, std::memory_order_relaxed);
    if (method == "POST") posts.fetch_add(1, std::memory_order_relaxed);
  }
  const size_t threads;
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::atomic<uint64_t> gets = 0;
  std::atomic<uint64_t> posts = 0;
};

class Tfaas {
 public:
  // All must outlive this object, but `jobs`, which ends before it.
  Tfaas(ModelRepository& models, Inference& inference, const RequestCounts& counts, TaskPool& jobs, size_t workers);

  // Adds the routes; this object must outlive the router.
  void addRoutes(Router& router);

 private:
  void predictJson(const Request& request, const Answer& answer);
  void predictProto(const Request& request, const Answer& answer);
  void predictImage(const Request& request, const Answer& answer);
  void upload(const Request& request, const Answer& answer);
  void removeModel(const Request& request, std::string name, const Answer& answer);
  Response status() const;
  Response listModels() const;
  Response showParams(const std::string& name) const;
  Response setDefault(const Request& request);

  ModelRepository& models_;
  Inference& inference_;
  const RequestCounts& counts_;
  TaskPool& jobs_;
  std::vector<JsonParser> parsers_;  // one for each worker
};

}  // namespace mlaas::serve
