// TFaaS's routes: /json, /predict/json, /models, /params.
// Source: TFaaS's Go server; docs/serving.md, "TFaaS", says what is the same and what is better.
// Threads: handlers run on all serving threads at once; each worker has a parser of its own.
#pragma once

#include <vector>

#include "mlaas/serve/inference.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/router.h"

namespace mlaas::serve {

class Tfaas {
 public:
  // Both must outlive this object.
  Tfaas(ModelRepository& models, Inference& inference, size_t workers);

  // Adds the routes; this object must outlive the router.
  void addRoutes(Router& router);

 private:
  void predict(const Request& request, const Answer& answer);
  Response listModels() const;
  Response showParams(const std::string& name) const;
  Response setDefault(const Request& request);

  ModelRepository& models_;
  Inference& inference_;
  std::vector<JsonParser> parsers_;  // one for each worker
};

}  // namespace mlaas::serve
