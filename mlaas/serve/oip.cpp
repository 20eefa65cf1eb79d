#include "mlaas/serve/oip.h"

#include <optional>

#include "mlaas/serve/json_text.h"
#include "mlaas/serve/oip_request.h"

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

Result<std::string> inferenceAnswer(const ServedModel& model, const std::optional<std::string>& id,
                                    const InferenceOutputs& outputs) {
  std::string out = "{";
  appendMember(out, "model_name", model.name());
  out += ',';
  appendMember(out, "model_version", kVersion);
  if (id) {
    out += ',';
    appendMember(out, "id", *id);
  }
  const auto& scores = outputs.front();
  if (!allFinite(scores.as<float>())) {
    return Error(ErrorCode::kInternal, "model " + model.name() + " gave a score that is not a finite number");
  }
  out += ",\"outputs\":[{";
  appendMember(out, "name", scores.name);
  out += R"(,"datatype":"FP32","shape":[)" + std::to_string(scores.shape[0]) + ',' + std::to_string(scores.shape[1]) +
         "],\"data\":";
  appendFloats(out, scores.as<float>());
  return out + "}]}";
}

// The tensors of a bundle's signature.
std::vector<infer::Tensor> namedTensors(const infer::Signature& signature, const feature::Tensors& from) {
  std::vector<infer::Tensor> tensors;
  const auto add = [&](const auto& values) {
    const auto& spec = signature.inputs[tensors.size()];
    auto& tensor = tensors.emplace_back(infer::Tensor{spec.name, spec.type, spec.dimensions, {}});
    tensor.shape.insert(tensor.shape.begin(), from.rows);
    tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
  };
  if (from.numScalars > 0) add(from.scalars);
  for (const auto& group : from.groups) {
    add(group.values);
    add(group.count);
  }
  return tensors;
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

Oip::Oip(const ModelRepository& models, Inference& inference, size_t workers)
    : models_(models), inference_(inference), parsers_(workers) {}

void Oip::addRoutes(Router& router) {
  router.add("GET", "/v2", [](const Request&, PathParameters) { return serverMetadata(); });
  router.add("GET", "/v2/health/live", [](const Request&, PathParameters) { return jsonResponse(R"({"live":true})"); });
  router.add("GET", "/v2/health/ready",
             [](const Request&, PathParameters) { return jsonResponse(R"({"ready":true})"); });
  router.add("POST", "/v2/repository/index", [this](const Request&, PathParameters) { return repositoryIndex(); });
  for (const std::string base : {"/v2/models/{model}", "/v2/models/{model}/versions/1"}) {
    router.add("GET", base, [this](const Request&, PathParameters path) { return modelMetadata(path[0]); });
    router.add("GET", base + "/ready", [this](const Request&, PathParameters path) { return modelReady(path[0]); });
    router.addLate("POST", base + "/infer", [this](const Request& request, PathParameters path, const Answer& answer) {
      infer(request, path[0], answer);
    });
  }
}

Result<ModelPointer> Oip::findModel(const std::string& name) const {
  if (name.empty()) return Error(ErrorCode::kNotFound, "the path names no model");
  return models_.find(name);
}

void Oip::infer(const Request& request, const std::string& name, const Answer& answer) {
  std::optional<std::string> id;
  auto prepared = [&]() -> Result<InferenceRequest> {
    InferenceRequest inference;
    MLAAS_TRY(inference.model, findModel(name));
    MLAAS_CHECK(checkHeaders(request));
    MLAAS_TRY(const auto document, parsers_.at(request.worker).parse(request.body));
    MLAAS_TRY(const OipRequest parsed, readOipRequest(document, inference.model->bundle()->features));
    if (parsed.hasId) id = std::string(parsed.id);
    inference.inputs = namedTensors(inference.model->signature(), parsed.tensors);
    return inference;
  }();
  if (!prepared.ok()) return answer(errorResponse(prepared.error()));
  const ModelPointer model = prepared->model;
  inference_.submit(request.worker, *std::move(prepared), [answer, model, id](const Result<InferenceOutputs>& outputs) {
    const auto text = outputs.ok() ? inferenceAnswer(*model, id, *outputs) : Result<std::string>(outputs.error());
    answer(text.ok() ? jsonResponse(*text) : errorResponse(text.error()));
  });
}

Response Oip::modelMetadata(const std::string& name) const {
  const auto model = findModel(name);
  if (!model.ok()) return errorResponse(model.error());
  const auto& bundle = *(*model)->bundle();
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
