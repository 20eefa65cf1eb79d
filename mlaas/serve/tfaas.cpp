#include "mlaas/serve/tfaas.h"

#include <nlohmann/json.hpp>

#include "mlaas/serve/json_text.h"
#include "mlaas/serve/tfaas_row.h"

namespace mlaas::serve {

namespace {

Response textResponse(std::string body) { return {200, std::string(kTextType), std::move(body), {}}; }

// The first output's numbers of one row.
Result<std::string> scoresText(const InferenceOutputs& outputs) {
  const auto& scores = outputs.front();
  if (scores.type != infer::DataType::kFp32) {
    return Error(ErrorCode::kUnsupported, "the model's output '" + scores.name + "' is " +
                                              std::string(infer::dataTypeName(scores.type)) +
                                              ", this route gives FP32; ask /v2/models/NAME/infer");
  }
  if (!allFinite(scores.as<float>())) {
    return Error(ErrorCode::kInternal, "the model gave a score that is not a finite number");
  }
  std::string text;
  appendFloats(text, scores.as<float>());
  text += '\n';
  return text;
}

}  // namespace

Tfaas::Tfaas(ModelRepository& models, Inference& inference, size_t workers)
    : models_(models), inference_(inference), parsers_(workers) {}

void Tfaas::addRoutes(Router& router) {
  for (const char* path : {"/json", "/predict/json"}) {
    router.addLate("POST", path,
                   [this](const Request& request, PathParameters, const Answer& answer) { predict(request, answer); });
  }
  router.add("GET", "/models", [this](const Request&, PathParameters) { return listModels(); });
  router.add("GET", "/params", [this](const Request&, PathParameters) { return showParams({}); });
  router.add("POST", "/params", [this](const Request& request, PathParameters) { return setDefault(request); });
  router.add("GET", "/params/{model}",
             [this](const Request&, PathParameters parameters) { return showParams(parameters[0]); });
}

void Tfaas::predict(const Request& request, const Answer& answer) {
  auto prepared = [&]() -> Result<InferenceRequest> {
    MLAAS_TRY(const auto document, parsers_.at(request.worker).parse(request.body));
    MLAAS_TRY(const TfaasRow row, readTfaasRow(document));
    InferenceRequest inference;
    MLAAS_TRY(inference.model, models_.find(row.model));
    MLAAS_TRY(inference.inputs, rowTensors(row, *inference.model));
    return inference;
  }();
  if (!prepared.ok()) return answer(errorResponse(prepared.error()));
  inference_.submit(request.worker, *std::move(prepared), [answer](const Result<InferenceOutputs>& outputs) {
    auto text = outputs.ok() ? scoresText(*outputs) : Result<std::string>(outputs.error());
    answer(text.ok() ? textResponse(*std::move(text)) : errorResponse(text.error()));
  });
}

Response Tfaas::listModels() const {
  if (models_.models().empty()) return textResponse("null\n");
  std::string text = "[";
  for (const auto& model : models_.models()) {
    if (text.size() > 1) text += ',';
    text += nlohmann::ordered_json::parse(model->params()).dump();
  }
  return textResponse(text + "]\n");
}

Response Tfaas::showParams(const std::string& name) const {
  const auto model = models_.find(name);
  return model.ok() ? textResponse((*model)->params()) : errorResponse(model.error());
}

Response Tfaas::setDefault(const Request& request) {
  const auto changed = [&]() -> Result<void> {
    MLAAS_TRY(const auto document, parsers_.at(request.worker).parse(request.body));
    std::string_view name;
    if (document["name"].get(name) != simdjson::SUCCESS) {
      return Error(ErrorCode::kInvalidArgument,
                   "the parameters have no \"name\"; expected the name of the model that becomes the default");
    }
    return models_.setDefault(name);
  }();
  return changed.ok() ? textResponse("") : errorResponse(changed.error());
}

}  // namespace mlaas::serve
