#include "mlaas/serve/tfaas.h"

#include <nlohmann/json.hpp>

#include "mlaas/feature/feature_maker.h"
#include "mlaas/serve/json_text.h"
#include "mlaas/serve/scoring.h"
#include "mlaas/serve/tfaas_row.h"

namespace mlaas::serve {

namespace {

Response textResponse(std::string body) { return {200, std::string(kTextType), std::move(body), {}}; }

template <class Value>
Response answer(Result<Value> result, Response (*make)(Value)) {
  return result.ok() ? make(*std::move(result)) : errorResponse(result.error());
}

}  // namespace

Tfaas::Tfaas(ModelRepository& models, Metrics& metrics, size_t workers)
    : models_(models), metrics_(metrics), parsers_(workers) {}

void Tfaas::addRoutes(Router& router) {
  for (const char* path : {"/json", "/predict/json"}) {
    router.add("POST", path, [this](const Request& request, PathParameters) { return predict(request); });
  }
  router.add("GET", "/models", [this](const Request&, PathParameters) { return listModels(); });
  router.add("GET", "/params", [this](const Request&, PathParameters) { return showParams({}); });
  router.add("POST", "/params", [this](const Request& request, PathParameters) { return setDefault(request); });
  router.add("GET", "/params/{model}",
             [this](const Request&, PathParameters parameters) { return showParams(parameters[0]); });
}

Response Tfaas::predict(const Request& request) {
  const auto scored = [&]() -> Result<std::string> {
    MLAAS_TRY(const auto document, parsers_.at(request.worker).parse(request.body));
    MLAAS_TRY(const TfaasRow row, readTfaasRow(document));
    MLAAS_TRY(const ModelPointer model, models_.find(row.model));
    const auto& features = model->bundle().features;
    MLAAS_TRY(const auto flat, flatRow(row, features, model->flatNames(), model->flatIndex()));
    MLAAS_TRY(const auto tensors, feature::tensorsFromFlatRows(features, flat));
    std::vector<float> scores;
    MLAAS_CHECK(score(*model, request.worker, tensors, metrics_, scores));
    std::string text;
    appendFloats(text, scores);
    text += '\n';
    return text;
  };
  return answer<std::string>(scored(), textResponse);
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
