#include "mlaas/serve/oip/routes.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "mlaas/base/log.h"
#include "mlaas/serve/content_coding.h"
#include "mlaas/serve/oip/answer.h"
#include "mlaas/serve/oip/documents.h"
#include "mlaas/serve/oip/request.h"

namespace mlaas::serve {

namespace {

constexpr std::string_view kBinaryType = "application/octet-stream";
constexpr size_t kQuoted = 200;

Response jsonResponse(std::string body) { return {200, std::string(kJsonType), std::move(body), {}}; }
Response emptyResponse() { return {200, std::string(kJsonType), "", {}}; }

// Answers with `f(value)` or with the error.
template <class Value, class F>
Response answerWith(const Result<Value>& result, F f) {
  return result.ok() ? f(*result) : errorResponse(result.error());
}

Response inferenceResponse(OipAnswer answer, ContentCoding coding) {
  Response response = jsonResponse(std::move(answer.body));
  if (answer.jsonBytes) {
    response.contentType = std::string(kBinaryType);
    response.headers.emplace_back("Inference-Header-Content-Length", std::to_string(*answer.jsonBytes));
  }
  if (coding != ContentCoding::kIdentity) {
    auto encoded = encodeContent(response.body, coding);
    if (!encoded.ok()) return errorResponse(encoded.error());
    response.body = *std::move(encoded);
    response.headers.emplace_back("Content-Encoding", std::string(contentCodingName(coding)));
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  return response;
}

Error notChangeable(std::string_view what, std::string_view name) {
  return {ErrorCode::kInvalidArgument, "the " + std::string(what) + " setting '" +
                                           std::string(name.substr(0, kQuoted)) +
                                           "' cannot be changed by a request; it is chosen when the server starts"};
}

std::string pathVersion(PathParameters path) { return path.size() > 1 ? path[1] : std::string(); }

Response cudaRefusal() {
  return errorResponse(Error(ErrorCode::kInvalidArgument,
                             "CUDA shared memory is not supported: this server computes on the CPU; use system "
                             "shared memory"));
}

}  // namespace

OipRoutes::OipRoutes(OipService& service, TaskPool& jobs, size_t workers, size_t maxBodyBytes)
    : service_(service), jobs_(jobs), maxBodyBytes_(maxBodyBytes), parsers_(workers) {}

void OipRoutes::addRoutes(Router& router) {
  router.add("GET", "/v2", [this](const Request&, PathParameters) { return jsonResponse(serverDocument(service_)); });
  router.add("GET", "/v2/health/live", [](const Request&, PathParameters) { return jsonResponse(R"({"live":true})"); });
  router.add("GET", "/v2/health/ready",
             [](const Request&, PathParameters) { return jsonResponse(R"({"ready":true})"); });
  for (const std::string method : {"GET", "POST"}) {
    router.add(method, "/v2/trace/setting", [this](const Request& request, PathParameters) {
      return settings(request, OipService::traceSettings(), "trace");
    });
    router.add(method, "/v2/logging", [this](const Request& request, PathParameters) {
      return settings(request, OipService::logSettings(), "log");
    });
  }
  addModelRoutes(router);
  addRepositoryRoutes(router);
  addSharedMemoryRoutes(router);
}

void OipRoutes::addModelRoutes(Router& router) {
  router.add("GET", "/v2/models/stats", [this](const Request&, PathParameters) {
    return jsonResponse(statisticsDocument(*service_.modelsFor({}, {})));
  });
  for (const std::string base : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    router.add("GET", base, [this](const Request&, PathParameters path) {
      return answerWith(service_.findModel(path[0], pathVersion(path)),
                        [&](const ModelPointer& model) { return jsonResponse(modelDocument(service_, *model)); });
    });
    router.add("GET", base + "/ready", [this](const Request&, PathParameters path) {
      return answerWith(service_.findModel(path[0], pathVersion(path)), [&](const ModelPointer& model) {
        return jsonResponse(nlohmann::ordered_json{{"name", model->name()}, {"ready", true}}.dump());
      });
    });
    router.add("GET", base + "/config", [this](const Request&, PathParameters path) {
      return answerWith(service_.findModel(path[0], pathVersion(path)),
                        [](const ModelPointer& model) { return jsonResponse(configDocument(*model)); });
    });
    router.add("GET", base + "/stats", [this](const Request&, PathParameters path) {
      return answerWith(service_.modelsFor(path[0], pathVersion(path)),
                        [](const auto& models) { return jsonResponse(statisticsDocument(models)); });
    });
    router.addLate(
        "POST", base + "/infer",
        [this](const Request& request, PathParameters path, const Answer& answer) {
          infer(request, path[0], pathVersion(path), answer);
        },
        BodyEncoding::kAny);
  }
  for (const std::string method : {"GET", "POST"}) {
    router.add(method, "/v2/models/{model}/trace/setting", [this](const Request& request, PathParameters path) {
      return answerWith(service_.findModel(path[0], {}),
                        [&](const ModelPointer&) { return settings(request, OipService::traceSettings(), "trace"); });
    });
  }
}

void OipRoutes::addRepositoryRoutes(Router& router) {
  router.add("POST", "/v2/repository/index", [this](const Request& request, PathParameters) { return index(request); });
  const auto addJob = [&](const std::string& verb, Result<void> (OipService::*job)(const std::string&)) {
    router.addLate("POST", "/v2/repository/models/{model}/" + verb,
                   [this, job](const Request&, PathParameters path, const Answer& answer) {
                     jobs_.submit([this, job, name = path[0], answer] {
                       const auto done = (service_.*job)(name);
                       answer(done.ok() ? emptyResponse() : errorResponse(done.error()));
                     });
                   });
  };
  addJob("load", &OipService::load);
  addJob("unload", &OipService::unload);
}

void OipRoutes::addSharedMemoryRoutes(Router& router) {
  const std::string base = "/v2/systemsharedmemory";
  const auto status = [this](const std::string& name) {
    return answerWith(service_.memory().list(name),
                      [](const auto& regions) { return jsonResponse(regionsDocument(regions)); });
  };
  router.add("GET", base + "/status", [status](const Request&, PathParameters) { return status({}); });
  router.add("GET", base + "/region/{region}/status",
             [status](const Request&, PathParameters path) { return status(path[0]); });
  router.add("POST", base + "/region/{region}/register",
             [this](const Request& request, PathParameters path) { return registerRegion(request, path[0]); });
  router.add("POST", base + "/unregister", [this](const Request&, PathParameters) {
    service_.memory().remove({});
    return emptyResponse();
  });
  router.add("POST", base + "/region/{region}/unregister", [this](const Request&, PathParameters path) {
    service_.memory().remove(path[0]);
    return emptyResponse();
  });
  router.add("GET", "/v2/cudasharedmemory/status", [](const Request&, PathParameters) { return jsonResponse("[]"); });
  router.add("POST", "/v2/cudasharedmemory/region/{region}/register",
             [](const Request&, PathParameters) { return cudaRefusal(); });
}

void OipRoutes::infer(const Request& request, const std::string& name, const std::string& version,
                      const Answer& answer) {
  const auto coding = contentCodingFrom(request.header("Content-Encoding"));
  if (!coding.ok()) return answer(errorResponse(415, coding.error().what()));
  auto prepared = [&]() -> Result<OipInference> {
    MLAAS_TRY(ModelPointer model, service_.findModel(name, version));
    MLAAS_TRY(const auto headerBytes, headerLength(request.header("Inference-Header-Content-Length")));
    std::string decoded;
    std::string_view body = request.body;
    if (*coding != ContentCoding::kIdentity) {
      MLAAS_TRY(decoded, decodeContent(body, *coding, maxBodyBytes_));
      body = decoded;
    }
    return readOipRequest(body, headerBytes, parsers_.at(request.worker), {std::move(model), service_.memory()});
  }();
  if (!prepared.ok()) return answer(errorResponse(prepared.error()));
  InferenceRequest inferenceRequest = std::move(prepared->request);
  const ModelPointer model = inferenceRequest.model;
  const auto& inputs = inferenceRequest.inputs;
  const int64_t rows = inputs.empty() || inputs.front().shape.empty() ? 0 : inputs.front().shape.front();
  auto inference = std::make_shared<const OipInference>(*std::move(prepared));
  const auto accepted = acceptedCoding(request.header("Accept-Encoding"));
  service_.infer(request.worker, inference, std::move(inferenceRequest),
                 [answer, model, rows, inference, accepted](const Result<std::vector<OipOutput>>& outputs) {
                   if (!outputs.ok()) {
                     return answer(aboutModel(errorResponse(outputs.error()), model->name(), rows));
                   }
                   auto written = writeOipAnswer(*inference, *model, *outputs);
                   if (!written.ok()) {
                     return answer(errorResponse(std::move(written).error().within("model " + model->name())));
                   }
                   answer(aboutModel(inferenceResponse(*std::move(written), accepted), model->name(), rows));
                 });
}

Response OipRoutes::index(const Request& request) {
  bool readyOnly = false;
  if (!request.body.empty()) {
    const auto document = parsers_.at(request.worker).parse(request.body);
    if (!document.ok()) return errorResponse(document.error());
    simdjson::dom::element ready;
    if ((*document)["ready"].get(ready) == simdjson::SUCCESS && ready.get(readyOnly) != simdjson::SUCCESS) {
      return errorResponse(Error(ErrorCode::kInvalidArgument, "\"ready\" is not true or false"));
    }
  }
  return jsonResponse(indexDocument(service_.index(readyOnly)));
}

Response OipRoutes::registerRegion(const Request& request, const std::string& name) {
  const auto document = parsers_.at(request.worker).parse(request.body);
  if (!document.ok()) return errorResponse(document.error());
  SharedRegion region{name, {}, 0, 0};
  std::string_view key;
  const bool complete = (*document)["key"].get(key) == simdjson::SUCCESS &&
                        (*document)["byte_size"].get(region.bytes) == simdjson::SUCCESS;
  simdjson::dom::element offset;
  const bool offsetFits =
      (*document)["offset"].get(offset) != simdjson::SUCCESS || offset.get(region.offset) == simdjson::SUCCESS;
  if (!complete || !offsetFits) {
    return errorResponse(
        Error(ErrorCode::kInvalidArgument,
              "a region is registered with {\"key\": \"/name\", \"offset\": 0, \"byte_size\": BYTES}"));
  }
  region.key = std::string(key);
  const auto added = service_.memory().add(region);
  return added.ok() ? emptyResponse() : errorResponse(added.error());
}

Response OipRoutes::settings(const Request& request, const std::vector<OipSetting>& current, std::string_view what) {
  const std::string text = settingsDocument(current);
  if (request.body.empty() || request.method != "POST") return jsonResponse(text);
  const auto document = parsers_.at(request.worker).parse(request.body);
  if (!document.ok()) return errorResponse(document.error());
  const auto now = nlohmann::json::parse(text);
  for (const auto& [name, value] : *document) {
    const auto found = now.find(std::string(name));
    // null: back to what it is without requests.
    const bool same =
        value.is_null() || (found != now.end() && *found == nlohmann::json::parse(simdjson::minify(value)));
    if (!same) return errorResponse(notChangeable(what, name));
  }
  return jsonResponse(text);
}

}  // namespace mlaas::serve
