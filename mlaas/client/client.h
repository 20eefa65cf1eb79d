// Asks an inference server for scores: named tensors, events, metadata.
//   auto client = mlaas::client::Client::make("http://127.0.0.1:8083").value();
//   auto outputs = client.infer("tth", inputs).value();
// Tensors go in binary form where the server says that it takes that, else as JSON.
// Errors:  what the server refuses, by its status: kInvalidArgument (400), kUnauthenticated, kForbidden, kNotFound,
//          kOverloaded (429, 503), kTimeout (504, and where the time of ClientOptions is over), kUnsupported (415, 501),
//          else kInternal; kIo where the network fails; kCorrupt for an answer that is none. Messages are the server's.
// Threads: one at a time; a Client keeps one connection. Nothing is sent twice.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/client/tensor.h"

namespace mlaas::client {

struct ClientOptions {
  std::string token;                         // bearer token; empty: none
  std::chrono::milliseconds timeout{60000};  // of a request and its answer
  std::string certificates;                  // file with the authorities to trust (PEM); empty: the system's
  size_t mostAnswerBytes = size_t{1} << 30;
};

struct InferOptions {
  std::string version;               // empty: the server's choice
  std::vector<std::string> outputs;  // names; empty: all
};

class Client {
 public:
  using Json = nlohmann::json;

  // "http://host:port", "https://host:port/base". kInvalidArgument for anything else; nothing is connected yet.
  static Result<Client> make(const std::string& url, ClientOptions options = {});
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Name, version and extensions of the server.
  Result<Json> server();
  // Platform, versions, inputs and outputs of a model.
  Result<Json> metadata(const std::string& model, const std::string& version = {});
  // Whether the model answers.
  Result<bool> ready(const std::string& model, const std::string& version = {});

  Result<std::vector<Tensor>> infer(const std::string& model, std::span<const Tensor> inputs,
                                    const InferOptions& options = {});

  // `events` is a list of objects, or an object of lists (columns); the value has the same form, with the identity, the
  // model's outputs and `selected`.
  Result<Json> events(const std::string& model, const Json& events, const std::string& version = {});

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::client
