#include "mlaas/client/client.h"

#include <algorithm>
#include <optional>

#include "mlaas/client/connection.h"
#include "mlaas/client/tensor_message.h"

namespace mlaas::client {

namespace {

using Json = Client::Json;

ErrorCode codeOf(long status) {
  switch (status) {
    case 401:
      return ErrorCode::kUnauthenticated;
    case 403:
      return ErrorCode::kForbidden;
    case 404:
      return ErrorCode::kNotFound;
    case 415:
    case 501:
      return ErrorCode::kUnsupported;
    case 429:
    case 503:
      return ErrorCode::kOverloaded;
    case 504:
      return ErrorCode::kTimeout;
    default:
      return status < 500 ? ErrorCode::kInvalidArgument : ErrorCode::kInternal;
  }
}

// The error that an answer is; only for a status from 300 on.
Error refusal(const Answer& answer) {
  const Json body = Json::parse(answer.body, nullptr, false);
  const bool named = body.is_object() && body.contains("error") && body["error"].is_string();
  const std::string message = named ? body["error"].get<std::string>() : answer.body.substr(0, 1000);
  return {codeOf(answer.status), message.empty() ? "status " + std::to_string(answer.status) : message};
}

Result<Json> jsonOf(const Answer& answer) {
  if (answer.status >= 300) return refusal(answer);
  Json body = Json::parse(answer.body, nullptr, false);
  if (!body.is_object()) return Error(ErrorCode::kCorrupt, "the answer is no JSON object");
  return body;
}

std::string modelPath(const std::string& model, const std::string& version) {
  const std::string path = "/v2/models/" + escaped(model);
  return version.empty() ? path : path + "/versions/" + escaped(version);
}

}  // namespace

struct Client::State {
  Connection connection;
  std::optional<bool> binary = {};  // whether the server takes binary tensors, once that is known
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::make(const std::string& url, ClientOptions options) {
  MLAAS_TRY(auto connection, Connection::make(url, std::move(options)));
  return Client(std::make_unique<State>(State{std::move(connection)}));
}

Result<Json> Client::server() {
  MLAAS_TRY(const Answer answer, state_->connection.ask("/v2"));
  return jsonOf(answer);
}

Result<Json> Client::metadata(const std::string& model, const std::string& version) {
  MLAAS_TRY(const Answer answer, state_->connection.ask(modelPath(model, version)));
  return jsonOf(answer);
}

Result<bool> Client::ready(const std::string& model, const std::string& version) {
  MLAAS_TRY(const Answer answer, state_->connection.ask(modelPath(model, version) + "/ready"));
  if (answer.status == 401 || answer.status == 403) return refusal(answer);
  return answer.status < 300;
}

Result<std::vector<Tensor>> Client::infer(const std::string& model, std::span<const Tensor> inputs,
                                          const InferOptions& options) {
  if (!state_->binary) {
    MLAAS_TRY(const Json about, server());
    const Json extensions = about.value("extensions", Json::array());
    state_->binary = std::find(extensions.begin(), extensions.end(), "binary_tensor_data") != extensions.end();
  }
  MLAAS_TRY(const auto message, encodeInputs(inputs, options.outputs, *state_->binary));
  std::vector<std::string> headers;
  if (*state_->binary) {
    headers = {"Content-Type: application/octet-stream",
               "Inference-Header-Content-Length: " + std::to_string(message.headerLength)};
  } else {
    headers = {"Content-Type: application/json"};
  }
  MLAAS_TRY(const Answer answer,
            state_->connection.ask(modelPath(model, options.version) + "/infer", message.body, std::move(headers)));
  if (answer.status >= 300) return refusal(answer);
  return decodeOutputs(answer.body, answer.headerLength);
}

Result<Json> Client::events(const std::string& model, const Json& events, const std::string& version) {
  const char* form = events.is_object() ? "columns" : "events";
  std::string body;
  try {
    body = Json{{form, events}}.dump();  // NaN becomes null, which is a missing value
  } catch (const Json::exception& error) {
    return Error(ErrorCode::kInvalidArgument, std::string("the events are not UTF-8: ") + error.what());
  }
  MLAAS_TRY(const Answer answer,
            state_->connection.ask(modelPath(model, version) + "/events", body, {"Content-Type: application/json"}));
  MLAAS_TRY(Json json, jsonOf(answer));
  if (!json.contains(form)) return Error(ErrorCode::kCorrupt, std::string("the answer has no \"") + form + "\"");
  return json[form];
}

}  // namespace mlaas::client
