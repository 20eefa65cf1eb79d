// Input: a ModelInferRequest of the Open Inference Protocol as gRPC carries it, for a model with an input of floats and
// one of strings.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mlaas/serve/grpc/messages.h"

namespace {

mlaas::serve::ModelPointer makeModel() {
  using namespace mlaas;
  static serve::Metrics metrics;
  infer::LoadedModel loaded;
  loaded.signature.inputs = {{"x", infer::DataType::kFp32, {-1}}, {"s", infer::DataType::kBytes, {-1}}};
  loaded.signature.outputs = {{"y", infer::DataType::kFp32, {-1}}};
  return serve::ServedModel::make(std::move(loaded), {"model"}, metrics.model("model", "1"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  static const serve::ModelPointer kModel = makeModel();
  static const serve::SharedMemory kMemory(false);
  ::inference::ModelInferRequest message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto inference = serve::readGrpcRequest(message, {kModel, kMemory});
  if (!inference.ok()) return 0;
  for (const auto& tensor : inference->request.inputs) {
    if (!infer::checkTensor(tensor).ok()) std::abort();
  }
  return 0;
}
