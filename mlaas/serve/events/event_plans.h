// What a model needs of events and how features are made of them, kept for each model and each set of column types, so
// that expressions are compiled once.
// Errors:  kUnsupported (a model that is not a bundle), kInvalidArgument (expressions that do not fit the types).
// Threads: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_maker.h"
#include "mlaas/feature/missing_values.h"
#include "mlaas/serve/events/event_columns.h"
#include "mlaas/serve/model_repository.h"

namespace mlaas::serve {

// For events of certain columns.
struct EventPlan {
  feature::FeatureMaker maker;
  feature::MissingValues missing;
  std::vector<std::string> identity;  // the first extras of the maker
  bool selects = false;               // the last extra is the selection
};

class EventPlans {
 public:
  Result<std::shared_ptr<const EventNeeds>> needs(const ModelPointer& model);
  Result<std::shared_ptr<const EventPlan>> plan(const ModelPointer& model, std::span<const table::NamedType> types);

 private:
  struct OfModel {
    std::weak_ptr<const ServedModel> model;
    std::shared_ptr<const EventNeeds> needs;
    std::map<std::string, std::shared_ptr<const EventPlan>> plans;  // by the names of columns and types
  };

  std::mutex mutex_;
  std::unordered_map<const ServedModel*, OfModel> models_;  // under mutex_
};

}  // namespace mlaas::serve
