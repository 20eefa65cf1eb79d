// POST /v2/models/M/events: events as they are, with everything that the workflow does to them before the model sees
// them. docs/serving.md, "Events".
// Threads: handlers run on all serving threads at once; each worker has a parser of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/serve/inference.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/router.h"

namespace mlaas::serve {

class EventPlans;

class Events {
 public:
  // Both must outlive this object.
  Events(const ModelRepository& models, Inference& inference, size_t workers);
  ~Events();
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // Adds the routes; this object must outlive the router.
  void addRoutes(Router& router);

 private:
  void score(const Request& request, const std::string& model, const std::string& version, const Answer& answer);

  const ModelRepository& models_;
  Inference& inference_;
  std::unique_ptr<EventPlans> plans_;
  std::vector<JsonParser> parsers_;  // one for each worker
};

}  // namespace mlaas::serve
