// Mutations for files whose parts lie where others say: bytes change, none move.
// libFuzzer's own mutations insert and erase, after which every place in the file is wrong and nothing behind the header
// is read. They are still taken now and then, for files that end early.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "mlaas/base/random.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most) __attribute__((weak));

namespace mlaas::fuzz {

// Places right behind `mark` are hit half of the time, where there are any ("" for none).
inline size_t choosePlace(Random& random, const uint8_t* data, size_t size, std::string_view mark) {
  constexpr size_t kNear = 600;
  const size_t anywhere = random.below(size);
  if (mark.empty() || random.below(2) == 0) return anywhere;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  size_t found = text.find(mark, anywhere);
  if (found == std::string_view::npos) found = text.find(mark);
  if (found == std::string_view::npos) return anywhere;
  return std::min(found + random.below(kNear), size - 1);
}

// Changes one to four places of the input, in the way of libFuzzer's LLVMFuzzerCustomMutator.
inline size_t mutateInPlace(uint8_t* data, size_t size, size_t most, unsigned int seed, std::string_view mark) {
  Random random(seed);
  if (size == 0 || (LLVMFuzzerMutate != nullptr && random.below(20) == 0)) return LLVMFuzzerMutate(data, size, most);
  for (uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
    const size_t at = choosePlace(random, data, size, mark);
    const size_t width = std::min<size_t>(size_t{1} << random.below(4), size - at);
    switch (random.below(6)) {
      case 0:
        data[at] ^= static_cast<uint8_t>(1U << random.below(8));
        break;
      case 1:
        data[at] = static_cast<uint8_t>(random.bits());
        break;
      case 2: {  // a big-endian number that parsers stumble over
        static constexpr std::array<uint64_t, 8> kNumbers = {
            0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x40000000, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};
        const uint64_t number = kNumbers[random.below(kNumbers.size())];
        for (size_t i = 0; i < width; ++i) data[at + i] = static_cast<uint8_t>(number >> (8 * (width - 1 - i)));
        break;
      }
      case 3:  // a little more or less
        data[at + width - 1] = static_cast<uint8_t>(data[at + width - 1] + random.below(9) - 4);
        break;
      case 4:  // what stands elsewhere
        std::memmove(data + at, data + random.below(size - width + 1), width);
        break;
      default:
        std::memset(data + at, 0, width);
        break;
    }
  }
  return size;
}

}  // namespace mlaas::fuzz
