#include "mlaas/serve/tfaas/routes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "mlaas/serve/json_text.h"
#include "mlaas/serve/multipart.h"
#include "mlaas/serve/tfaas/host_status.h"
#include "mlaas/serve/tfaas/image.h"
#include "mlaas/serve/tfaas/proto_row.h"
#include "mlaas/serve/tfaas/row.h"
#include "mlaas/serve/tfaas/upload.h"

namespace mlaas::serve {

namespace {

constexpr size_t kTopLabels = 5;
constexpr int64_t kDefaultChannels = 3;

Response textResponse(std::string body) { return {200, std::string(kTextType), std::move(body), {}}; }

Response emptyAnswer(const Result<void>& done) { return done.ok() ? textResponse("") : errorResponse(done.error()); }

// The first output's numbers of one row.
Result<std::span<const float>> scoresOf(const InferenceOutputs& outputs) {
  const auto& scores = outputs.front();
  if (scores.type != infer::DataType::kFp32) {
    return Error(ErrorCode::kUnsupported, "the model's output '" + scores.name + "' is " +
                                              std::string(infer::dataTypeName(scores.type)) +
                                              ", this route gives FP32; ask /v2/models/NAME/infer");
  }
  if (!allFinite(scores.as<float>())) {
    return Error(ErrorCode::kInternal, "the model gave a score that is not a finite number");
  }
  return scores.as<float>();
}

// A completion that writes the scores of one row with `write`.
template <class Write>
Completion scoresTo(const Answer& answer, const ModelPointer& model, Write write) {
  return [answer, model, write](const Result<InferenceOutputs>& outputs) {
    const auto scores = outputs.ok() ? scoresOf(*outputs) : Result<std::span<const float>>(outputs.error());
    answer(aboutModel(scores.ok() ? write(*scores) : errorResponse(scores.error()), model->name(), 1));
  };
}

Response jsonScores(std::span<const float> scores) {
  std::string text;
  appendFloats(text, scores);
  text += '\n';
  return textResponse(std::move(text));
}

// {"filename":...,"labels":[{"label":...,"probability":...}]}, the best first.
Response bestLabels(const std::string& filename, const std::vector<std::string>& labels,
                    std::span<const float> scores) {
  std::vector<size_t> order(std::min(labels.size(), scores.size()));
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::string text = "{\"filename\":";
  appendJsonString(text, filename);
  text += ",\"labels\":[";
  for (size_t i = 0; i < std::min(order.size(), kTopLabels); ++i) {
    text += i > 0 ? ",{\"label\":" : "{\"label\":";
    appendJsonString(text, labels[order[i]]);
    text += ",\"probability\":";
    appendFloat(text, scores[order[i]]);
    text += '}';
  }
  return textResponse(text + "]}\n");
}

int64_t channelsOf(const std::string& params) {
  const auto json = nlohmann::json::parse(params, nullptr, false);
  if (!json.is_object() || !json.contains("img_channels") || !json["img_channels"].is_number_integer()) {
    return kDefaultChannels;
  }
  return json["img_channels"].get<int64_t>();
}

// The picture as the model's only input, [1, height, width, channels].
Result<infer::Tensor> imageTensor(const Image& image, const infer::Signature& signature) {
  const std::vector<int64_t> shape{1, image.height, image.width, image.channels};
  const auto& spec = signature.inputs.front();
  const bool bytes = spec.type == infer::DataType::kUint8;
  if (signature.inputs.size() != 1 || !(bytes || spec.type == infer::DataType::kFp32) ||
      !infer::shapeFits(spec, signature.batched, shape)) {
    return Error(ErrorCode::kInvalidArgument, "the image gives a tensor of shape " + infer::shapeText(shape) +
                                                  " (rows, height, width, channels), "
                                                  "the model's input '" +
                                                  spec.name + "' has " + infer::shapeText(spec.dimensions) +
                                                  (signature.batched ? " for each row" : "") +
                                                  "; send an image of that size");
  }
  infer::Tensor tensor{spec.name, spec.type, shape, {}};
  if (bytes) {
    tensor.bytes.assign(image.values.begin(), image.values.end());
  } else {
    const std::vector<float> values(image.values.begin(), image.values.end());
    tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  }
  return tensor;
}

// Frozen graphs have their labels in the answer, as TFaaS tells them apart.
bool isFrozenGraph(const ServedModel& model) {
  const auto params = nlohmann::json::parse(model.params(), nullptr, false);
  return params.is_object() && params.contains("model") && params["model"].is_string() &&
         params["model"].get<std::string>().ends_with(".pb") && params["model"] != "saved_model.pb";
}

}  // namespace

Tfaas::Tfaas(ModelRepository& models, Inference& inference, const RequestCounts& counts, TaskPool& jobs, size_t workers)
    : models_(models), inference_(inference), counts_(counts), jobs_(jobs), parsers_(workers) {}

void Tfaas::addRoutes(Router& router) {
  const auto post = [&](const std::string& path, void (Tfaas::*handler)(const Request&, const Answer&),
                        BodyEncoding encoding = BodyEncoding::kPlain) {
    router.addLate(
        "POST", path,
        [this, handler](const Request& request, PathParameters, const Answer& answer) {
          (this->*handler)(request, answer);
        },
        encoding);
  };
  for (const std::string prefix : {"", "/predict"}) {
    post(prefix + "/json", &Tfaas::predictJson);
    post(prefix + "/proto", &Tfaas::predictProto);
    post(prefix + "/image", &Tfaas::predictImage);
  }
  post("/upload", &Tfaas::upload, BodyEncoding::kAny);
  router.addLate("DELETE", "/delete", [this](const Request& request, PathParameters, const Answer& answer) {
    removeModel(request, {}, answer);
  });
  router.addLate("DELETE", "/delete/{model}",
                 [this](const Request& request, PathParameters path, const Answer& answer) {
                   removeModel(request, path[0], answer);
                 });
  router.add("GET", "/models", [this](const Request&, PathParameters) { return listModels(); });
  router.add("GET", "/params", [this](const Request&, PathParameters) { return showParams({}); });
  router.add("POST", "/params", [this](const Request& request, PathParameters) { return setDefault(request); });
  router.add("GET", "/params/{model}",
             [this](const Request&, PathParameters parameters) { return showParams(parameters[0]); });
  router.add("GET", "/status", [this](const Request&, PathParameters) { return status(); });
}

void Tfaas::predictJson(const Request& request, const Answer& answer) {
  auto prepared = [&]() -> Result<InferenceRequest> {
    MLAAS_TRY(const auto document, parsers_.at(request.worker).parse(request.body));
    MLAAS_TRY(const TfaasRow row, readTfaasRow(document));
    InferenceRequest inference;
    MLAAS_TRY(inference.model, models_.find(row.model));
    MLAAS_TRY(inference.inputs, rowTensors(row, *inference.model));
    return inference;
  }();
  if (!prepared.ok()) return answer(errorResponse(prepared.error()));
  const ModelPointer model = prepared->model;
  prepared->outputs = {model->mainOutput()};
  inference_.submit(request.worker, *std::move(prepared), scoresTo(answer, model, jsonScores));
}

void Tfaas::predictProto(const Request& request, const Answer& answer) {
  auto prepared = [&]() -> Result<InferenceRequest> {
    MLAAS_TRY(const ProtoRow message, readProtoRow(request.body));
    TfaasRow row{message.model, {message.keys.begin(), message.keys.end()}, message.values};
    InferenceRequest inference;
    MLAAS_TRY(inference.model, models_.find(row.model));
    MLAAS_TRY(inference.inputs, rowTensors(row, *inference.model));
    return inference;
  }();
  if (!prepared.ok()) return answer(errorResponse(prepared.error()));
  const ModelPointer model = prepared->model;
  prepared->outputs = {model->mainOutput()};
  inference_.submit(request.worker, *std::move(prepared), scoresTo(answer, model, [](std::span<const float> scores) {
                      return textResponse(writePredictions(scores));
                    }));
}

void Tfaas::predictImage(const Request& request, const Answer& answer) {
  std::string filename;
  auto prepared = [&]() -> Result<InferenceRequest> {
    MLAAS_TRY(const auto parts, readMultipart(request.header("Content-Type"), request.body));
    const FormPart* model = findPart(parts, "model");
    const FormPart* file = findPart(parts, "image");
    if (model == nullptr || model->contents.empty()) {
      return Error(ErrorCode::kInvalidArgument, "the form has no field 'model', the model's name");
    }
    if (file == nullptr) return Error(ErrorCode::kInvalidArgument, "the form has no file 'image'");
    filename = file->filename;
    InferenceRequest inference;
    MLAAS_TRY(inference.model, models_.find(model->contents));
    MLAAS_TRY(const Image image,
              decodeImage(file->contents, imageFormatOf(filename), channelsOf(inference.model->params())));
    MLAAS_TRY(auto tensor, imageTensor(image, inference.model->signature()));
    inference.inputs.push_back(std::move(tensor));
    return inference;
  }();
  if (!prepared.ok()) return answer(errorResponse(prepared.error()));
  const ModelPointer model = prepared->model;
  prepared->outputs = {model->mainOutput()};
  inference_.submit(request.worker, *std::move(prepared),
                    scoresTo(answer, model, [model, filename](std::span<const float> scores) {
                      return isFrozenGraph(*model) ? bestLabels(filename, model->labels(), scores) : jsonScores(scores);
                    }));
}

void Tfaas::upload(const Request& request, const Answer& answer) {
  // The request lives until it is answered.
  jobs_.submit([this, &request, answer] {
    Result<void> done;
    try {
      const auto type = request.header("Content-Type");
      done = isMultipart(type) ? uploadForm(models_, type, request.header("Content-Encoding"), request.body)
                               : uploadArchive(models_, request.body);
    } catch (const std::exception& error) {
      done = Error(ErrorCode::kInternal, error.what());
    }
    answer(emptyAnswer(done));
  });
}

void Tfaas::removeModel(const Request& request, std::string name, const Answer& answer) {
  if (name.empty() && isMultipart(request.header("Content-Type"))) {
    const auto parts = readMultipart(request.header("Content-Type"), request.body);
    if (!parts.ok()) return answer(errorResponse(parts.error()));
    const FormPart* model = findPart(*parts, "model");
    if (model != nullptr) name = std::string(model->contents);
  }
  if (name.empty()) return answer(errorResponse(400, "no model name is provided"));
  jobs_.submit([this, name, answer] { answer(emptyAnswer(models_.remove(name))); });
}

Response Tfaas::listModels() const {
  const auto models = models_.models();
  if (models.empty()) return textResponse("null\n");
  std::string text = "[";
  for (const auto& model : models) {
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
  return emptyAnswer(changed);
}

Response Tfaas::status() const {
  const std::chrono::duration<double> up = std::chrono::steady_clock::now() - counts_.start;
  return textResponse(hostStatus({up.count(), counts_.gets, counts_.posts, counts_.threads}));
}

}  // namespace mlaas::serve
