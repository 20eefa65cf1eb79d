#include "mlaas/root/writer/ntuple_page.h"

#include <cstring>
#include <type_traits>

namespace mlaas::root {

namespace {

static_assert(std::endian::native == std::endian::little, "the elements are copied as they are in memory");

std::vector<std::byte> packedBits(std::span<const std::byte> elements) {
  std::vector<std::byte> page((elements.size() + 7) / 8);
  for (size_t i = 0; i < elements.size(); ++i)
    if (elements[i] != std::byte{0}) page[i / 8] |= static_cast<std::byte>(1U << (i % 8));
  return page;
}

// All first bytes, then all second bytes, ...
template <class Unsigned>
std::vector<std::byte> splitBytes(std::span<const Unsigned> values) {
  std::vector<std::byte> page(values.size_bytes());
  for (size_t byte = 0; byte < sizeof(Unsigned); ++byte) {
    std::byte* to = page.data() + byte * values.size();
    for (size_t i = 0; i < values.size(); ++i) to[i] = static_cast<std::byte>(values[i] >> (8 * byte));
  }
  return page;
}

template <class Unsigned>
std::vector<Unsigned> loaded(std::span<const std::byte> elements) {
  std::vector<Unsigned> values(elements.size() / sizeof(Unsigned));
  if (!values.empty()) std::memcpy(values.data(), elements.data(), values.size() * sizeof(Unsigned));
  return values;
}

// x to 2x, or to -(2x + 1) where x is negative: small numbers of either sign have zeros in their high bytes.
template <class Unsigned>
void zigzag(std::span<Unsigned> values) {
  constexpr int kSignBit = static_cast<int>(8 * sizeof(Unsigned)) - 1;
  for (Unsigned& value : values) {
    auto sign = static_cast<Unsigned>(value >> kSignBit != 0 ? ~Unsigned{0} : Unsigned{0});
    value = static_cast<Unsigned>(static_cast<Unsigned>(value << 1) ^ sign);
  }
}

std::vector<std::byte> splitIndex(std::span<const std::byte> elements) {
  auto values = loaded<uint64_t>(elements);
  for (size_t i = values.size(); i-- > 1;) values[i] -= values[i - 1];
  return splitBytes<uint64_t>(values);
}

template <class Unsigned>
std::vector<std::byte> splitNumbers(std::span<const std::byte> elements, bool isSigned) {
  auto values = loaded<Unsigned>(elements);
  if (isSigned) zigzag<Unsigned>(values);
  return splitBytes<Unsigned>(values);
}

}  // namespace

std::vector<std::byte> encodePage(const NtupleColumn& column, std::span<const std::byte> elements) {
  switch (column.type) {
    case 0x00:
      return packedBits(elements);
    case 0x11:  // SplitInt16
    case 0x12:
      return splitNumbers<uint16_t>(elements, column.type == 0x11);
    case 0x13:  // SplitInt32
    case 0x14:
    case 0x18:  // SplitReal32
      return splitNumbers<uint32_t>(elements, column.type == 0x13);
    case 0x15:  // SplitInt64
    case 0x16:
    case 0x19:  // SplitReal64
      return splitNumbers<uint64_t>(elements, column.type == 0x15);
    case 0x1B:
      return splitIndex(elements);
    default:
      return {elements.begin(), elements.end()};
  }
}

}  // namespace mlaas::root
