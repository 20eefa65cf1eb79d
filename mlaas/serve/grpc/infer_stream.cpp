#include "mlaas/serve/grpc/infer_stream.h"

#include "mlaas/serve/grpc/messages.h"
#include "mlaas/serve/grpc/status.h"

namespace mlaas::serve {

namespace {

// Requests of one stream that are read before their answers are written.
constexpr size_t kMostWaiting = 64;

::inference::ModelStreamInferResponse errorAnswer(const Error& error, const std::string& id) {
  ::inference::ModelStreamInferResponse response;
  response.set_error_message(grpcStatus(error).error_message());
  response.mutable_infer_response()->set_id(id);
  return response;
}

}  // namespace

InferStream::InferStream(OipService& service) : service_(service) { StartRead(&request_); }

void InferStream::OnDone() { delete this; }  // NOLINT(cppcoreguidelines-owning-memory): gRPC's reactors are their own

void InferStream::OnReadDone(bool ok) {
  auto slot = std::make_shared<Answer>();
  {
    std::lock_guard lock(mutex_);
    if (ok) {
      slots_.push_back(slot);
    } else {
      reading_ = false;
      ended_ = true;
      goOn();
    }
  }
  if (ok) handle(slot);
}

void InferStream::handle(const std::shared_ptr<Answer>& slot) {
  const std::string id = request_.id();
  auto prepared = [&]() -> Result<OipInference> {
    MLAAS_TRY(ModelPointer model, service_.findModel(request_.model_name(), request_.model_version()));
    return readGrpcRequest(request_, {std::move(model), service_.memory()});
  }();
  {
    // The slot keeps the stream alive; request_ is free for the next one.
    std::lock_guard lock(mutex_);
    reading_ = false;
    goOn();
  }
  if (!prepared.ok()) return answer(slot, errorAnswer(prepared.error(), id));
  InferenceRequest request = std::move(prepared->request);
  const ModelPointer model = request.model;
  auto inference = std::make_shared<const OipInference>(*std::move(prepared));
  service_.inferQueued(inference, std::move(request),
                       [this, slot, inference, model](Result<std::vector<OipOutput>> outputs) {
                         if (!outputs.ok()) return answer(slot, errorAnswer(outputs.error(), inference->id));
                         ::inference::ModelStreamInferResponse response;
                         writeGrpcAnswer(*inference, *model, *std::move(outputs), *response.mutable_infer_response());
                         answer(slot, std::move(response));
                       });
}

void InferStream::answer(const std::shared_ptr<Answer>& slot, ::inference::ModelStreamInferResponse response) {
  std::lock_guard lock(mutex_);
  *slot = std::move(response);
  goOn();
}

void InferStream::OnWriteDone(bool ok) {
  std::lock_guard lock(mutex_);
  writing_ = false;
  slots_.pop_front();
  broken_ = broken_ || !ok;
  goOn();
}

void InferStream::goOn() {
  if (broken_ && !writing_) {
    // Answers have nowhere to go; those that are still made keep their slots until they come.
    while (!slots_.empty() && slots_.front()->has_value()) slots_.pop_front();
  }
  if (!writing_ && !broken_ && !slots_.empty() && slots_.front()->has_value()) {
    writing_ = true;
    StartWrite(&**slots_.front());
  }
  if (!reading_ && !ended_ && slots_.size() < kMostWaiting) {
    reading_ = true;
    StartRead(&request_);
  }
  if (ended_ && slots_.empty() && !writing_ && !finished_) {
    finished_ = true;
    Finish(::grpc::Status::OK);
  }
}

}  // namespace mlaas::serve
