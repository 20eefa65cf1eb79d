// The Open Inference Protocol v2 over REST: health, metadata, inference with JSON tensors, repository index.
// Source: github.com/open-inference/open-inference-protocol, inference_rest; Triton's repository extension.
// Threads: handlers run on all serving threads at once; each worker has a parser of its own.
#pragma once

#include <vector>

#include "mlaas/serve/inference.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/router.h"

namespace mlaas::serve {

class Oip {
 public:
  // Both must outlive this object.
  Oip(const ModelRepository& models, Inference& inference, size_t workers);

  // Adds the routes; this object must outlive the router.
  void addRoutes(Router& router);

 private:
  void infer(const Request& request, const std::string& model, const Answer& answer);
  Response modelMetadata(const std::string& name) const;
  Response modelReady(const std::string& name) const;
  Response repositoryIndex() const;
  // The named model; a version other than the only one is kNotFound.
  Result<ModelPointer> findModel(const std::string& name) const;

  const ModelRepository& models_;
  Inference& inference_;
  std::vector<JsonParser> parsers_;  // one for each worker
};

}  // namespace mlaas::serve
