// One ModelInfer after another on a completion queue: waits for a request, has it answered, waits for the next.
// Threads: made and driven by the serving thread of its queue; answers come from any thread.
#pragma once

#include <grpc_service.grpc.pb.h>
#include <grpcpp/server_context.h>

#include <atomic>
#include <memory>

#include "mlaas/serve/grpc/administration.h"
#include "mlaas/serve/oip/service.h"

namespace mlaas::serve {

// Inference over the completion queues of the serving threads, streams by callbacks, all else by gRPC's threads.
using GrpcService = ::inference::GRPCInferenceService::WithCallbackMethod_ModelStreamInfer<
    ::inference::GRPCInferenceService::WithAsyncMethod_ModelInfer<GrpcAdministration>>;

// What the calls of one serving thread share; outlives them.
struct GrpcWorker {
  size_t number = 0;  // of Inference
  OipService& oip;
  GrpcService& service;
  std::unique_ptr<::grpc::ServerCompletionQueue> queue;
  std::atomic<int64_t> calls{0};  // that have a request and are not over
};

class InferCall {
 public:
  // Waits for a request; deletes itself when it is over.
  static void await(GrpcWorker& worker);
  // What the queue says about this call, which is the event's tag; false where the request never came, or its answer
  // could not be sent.
  void proceed(bool ok);

 private:
  explicit InferCall(GrpcWorker& worker) : worker_(worker), writer_(&context_) {}
  void handle();
  void fail(const Error& error);

  GrpcWorker& worker_;
  ::grpc::ServerContext context_;
  ::inference::ModelInferRequest request_;
  ::inference::ModelInferResponse response_;
  ::grpc::ServerAsyncResponseWriter<::inference::ModelInferResponse> writer_;
  bool answered_ = false;  // the next event is the end
};

}  // namespace mlaas::serve
