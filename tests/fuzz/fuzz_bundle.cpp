// Input: the text of a bundle.json. What parses must come out the same when it is written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mlaas/model/bundle_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bundle = mlaas::model::bundleFromJson({reinterpret_cast<const char*>(data), size});
  if (!bundle.ok()) return 0;
  const auto again = mlaas::model::bundleFromJson(mlaas::model::bundleToJson(*bundle).dump());
  if (!again.ok() || again->features != bundle->features) std::abort();
  return 0;
}
