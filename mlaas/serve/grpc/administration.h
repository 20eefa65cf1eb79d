// The calls of the service that ask about the server and its models, and load models. Inference comes on top of them.
// Threads: any; each call has a thread of gRPC's own.
#pragma once

#include <grpc_service.grpc.pb.h>

#include <utility>

#include "mlaas/serve/grpc/server.h"
#include "mlaas/serve/oip/service.h"

namespace mlaas::serve {

class GrpcAdministration : public ::inference::GRPCInferenceService::Service {
 public:
  // Before the first call; `service` must outlive this object. gRPC's layers on top of this class want it to be made
  // without arguments.
  void serve(OipService& service, GrpcPermission permission) {
    service_ = &service;
    permission_ = std::move(permission);
  }
  // Whether the client of a call may have it.
  Result<void> permit(const ::grpc::ServerContextBase& context, bool changes = false) const;

#define MLAAS_GRPC_CALL(name)                                                                    \
  ::grpc::Status name(::grpc::ServerContext* context, const ::inference::name##Request* request, \
                      ::inference::name##Response* response) override
  MLAAS_GRPC_CALL(ServerLive);
  MLAAS_GRPC_CALL(ServerReady);
  MLAAS_GRPC_CALL(ModelReady);
  MLAAS_GRPC_CALL(ServerMetadata);
  MLAAS_GRPC_CALL(ModelMetadata);
  MLAAS_GRPC_CALL(ModelConfig);
  MLAAS_GRPC_CALL(ModelStatistics);
  MLAAS_GRPC_CALL(RepositoryIndex);
  MLAAS_GRPC_CALL(RepositoryModelLoad);
  MLAAS_GRPC_CALL(RepositoryModelUnload);
  MLAAS_GRPC_CALL(SystemSharedMemoryStatus);
  MLAAS_GRPC_CALL(SystemSharedMemoryRegister);
  MLAAS_GRPC_CALL(SystemSharedMemoryUnregister);
  MLAAS_GRPC_CALL(CudaSharedMemoryStatus);
  MLAAS_GRPC_CALL(CudaSharedMemoryRegister);
  MLAAS_GRPC_CALL(CudaSharedMemoryUnregister);
  MLAAS_GRPC_CALL(TraceSetting);
  MLAAS_GRPC_CALL(LogSettings);
#undef MLAAS_GRPC_CALL

 protected:
  OipService& service() { return *service_; }

 private:
  OipService* service_ = nullptr;
  GrpcPermission permission_;
};

}  // namespace mlaas::serve
