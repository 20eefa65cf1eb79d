// Input: a whole ROOT file. Its header, folders and keys are listed, every key is found again by its path, and the
// records of small objects are read and decompressed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "mlaas/io/memory_source.h"
#include "mlaas/root/directory.h"
#include "mlaas/root/file.h"
#include "tests/fuzz/mutate_in_place.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned int seed) {
  return mlaas::fuzz::mutateInPlace(data, size, most, seed, "");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  constexpr uint32_t kMostObjectBytes = 1 << 20;
  constexpr size_t kMostRecords = 64;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const auto file =
      root::File::open(std::make_shared<io::MemorySource>("fuzz", std::vector<std::byte>(bytes, bytes + size)));
  if (!file.ok()) return 0;
  if ((*file)->hasStreamerInfo()) static_cast<void>((*file)->readStreamerInfo().ok());
  const auto keys = root::listKeys(**file);
  if (!keys.ok()) return 0;
  size_t numRecords = 0;
  for (const auto& entry : *keys) {
    static_cast<void>(root::findKey(**file, entry.path).ok());
    if (entry.key.objectBytes > kMostObjectBytes || ++numRecords > kMostRecords) continue;
    const auto record = (*file)->readRecord(entry.key.offset, entry.key.recordBytes);
    if (record.ok() && record->bytes.size() != record->key.objectBytes) std::abort();
  }
  return 0;
}
