#include "mlaas/serve/grpc/administration.h"

#include "mlaas/serve/grpc/status.h"
#include "mlaas/serve/oip/documents.h"

namespace mlaas::serve {

namespace {

namespace pb = ::inference;
using ::grpc::ServerContext;
using ::grpc::Status;

void fillTensors(const std::vector<infer::TensorSpec>& specs, bool batched,
                 google::protobuf::RepeatedPtrField<pb::ModelMetadataResponse::TensorMetadata>& list) {
  for (const auto& spec : specs) {
    auto& tensor = *list.Add();
    tensor.set_name(spec.name);
    tensor.set_datatype(std::string(infer::dataTypeName(spec.type)));
    if (batched) tensor.add_shape(-1);
    for (const int64_t dimension : spec.dimensions) tensor.add_shape(dimension);
  }
}

template <class List>
void fillConfigTensors(const std::vector<infer::TensorSpec>& specs, List& list) {
  for (const auto& spec : specs) {
    auto& tensor = *list.Add();
    tensor.set_name(spec.name);
    pb::DataType type = pb::TYPE_INVALID;
    pb::DataType_Parse(configTypeName(spec.type), &type);
    tensor.set_data_type(type);
    for (const int64_t dimension : spec.dimensions) tensor.add_dims(dimension);
    // As over REST: a configuration has no tensors without a dimension.
    if (spec.dimensions.empty()) tensor.add_dims(1);
  }
}

void fillDuration(uint64_t count, std::chrono::nanoseconds sum, pb::StatisticDuration& duration) {
  duration.set_count(count);
  duration.set_ns(nanoseconds(sum));
}

void fillStatistics(const ServedModel& model, pb::ModelStatistics& statistics) {
  const auto totals = model.metrics().totals();
  statistics.set_name(model.name());
  statistics.set_version(model.version());
  statistics.set_last_inference(milliseconds(totals.last));
  statistics.set_inference_count(totals.rows);
  statistics.set_execution_count(totals.runs);
  auto& stages = *statistics.mutable_inference_stats();
  fillDuration(totals.successes, totals.times.total, *stages.mutable_success());
  fillDuration(totals.failures, totals.failed, *stages.mutable_fail());
  fillDuration(totals.successes, totals.times.queue, *stages.mutable_queue());
  fillDuration(totals.successes, totals.times.input, *stages.mutable_compute_input());
  fillDuration(totals.successes, totals.times.infer, *stages.mutable_compute_infer());
  fillDuration(totals.successes, totals.times.output, *stages.mutable_compute_output());
  fillDuration(0, {}, *stages.mutable_cache_hit());
  fillDuration(0, {}, *stages.mutable_cache_miss());
}

Status notChangeable(std::string_view what) {
  return {
      ::grpc::StatusCode::INVALID_ARGUMENT,
      "the " + std::string(what) + " settings cannot be changed by a request; they are chosen when the server starts"};
}

Status cudaRefusal() {
  return {::grpc::StatusCode::INVALID_ARGUMENT,
          "CUDA shared memory is not supported: this server computes on the CPU; use system shared memory"};
}

}  // namespace

Result<void> GrpcAdministration::permit(const ::grpc::ServerContextBase& context, bool changes) const {
  if (!permission_) return {};
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  if (found == metadata.end()) return permission_({}, changes);
  return permission_({found->second.data(), found->second.size()}, changes);
}

Status GrpcAdministration::ServerLive(ServerContext*, const pb::ServerLiveRequest*, pb::ServerLiveResponse* response) {
  response->set_live(true);
  return Status::OK;
}

Status GrpcAdministration::ServerReady(ServerContext*, const pb::ServerReadyRequest*,
                                       pb::ServerReadyResponse* response) {
  response->set_ready(true);
  return Status::OK;
}

Status GrpcAdministration::ModelReady(ServerContext* context, const pb::ModelReadyRequest* request,
                                      pb::ModelReadyResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  response->set_ready(service_->findModel(request->name(), request->version()).ok());
  return Status::OK;
}

Status GrpcAdministration::ServerMetadata(ServerContext* context, const pb::ServerMetadataRequest*,
                                          pb::ServerMetadataResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  response->set_name(std::string(OipService::serverName()));
  response->set_version(std::string(OipService::serverVersion()));
  const auto names = service_->extensions();
  for (const auto& name : names) response->add_extensions(name);
  return Status::OK;
}

Status GrpcAdministration::ModelMetadata(ServerContext* context, const pb::ModelMetadataRequest* request,
                                         pb::ModelMetadataResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  const auto model = service_->findModel(request->name(), request->version());
  if (!model.ok()) return grpcStatus(model.error());
  const auto& signature = (*model)->signature();
  response->set_name((*model)->name());
  const auto versions = service_->versionsOf((*model)->name());
  for (const auto& version : versions) response->add_versions(version);
  response->set_platform((*model)->platform());
  fillTensors(signature.inputs, signature.batched, *response->mutable_inputs());
  fillTensors(signature.outputs, signature.batched, *response->mutable_outputs());
  return Status::OK;
}

Status GrpcAdministration::ModelConfig(ServerContext* context, const pb::ModelConfigRequest* request,
                                       pb::ModelConfigResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  const auto found = service_->findModel(request->name(), request->version());
  if (!found.ok()) return grpcStatus(found.error());
  const ServedModel& model = **found;
  const auto& signature = model.signature();
  auto& config = *response->mutable_config();
  config.set_name(model.name());
  config.set_platform(model.platform());
  config.set_backend(model.platform());
  config.mutable_version_policy()->mutable_latest()->set_num_versions(1);
  config.set_max_batch_size(signature.batched ? static_cast<int32_t>(model.batching().maxRows) : 0);
  fillConfigTensors(signature.inputs, *config.mutable_input());
  fillConfigTensors(signature.outputs, *config.mutable_output());
  auto& group = *config.add_instance_group();
  group.set_name(model.name());
  group.set_kind(pb::ModelInstanceGroup::KIND_CPU);
  group.set_count(static_cast<int32_t>(model.numEngines()));
  if (signature.batched) {
    config.mutable_dynamic_batching()->set_max_queue_delay_microseconds(
        static_cast<uint64_t>(model.batching().maxDelay.count()));
  }
  return Status::OK;
}

Status GrpcAdministration::ModelStatistics(ServerContext* context, const pb::ModelStatisticsRequest* request,
                                           pb::ModelStatisticsResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  const auto models = service_->modelsFor(request->name(), request->version());
  if (!models.ok()) return grpcStatus(models.error());
  for (const auto& model : *models) fillStatistics(*model, *response->add_model_stats());
  return Status::OK;
}

Status GrpcAdministration::RepositoryIndex(ServerContext* context, const pb::RepositoryIndexRequest* request,
                                           pb::RepositoryIndexResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  const auto states = service_->index(request->ready());
  for (const auto& state : states) {
    auto& model = *response->add_models();
    model.set_name(state.name);
    model.set_version(state.version);
    model.set_state(std::string(stateName(state)));
    model.set_reason(state.reason);
  }
  return Status::OK;
}

Status GrpcAdministration::RepositoryModelLoad(ServerContext* context, const pb::RepositoryModelLoadRequest* request,
                                               pb::RepositoryModelLoadResponse*) {
  if (const auto may = permit(*context, true); !may.ok()) return grpcStatus(may.error());
  return grpcStatus(service_->load(request->model_name()));
}

Status GrpcAdministration::RepositoryModelUnload(ServerContext* context,
                                                 const pb::RepositoryModelUnloadRequest* request,
                                                 pb::RepositoryModelUnloadResponse*) {
  if (const auto may = permit(*context, true); !may.ok()) return grpcStatus(may.error());
  return grpcStatus(service_->unload(request->model_name()));
}

Status GrpcAdministration::SystemSharedMemoryStatus(ServerContext* context,
                                                    const pb::SystemSharedMemoryStatusRequest* request,
                                                    pb::SystemSharedMemoryStatusResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  const auto regions = service_->memory().list(request->name());
  if (!regions.ok()) return grpcStatus(regions.error());
  for (const auto& region : *regions) {
    auto& status = (*response->mutable_regions())[region.name];
    status.set_name(region.name);
    status.set_key(region.key);
    status.set_offset(region.offset);
    status.set_byte_size(region.bytes);
  }
  return Status::OK;
}

Status GrpcAdministration::SystemSharedMemoryRegister(ServerContext* context,
                                                      const pb::SystemSharedMemoryRegisterRequest* request,
                                                      pb::SystemSharedMemoryRegisterResponse*) {
  if (const auto may = permit(*context, true); !may.ok()) return grpcStatus(may.error());
  return grpcStatus(service_->memory().add({request->name(), request->key(), request->offset(), request->byte_size()}));
}

Status GrpcAdministration::SystemSharedMemoryUnregister(ServerContext* context,
                                                        const pb::SystemSharedMemoryUnregisterRequest* request,
                                                        pb::SystemSharedMemoryUnregisterResponse*) {
  if (const auto may = permit(*context, true); !may.ok()) return grpcStatus(may.error());
  service_->memory().remove(request->name());
  return Status::OK;
}

Status GrpcAdministration::CudaSharedMemoryStatus(ServerContext* context, const pb::CudaSharedMemoryStatusRequest*,
                                                  pb::CudaSharedMemoryStatusResponse*) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  return Status::OK;
}

