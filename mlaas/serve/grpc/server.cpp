#include "mlaas/serve/grpc/server.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "mlaas/serve/grpc/infer_call.h"
#include "mlaas/serve/grpc/infer_stream.h"
#include "mlaas/serve/grpc/status.h"
#include "mlaas/serve/server.h"

namespace mlaas::serve {

namespace {

// Of gRPC's own, which serve all but inference.
constexpr int kMostThreads = 16;
// Calls that wait for requests on each serving thread.
constexpr int kAwaiting = 64;
// Of one turn.
constexpr size_t kMostEvents = 1024;
constexpr std::string_view kUnix = "unix:";
constexpr std::chrono::milliseconds kLook{1};

// A stream of a client that may not have one.
class RefusedStream final
    : public ::grpc::ServerBidiReactor<::inference::ModelInferRequest, ::inference::ModelStreamInferResponse> {
 public:
  explicit RefusedStream(const ::grpc::Status& why) { Finish(why); }
  void OnDone() override { delete this; }  // NOLINT(cppcoreguidelines-owning-memory)
};

Result<std::string> readFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) return Error(ErrorCode::kIo, path + " cannot be read");
  return std::move(text).str();
}

Result<std::shared_ptr<::grpc::ServerCredentials>> credentialsOf(const GrpcOptions& options) {
  if (options.certificateFile.empty()) return ::grpc::InsecureServerCredentials();
  ::grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  MLAAS_TRY(pair.cert_chain, readFile(options.certificateFile));
  MLAAS_TRY(pair.private_key, readFile(options.keyFile));
  ::grpc::SslServerCredentialsOptions given;
  given.pem_key_cert_pairs.push_back(std::move(pair));
  return ::grpc::SslServerCredentials(given);
}

class Service final : public GrpcService {
 public:
  Service(OipService& oip, GrpcPermission permission) { serve(oip, std::move(permission)); }
  ::grpc::ServerBidiReactor<::inference::ModelInferRequest, ::inference::ModelStreamInferResponse>* ModelStreamInfer(
      ::grpc::CallbackServerContext* context) override {
    const auto may = permit(*context);
    if (!may.ok()) return new RefusedStream(grpcStatus(may.error()));
    return new InferStream(service());  // NOLINT(cppcoreguidelines-owning-memory): ends with the stream
  }
};

}  // namespace

struct GrpcServer::State {
  State(GrpcOptions chosen, OipService& oip) : options(std::move(chosen)), service(oip, options.permission) {
    for (size_t i = 0; i < options.threads; ++i) {
      workers.push_back(
          std::unique_ptr<GrpcWorker>(new GrpcWorker{options.firstWorker + i, oip, service, nullptr, {0}}));
    }
  }

  Result<void> start();
  void serve(GrpcWorker& worker) const;
  void stop();

  const GrpcOptions options;
  Service service;
  std::vector<std::unique_ptr<GrpcWorker>> workers;
  std::unique_ptr<::grpc::Server> server;
  std::string url;
  std::vector<std::thread> threads;
};

Result<void> GrpcServer::State::start() {
  ::grpc::ServerBuilder builder;
  std::string address = options.address;
  std::string host;
  if (!std::string_view(address).starts_with(kUnix)) {
    MLAAS_TRY(const ListenAddress parsed, parseListenAddress(address));
    host = parsed.host.find(':') == std::string::npos ? parsed.host : "[" + parsed.host + "]";
    address = host + ":" + std::to_string(parsed.port);
  }
  int port = 0;
  MLAAS_TRY(const auto credentials, credentialsOf(options));
  builder.AddListeningPort(address, credentials, &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.maxMessageBytes));
  ::grpc::ResourceQuota quota("mlaas");
  quota.SetMaxThreads(kMostThreads);
  builder.SetResourceQuota(quota);
  builder.RegisterService(&service);
  for (auto& worker : workers) worker->queue = builder.AddCompletionQueue();
  server = builder.BuildAndStart();
  if (!server || port == 0) {
    // Queues are emptied before they end.
    if (server) server->Shutdown();
    for (auto& worker : workers) {
      worker->queue->Shutdown();
      void* tag = nullptr;
      bool ok = false;
      while (worker->queue->Next(&tag, &ok)) {
      }
    }
    return Error(ErrorCode::kIo, "cannot listen on " + address + " for gRPC; choose another address with --grpc");
  }
  url = host.empty() ? address : "grpc://" + host + ":" + std::to_string(port);
  for (auto& worker : workers) {
    threads.emplace_back([this, &worker] { serve(*worker); });
  }
  return {};
}

// Takes all events that are there, then ends the turn: requests of many connections are so answered together.
void GrpcServer::State::serve(GrpcWorker& worker) const {
  for (int i = 0; i < kAwaiting; ++i) InferCall::await(worker);
  void* tag = nullptr;
  bool ok = false;
  while (worker.queue->Next(&tag, &ok)) {
    for (size_t events = 0;; ++events) {
      static_cast<InferCall*>(tag)->proceed(ok);
      if (events == kMostEvents) break;
      const auto next = worker.queue->AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC));
      if (next != ::grpc::CompletionQueue::GOT_EVENT) break;
    }
    if (options.endOfTurn) options.endOfTurn(worker.number);
  }
}

void GrpcServer::State::stop() {
  if (threads.empty()) return;
  server->Shutdown(std::chrono::system_clock::now() + options.drain);
  // Inference answers every call, though nobody hears those that were cancelled.
  for (const auto& worker : workers) {
    while (worker->calls.load() > 0) std::this_thread::sleep_for(kLook);
    worker->queue->Shutdown();
  }
  for (auto& thread : threads) thread.join();
  threads.clear();
}

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
GrpcServer::~GrpcServer() { stop(); }

Result<std::unique_ptr<GrpcServer>> GrpcServer::listen(GrpcOptions options, OipService& service) {
  auto state = std::make_unique<State>(std::move(options), service);
  MLAAS_CHECK(state->start());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(state)));
}

std::string GrpcServer::url() const { return state_->url; }

void GrpcServer::stop() { state_->stop(); }

}  // namespace mlaas::serve
