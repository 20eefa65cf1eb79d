#include "mlaas/serve/oip/service.h"

namespace mlaas::serve {

std::string_view OipService::serverVersion() { return MLAAS_VERSION; }

std::vector<std::string> OipService::extensions() const {
  std::vector<std::string> names = {
      "classification", "model_repository", "model_configuration", "binary_tensor_data", "parameters", "statistics",
      "trace",          "logging"};
  if (memory_.enabled()) names.emplace_back("system_shared_memory");
  return names;
}

Result<ModelPointer> OipService::findModel(std::string_view name, std::string_view version) const {
  if (name.empty()) return Error(ErrorCode::kNotFound, "the request names no model");
  return models_.find(name, version);
}

std::vector<std::string> OipService::versionsOf(std::string_view name) const {
  std::vector<std::string> versions;
  for (const auto& state : models_.index()) {
    if (state.name == name && state.state != ModelState::State::kUnavailable) versions.push_back(state.version);
  }
  return versions;
}

Result<std::vector<ModelPointer>> OipService::modelsFor(std::string_view name, std::string_view version) const {
  std::vector<ModelPointer> all;
  if (name.empty()) {
    for (const auto& model : models_.models()) {
      for (auto& one : models_.versions(model->name())) all.push_back(std::move(one));
    }
    return all;
  }
  MLAAS_TRY(const ModelPointer found, findModel(name, version));
  return version.empty() ? models_.versions(found->name()) : std::vector<ModelPointer>{found};
}

std::vector<ModelState> OipService::index(bool readyOnly) const {
  auto states = models_.index();
  if (readyOnly) std::erase_if(states, [](const auto& state) { return state.state != ModelState::State::kReady; });
  return states;
}

std::string_view stateName(const ModelState& state) {
  if (state.state == ModelState::State::kReady) return "READY";
  return state.state == ModelState::State::kUnavailable ? "UNAVAILABLE" : "";
}

Completion OipService::completion(std::shared_ptr<const OipInference> inference, ModelPointer model, Done done) const {
  return [&memory = memory_, inference = std::move(inference), model = std::move(model),
          done = std::move(done)](Result<InferenceOutputs> outputs) {
    if (!outputs.ok()) return done(std::move(outputs).error());
    done(finishOutputs(*inference, *model, *std::move(outputs), memory));
  };
}

void OipService::infer(size_t worker, std::shared_ptr<const OipInference> inference, InferenceRequest request,
                       Done done) {
  auto model = request.model;
  inference_.submit(worker, std::move(request), completion(std::move(inference), std::move(model), std::move(done)));
}

void OipService::inferQueued(std::shared_ptr<const OipInference> inference, InferenceRequest request, Done done) {
  auto model = request.model;
  inference_.enqueue(std::move(request), completion(std::move(inference), std::move(model), std::move(done)));
}

std::vector<OipSetting> OipService::traceSettings() {
  return {{"trace_level", std::vector<std::string>{"OFF"}},
          {"trace_rate", std::string("1000")},
          {"trace_count", std::string("-1")},
          {"log_frequency", std::string("0")},
          {"trace_file", std::string()},
          {"trace_mode", std::string("triton")}};
}

std::vector<OipSetting> OipService::logSettings() {
  return {{"log_file", std::string()},
          {"log_info", true},
          {"log_warning", true},
          {"log_error", true},
          {"log_verbose_level", uint32_t{0}},
          {"log_format", std::string("default")}};
}

}  // namespace mlaas::serve
