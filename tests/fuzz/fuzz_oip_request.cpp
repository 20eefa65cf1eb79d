// Input: the body of an inference request of the Open Inference Protocol, for a model with two scalars and three jets
// of two columns.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mlaas/infer/engine.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/oip_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  static const feature::FeatureSpec kFeatures{{}, "", {"ht", "met"}, {{"jets", {"Jet_pt", "Jet_eta"}, 3}}};
  static serve::JsonParser parser;
  const auto document = parser.parse({reinterpret_cast<const char*>(data), size});
  if (!document.ok()) return 0;
  const auto request = serve::readOipRequest(*document, kFeatures);
  if (request.ok() && !infer::checkShapes(kFeatures, request->tensors).ok()) std::abort();
  return 0;
}
