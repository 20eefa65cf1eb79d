// Input: the body of a TFaaS prediction, for a model with two scalars and three jets of two columns.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mlaas/feature/feature_maker.h"
#include "mlaas/serve/json_request.h"
#include "mlaas/serve/tfaas/row.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  static const feature::FeatureSpec kFeatures{{}, "", {"ht", "met"}, {{"jets", {"Jet_pt", "Jet_eta"}, 3}}};
  static const std::vector<std::string> kNames = kFeatures.flatNames();
  static const serve::FlatIndex kIndex = [] {
    serve::FlatIndex index;
    for (size_t i = 0; i < kNames.size(); ++i) index.emplace(kNames[i], i);
    return index;
  }();
  static serve::JsonParser parser;
  const auto document = parser.parse({reinterpret_cast<const char*>(data), size});
  if (!document.ok()) return 0;
  const auto row = serve::readTfaasRow(*document);
  if (!row.ok()) return 0;
  const auto flat = serve::flatRow(*row, kFeatures, kNames, kIndex);
  if (!flat.ok()) return 0;
  if (flat->size() != kNames.size()) std::abort();
  const auto tensors = feature::tensorsFromFlatRows(kFeatures, *flat);
  if (tensors.ok() && tensors->rows != 1) std::abort();
  return 0;
}
