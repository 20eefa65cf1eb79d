// Input: the body of an inference request of the Open Inference Protocol, for a model with two scalars and three jets
// of two columns. A zero byte ends the JSON; behind it stand the bytes of tensors that are not in the JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "mlaas/serve/json_request.h"
#include "mlaas/serve/oip/request.h"

namespace {

mlaas::serve::ModelPointer makeModel() {
  using namespace mlaas;
  static serve::Metrics metrics;
  auto bundle = std::make_shared<model::Bundle>();
  bundle->features = {{}, "", {"ht", "met"}, {{"jets", {"Jet_pt", "Jet_eta"}, 3}}};
  bundle->outputs = {"signal"};
  infer::LoadedModel loaded;
  loaded.signature = infer::bundleSignature(*bundle);
  loaded.bundle = bundle;
  return serve::ServedModel::make(std::move(loaded), {"model"}, metrics.model("model", "1"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  static const serve::ModelPointer kModel = makeModel();
  static const serve::SharedMemory kMemory(false);
  static serve::JsonParser parser;
  std::string body(reinterpret_cast<const char*>(data), size);
  std::optional<uint64_t> headerBytes;
  if (const size_t end = body.find('\0'); end != std::string::npos) {
    headerBytes = end;
    body.erase(end, 1);
  }
  const auto inference = serve::readOipRequest(body, headerBytes, parser, {kModel, kMemory});
  if (!inference.ok()) return 0;
  for (const auto& tensor : inference->request.inputs) {
    if (!infer::checkTensor(tensor).ok()) std::abort();
  }
  return 0;
}
