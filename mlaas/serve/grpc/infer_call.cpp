#include "mlaas/serve/grpc/infer_call.h"

#include "mlaas/serve/grpc/deadline.h"
#include "mlaas/serve/grpc/messages.h"
#include "mlaas/serve/grpc/status.h"

namespace mlaas::serve {

void InferCall::await(GrpcWorker& worker) {
  auto* call = new InferCall(worker);  // NOLINT(cppcoreguidelines-owning-memory): its own, by the queue's tags
  worker.service.RequestModelInfer(&call->context_, &call->request_, &call->writer_, worker.queue.get(),
                                   worker.queue.get(), call);
}

void InferCall::proceed(bool ok) {
  if (answered_) {
    worker_.calls.fetch_sub(1);
    delete this;  // NOLINT(cppcoreguidelines-owning-memory)
    return;
  }
  if (!ok) {
    delete this;  // NOLINT(cppcoreguidelines-owning-memory): the server stops
    return;
  }
  worker_.calls.fetch_add(1);
  await(worker_);
  answered_ = true;
  handle();
}

void InferCall::handle() {
  auto prepared = [&]() -> Result<OipInference> {
    MLAAS_CHECK(worker_.service.permit(context_));
    MLAAS_TRY(ModelPointer model, worker_.oip.findModel(request_.model_name(), request_.model_version()));
    return readGrpcRequest(request_, {std::move(model), worker_.oip.memory()});
  }();
  if (!prepared.ok()) return fail(prepared.error());
  InferenceRequest request = std::move(prepared->request);
  applyDeadline(context_.deadline(), request);
  const ModelPointer model = request.model;
  auto inference = std::make_shared<const OipInference>(*std::move(prepared));
  worker_.oip.infer(worker_.number, inference, std::move(request),
                    [this, inference, model](Result<std::vector<OipOutput>> outputs) {
                      if (!outputs.ok()) return fail(outputs.error());
                      writeGrpcAnswer(*inference, *model, *std::move(outputs), response_);
                      writer_.Finish(response_, ::grpc::Status::OK, this);
                    });
}

void InferCall::fail(const Error& error) { writer_.FinishWithError(grpcStatus(error), this); }

}  // namespace mlaas::serve
