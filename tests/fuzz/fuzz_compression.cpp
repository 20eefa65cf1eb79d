// Input: three bytes, the size without compression (little-endian), then a chain of ROOT's compression blocks.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlaas/root/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const size_t plainBytes = data[0] | data[1] << 8 | static_cast<size_t>(data[2]) << 16;
  const std::span<const std::byte> blocks(reinterpret_cast<const std::byte*>(data) + 3, size - 3);
  if (!mlaas::root::checkBlocks(blocks, plainBytes).ok()) return 0;
  std::vector<std::byte> plain(plainBytes);
  static_cast<void>(mlaas::root::decompress(blocks, plain).ok());
  return 0;
}
