// Serves the Open Inference Protocol over gRPC: HTTP/2 with its compression, deadlines and limits.
// Threads: `threads` serving threads, each with a completion queue for inference; gRPC's own for streams and the rest.
// Errors:  kInvalidArgument (address), kIo (the address is taken).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mlaas/base/error.h"
#include "mlaas/serve/oip/service.h"

namespace mlaas::serve {

// kUnauthenticated and kForbidden where the client may not. `changes`: models are loaded or unloaded,
// or shared memory is registered.
using GrpcPermission = std::function<Result<void>(std::string_view authorization, bool changes)>;

struct GrpcOptions {
  std::string address;  // "127.0.0.1:8001", "localhost:8001", ":8001", "unix:/run/mlaas.sock"; port 0 picks a free one
  size_t threads = 1;
  size_t firstWorker = 0;  // the serving threads' numbers for Inference begin here
  uint64_t maxMessageBytes = uint64_t{64} << 20;
  std::chrono::milliseconds drain{10000};  // what calls in flight get when the server stops
  // Certificate chain and private key, PEM; empty: no TLS.
  std::string certificateFile = {};
  std::string keyFile = {};
  // Whether a client may ask models, or change them: the value of its metadata "authorization". Empty: all may.
  GrpcPermission permission = {};
  // Called on each serving thread when it has handed out all requests that have come by now.
  std::function<void(size_t worker)> endOfTurn = {};
};

class GrpcServer {
 public:
  // Listens and serves at once; `service` must outlive this object.
  static Result<std::unique_ptr<GrpcServer>> listen(GrpcOptions options, OipService& service);
  // Stops as stop() does.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // "grpc://127.0.0.1:8001", with the port that was picked; "unix:/path".
  std::string url() const;
  // Takes no more calls, waits for those in flight as long as `drain` says, cancels the others.
  void stop();

 private:
  struct State;
  explicit GrpcServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::serve
