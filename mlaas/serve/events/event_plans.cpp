#include "mlaas/serve/events/event_plans.h"

#include <algorithm>

namespace mlaas::serve {

namespace {

// Different sets of types that are kept for a model; clients have few.
constexpr size_t kMostPlans = 64;

// The types of the columns that the model was trained on, where the bundle says them.
Result<std::map<std::string, ColumnType, std::less<>>> trainedTypes(const model::Bundle& bundle) {
  std::map<std::string, ColumnType, std::less<>> types;
  const auto found = bundle.provenance.find("columns");
  if (found == bundle.provenance.end() || !found->is_object()) return types;
  for (const auto& [name, type] : found->items()) {
    if (!type.is_string()) continue;
    MLAAS_TRY(types[name], columnTypeFrom(type.get<std::string>()));
  }
  return types;
}

Result<std::shared_ptr<const EventNeeds>> makeNeeds(const ServedModel& model) {
  const model::Bundle* bundle = model.bundle();
  if (bundle == nullptr) {
    return Error(ErrorCode::kUnsupported, "model '" + model.name() +
                                              "' is no bundle of mlaas and has no features to make of events; send "
                                              "tensors to /v2/models/" +
                                              model.name() + "/infer");
  }
  auto needs = std::make_shared<EventNeeds>();
  MLAAS_TRY(needs->required, feature::columnNames(bundle->features, {}));
  needs->optional = bundle->identity;
  auto types = trainedTypes(*bundle);
  if (!types.ok()) return std::move(types).error().within("model '" + model.name() + "', provenance.columns");
  needs->types = *std::move(types);
  return std::shared_ptr<const EventNeeds>(std::move(needs));
}

Result<std::shared_ptr<const EventPlan>> makePlan(const ServedModel& model, std::span<const table::NamedType> types) {
  const model::Bundle& bundle = *model.bundle();
  std::vector<std::string> identity;
  for (const auto& name : bundle.identity) {
    if (std::ranges::find(types, name, &table::NamedType::name) != types.end()) identity.push_back(name);
  }
  auto extras = identity;
  const bool selects = !bundle.features.select.empty();
  if (selects) extras.push_back(bundle.features.select);
  constexpr bool kApplySelection = false;
  MLAAS_TRY(auto maker, feature::FeatureMaker::make(bundle.features, types, extras, kApplySelection));
  return std::shared_ptr<const EventPlan>(std::make_shared<EventPlan>(
      EventPlan{std::move(maker), feature::MissingValues(bundle.features), std::move(identity), selects}));
}

}  // namespace

Result<std::shared_ptr<const EventNeeds>> EventPlans::needs(const ModelPointer& model) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(model.get());
    if (found != models_.end() && found->second.model.lock() == model) return found->second.needs;
  }
  MLAAS_TRY(auto made, makeNeeds(*model));
  const std::lock_guard lock(mutex_);
  std::erase_if(models_, [](const auto& entry) { return entry.second.model.expired(); });
  models_.insert_or_assign(model.get(), OfModel{model, made, {}});
  return made;
}

Result<std::shared_ptr<const EventPlan>> EventPlans::plan(const ModelPointer& model,
                                                          std::span<const table::NamedType> types) {
  std::string key;
  for (const auto& [name, type] : types) key += name + '\0' + type.name() + '\0';
  {
    const std::lock_guard lock(mutex_);
    const auto& plans = models_[model.get()].plans;
    if (const auto found = plans.find(key); found != plans.end()) return found->second;
  }
  MLAAS_TRY(auto made, makePlan(*model, types));
  const std::lock_guard lock(mutex_);
  auto& plans = models_[model.get()].plans;
  if (plans.size() >= kMostPlans) plans.clear();
  plans.insert_or_assign(std::move(key), made);
  return made;
}

}  // namespace mlaas::serve
