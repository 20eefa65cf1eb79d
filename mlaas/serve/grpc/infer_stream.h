// ModelStreamInfer: requests as they come, one answer for each in their order. An error of a request is in its answer
// and does not end the stream.
// Threads: gRPC's and those of the models' queues; deletes itself when the stream is over and nothing runs for it.
#pragma once

#include <grpc_service.grpc.pb.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "mlaas/serve/oip/service.h"

namespace mlaas::serve {

class InferStream final
    : public ::grpc::ServerBidiReactor<::inference::ModelInferRequest, ::inference::ModelStreamInferResponse> {
 public:
  // `service` must outlive the stream.
  explicit InferStream(OipService& service);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  using Answer = std::optional<::inference::ModelStreamInferResponse>;
  void handle(const std::shared_ptr<Answer>& slot);
  void answer(const std::shared_ptr<Answer>& slot, ::inference::ModelStreamInferResponse response);
  // Writes the next answer if it is there, reads on if there is room, ends if all is done; under the mutex.
  void goOn();

  OipService& service_;
  ::inference::ModelInferRequest request_;  // the one being read
  std::mutex mutex_;
  std::deque<std::shared_ptr<Answer>> slots_;  // one for each request that was read and is not answered; the first one
                                               // is being written where writing_
  bool reading_ = true;  // request_ is in use: a read is under way, or what it brought is being copied
  bool writing_ = false;
  bool ended_ = false;   // the client sends no more
  bool broken_ = false;  // nothing can be written any more
  bool finished_ = false;
};

}  // namespace mlaas::serve
