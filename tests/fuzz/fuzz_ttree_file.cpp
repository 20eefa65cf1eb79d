// Input: a whole ROOT file. Container, directories, streamer info, tree metadata and baskets: every column of every
// tree is read, whole and in two parts, and both ways must give the same values.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "mlaas/io/memory_source.h"
#include "mlaas/io/opener.h"
#include "mlaas/table/table.h"
#include "tests/fuzz/mutate_in_place.h"

namespace {

using namespace mlaas;

// A damaged count may promise more entries than are worth reading.
constexpr int64_t kMostEntries = 20000;
constexpr const char* kUrl = "fuzz://file.root";

bool sameBytes(const SharedBuffer& a, const SharedBuffer& b) { return std::ranges::equal(a->bytes(), b->bytes()); }

void readColumn(const table::Table& table, size_t column) {
  const int64_t last = std::min(table.numEntries(), kMostEntries);
  const auto whole = table.read({0, last}, {column});
  const auto front = table.read({0, last / 2}, {column});
  const auto back = table.read({last / 2, last}, {column});
  if (!whole.ok() || !front.ok() || !back.ok()) return;
  const std::vector<Column> parts = {front->front(), back->front()};
  const Column joined = concatenateColumns(parts);
  if (!sameBytes(joined.values, whole->front().values)) std::abort();
  for (size_t level = 0; level < joined.offsets.size(); ++level) {
    if (!sameBytes(joined.offsets[level], whole->front().offsets[level])) std::abort();
  }
}

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
    for (size_t column = 0; column < (*table)->columns().size(); ++column) readColumn(**table, column);
  }
  return 0;
}
