// Input: a whole ROOT file. Container, directories, streamer info, tree metadata and baskets: every column of every
// tree is read, whole and in two parts, and both ways must give the same values.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlaas/io/memory_source.h"
#include "mlaas/io/opener.h"
#include "mlaas/table/table.h"
#include "tests/fuzz/mutate_in_place.h"
#include "tests/fuzz/read_in_parts.h"

namespace {

using namespace mlaas;

constexpr const char* kUrl = "fuzz://file.root";

}  // namespace

// Half of the changes hit baskets: their headers, entries and offsets.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned int seed) {
  return mlaas::fuzz::mutateInPlace(data, size, most, seed, "\x07TBasket");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const auto source = std::make_shared<io::MemorySource>(kUrl, std::vector<std::byte>(bytes, bytes + size));
  io::registerScheme("fuzz", [source](const std::string&) -> Result<std::shared_ptr<io::ByteSource>> {
    return std::shared_ptr<io::ByteSource>(source);
  });
  const auto info = table::inspectFile(kUrl);
  if (!info.ok()) return 0;
  for (const table::TableInfo& tableInfo : info->tables) {
    const auto table = table::openTable(kUrl, tableInfo.name);
    if (!table.ok()) continue;
    for (size_t column = 0; column < (*table)->columns().size(); ++column) fuzz::readInParts(**table, column);
  }
  return 0;
}
