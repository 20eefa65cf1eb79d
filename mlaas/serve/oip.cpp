#include "mlaas/serve/oip.h"

#include "mlaas/serve/json_text.h"
#include "mlaas/serve/oip_request.h"
#include "mlaas/serve/scoring.h"

namespace mlaas::serve {

namespace {

constexpr std::string_view kVersion = "1";  // every bundle is served as one version

Response jsonResponse(std::string body) { return {200, std::string(kJsonType), std::move(body), {}}; }

void appendMember(std::string& out, std::string_view name, std::string_view text) {
  appendJsonString(out, name);
  out += ':';
  appendJsonString(out, text);
}

void appendTensorMetadata(std::string& out, std::string_view name, std::string_view datatype,
                          const std::vector<int64_t>& dimensions) {
  out += '{';
  appendMember(out, "name", name);
  out += ',';
  appendMember(out, "datatype", datatype);
  out += ",\"shape\":[-1";
  for (const int64_t dimension : dimensions) out += ',' + std::to_string(dimension);
  out += "]}";
}

std::string inferenceAnswer(const ServedModel& model, const OipRequest& request, const std::vector<float>& scores) {
  std::string out = "{";
  appendMember(out, "model_name", model.name());
  out += ',';
  appendMember(out, "model_version", kVersion);
  if (request.hasId) {
    out += ',';
    appendMember(out, "id", request.id);
  }
  out += ",\"outputs\":[{";
  appendMember(out, "name", kScoresOutput);
  out += R"(,"datatype":"FP32","shape":[)" + std::to_string(request.tensors.rows) + ',' +
         std::to_string(model.bundle().outputs.size()) + "],\"data\":";
  appendFloats(out, scores);
  return out + "}]}";
}

Response serverMetadata() {
  return jsonResponse(R"({"name":"mlaas","version":")" MLAAS_VERSION R"(","extensions":["model_repository"]})");
}

Result<void> checkHeaders(const Request& request) {
  if (!request.header("Inference-Header-Content-Length").empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "binary tensors (Inference-Header-Content-Length) are not read; send \"data\" as JSON");
  }
  return {};
}

}  // namespace

Oip::Oip(const ModelRepository& models, Metrics& metrics, size_t workers)
    : models_(models), metrics_(metrics), parsers_(workers) {}

void Oip::addRoutes(Router& router) {
  router.add("GET", "/v2", [](const Request&, PathParameters) { return serverMetadata(); });
  router.add("GET", "/v2/health/live", [](const Request&, PathParameters) { return jsonResponse(R"({"live":true})"); });
  router.add("GET", "/v2/health/ready",
             [](const Request&, PathParameters) { return jsonResponse(R"({"ready":true})"); });
  router.add("POST", "/v2/repository/index", [this](const Request&, PathParameters) { return repositoryIndex(); });
  for (const std::string base : {"/v2/models/{model}", "/v2/models/{model}/versions/1"}) {
    router.add("GET", base, [this](const Request&, PathParameters path) { return modelMetadata(path[0]); });
    router.add("GET", base + "/ready", [this](const Request&, PathParameters path) { return modelReady(path[0]); });
    router.add("POST", base + "/infer",
               [this](const Request& request, PathParameters path) { return infer(request, path[0]); });
  }
}

Result<ModelPointer> Oip::findModel(const std::string& name) const {
  if (name.empty()) return Error(ErrorCode::kNotFound, "the path names no model");
  return models_.find(name);
}

Response Oip::infer(const Request& request, const std::string& name) {
  const auto scored = [&]() -> Result<std::string> {
    MLAAS_TRY(const ModelPointer model, findModel(name));
    MLAAS_CHECK(checkHeaders(request));
    MLAAS_TRY(const auto document, parsers_.at(request.worker).parse(request.body));
    MLAAS_TRY(const OipRequest parsed, readOipRequest(document, model->bundle().features));
    std::vector<float> scores;
    MLAAS_CHECK(score(*model, request.worker, parsed.tensors, metrics_, scores));
    return inferenceAnswer(*model, parsed, scores);
  }();
  return scored.ok() ? jsonResponse(*scored) : errorResponse(scored.error());
}

Response Oip::modelMetadata(const std::string& name) const {
  const auto model = findModel(name);
  if (!model.ok()) return errorResponse(model.error());
  const auto& bundle = (*model)->bundle();
  std::string out = "{";
  appendMember(out, "name", bundle.name);
  out += R"(,"versions":["1"],)";
  appendMember(out, "platform", bundle.engine == model::EngineKind::kOnnx ? "openvino_onnx" : "mlaas_xgboost");
  out += ",\"inputs\":[";
  for (const OipInput& input : oipInputs(bundle.features)) {
    if (out.back() != '[') out += ',';
    appendTensorMetadata(out, input.name, input.isCount ? "INT32" : "FP32", input.dimensions);
  }
  out += "],\"outputs\":[";
  appendTensorMetadata(out, kScoresOutput, "FP32", {static_cast<int64_t>(bundle.outputs.size())});
  return jsonResponse(out + "]}");
}

Response Oip::modelReady(const std::string& name) const {
  const auto model = findModel(name);
  if (!model.ok()) return errorResponse(model.error());
  std::string out = "{";
  appendMember(out, "name", (*model)->name());
  return jsonResponse(out + R"(,"ready":true})");
}

Response Oip::repositoryIndex() const {
  std::string out = "[";
  for (const auto& model : models_.models()) {
    out += out.size() > 1 ? ",{" : "{";
    appendMember(out, "name", model->name());
    out += R"(,"version":"1","state":"READY","reason":""})";
  }
  for (const auto& broken : models_.broken()) {
    out += out.size() > 1 ? ",{" : "{";
    appendMember(out, "name", broken.name);
    out += R"(,"state":"UNAVAILABLE",)";
    appendMember(out, "reason", broken.reason);
    out += '}';
  }
  return jsonResponse(out + "]");
}

}  // namespace mlaas::serve
