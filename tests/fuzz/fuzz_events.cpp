// Input: the body of a request with events, for a model that reads two columns of known and two of unknown type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mlaas/serve/events/event_columns.h"
#include "mlaas/serve/json_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  static const serve::EventNeeds kNeeds{{"ht", "Jet_pt", "n", "tag"},
                                        {"run"},
                                        {{"ht", serve::columnTypeFrom("float32").value()},
                                         {"Jet_pt", serve::columnTypeFrom("var * float32[2]").value()}}};
  static serve::JsonParser parser;
  const auto document = parser.parse({reinterpret_cast<const char*>(data), size});
  if (!document.ok()) return 0;
  const auto events = serve::readEventColumns(*document, kNeeds);
  if (!events.ok()) return 0;
  for (const Column& column : events->columns) {
    if (column.length != events->rows) std::abort();
    const size_t width = dtypeBytes(column.type.dtype) * column.type.valuesPerElement();
    if (column.values->size() != static_cast<size_t>(column.numElements()) * width) std::abort();
  }
  return 0;
}