Status GrpcAdministration::CudaSharedMemoryRegister(ServerContext* context, const pb::CudaSharedMemoryRegisterRequest*,
                                                    pb::CudaSharedMemoryRegisterResponse*) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  return cudaRefusal();
}

Status GrpcAdministration::CudaSharedMemoryUnregister(ServerContext* context,
                                                      const pb::CudaSharedMemoryUnregisterRequest*,
                                                      pb::CudaSharedMemoryUnregisterResponse*) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  return Status::OK;
}

Status GrpcAdministration::TraceSetting(ServerContext* context, const pb::TraceSettingRequest* request,
                                        pb::TraceSettingResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  if (!request->model_name().empty()) {
    const auto model = service_->findModel(request->model_name(), {});
    if (!model.ok()) return grpcStatus(model.error());
  }
  for (const auto& [name, setting] : request->settings()) {
    if (setting.value_size() > 0) return notChangeable("trace");
  }
  const auto settings = OipService::traceSettings();
  for (const auto& setting : settings) {
    auto& shown = (*response->mutable_settings())[setting.name];
    if (const auto* text = std::get_if<std::string>(&setting.value)) shown.add_value(*text);
    if (const auto* list = std::get_if<std::vector<std::string>>(&setting.value)) {
      for (const auto& text : *list) shown.add_value(text);
    }
  }
  return Status::OK;
}

Status GrpcAdministration::LogSettings(ServerContext* context, const pb::LogSettingsRequest* request,
                                       pb::LogSettingsResponse* response) {
  if (const auto may = permit(*context); !may.ok()) return grpcStatus(may.error());
  if (!request->settings().empty()) return notChangeable("log");
  const auto settings = OipService::logSettings();
  for (const auto& setting : settings) {
    auto& shown = (*response->mutable_settings())[setting.name];
    if (const auto* flag = std::get_if<bool>(&setting.value)) shown.set_bool_param(*flag);
    if (const auto* number = std::get_if<uint32_t>(&setting.value)) shown.set_uint32_param(*number);
    if (const auto* text = std::get_if<std::string>(&setting.value)) shown.set_string_param(*text);
  }
  return Status::OK;
}

}  // namespace mlaas::serve
