// Input: a byte that chooses the format, and a Parquet, CSV or NDJSON file. Every column is read whole and in two parts,
// and both ways must give the same values.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlaas/io/memory_source.h"
#include "mlaas/table/arrow/parquet_table.h"
#include "mlaas/table/arrow/text_table.h"
#include "tests/fuzz/read_in_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  if (size == 0) return 0;
  const auto* bytes = reinterpret_cast<const std::byte*>(data + 1);
  auto source = std::make_shared<io::MemorySource>("fuzz", std::vector<std::byte>(bytes, bytes + size - 1));
  const auto format = data[0] % 4;
  auto table = format == 3 ? table::openParquet(std::move(source))
                           : table::openText(std::move(source), static_cast<table::TextFormat>(format));
  if (!table.ok()) return 0;
  for (size_t column = 0; column < (*table)->columns().size(); ++column) {
    if ((*table)->columns()[column].unsupported.empty()) fuzz::readInParts(**table, column);
  }
  return 0;
}
