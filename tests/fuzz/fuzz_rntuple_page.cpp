// Input: one page. Bytes: column type (1), bits (1), number of elements (2), first wanted and number wanted (2 + 2),
// whether it is compressed (1), least and greatest value (8 + 8), then the stored bytes. What is decoded of a part must
// be what the whole page has there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/rntuple/page_decoder.h"

namespace {

using namespace mlaas;

struct Input {
  root::PhysicalColumn column;
  root::Page page;
  root::ElementRun run;
  std::span<const std::byte> stored;
};

// Numbers beyond what the page may have are brought into range: they are checked before a page is decoded.
bool readInput(std::span<const std::byte> bytes, Input& input) {
  ByteCursor cursor(bytes);
  input.column.encoding = root::findEncoding(cursor.little<uint8_t>());
  if (!input.column.encoding) return false;
  const uint16_t bits = cursor.little<uint8_t>();
  input.column.bits = std::clamp(bits, input.column.encoding->leastBits, input.column.encoding->mostBits);
  input.page.numElements = cursor.little<uint16_t>();
  input.run.first = std::min<size_t>(cursor.little<uint16_t>(), input.page.numElements);
  input.run.count = std::min<size_t>(cursor.little<uint16_t>(), input.page.numElements - input.run.first);
  const bool isCompressed = (cursor.little<uint8_t>() & 1) != 0;
  input.column.least = cursor.little<double>();
  input.column.most = cursor.little<double>();
  const uint64_t plainBytes = root::packedBytes(input.page.numElements, input.column.bits);
  input.stored = cursor.rest();
  if (!isCompressed) input.stored = input.stored.first(std::min<size_t>(plainBytes, input.stored.size()));
  input.page.storedBytes = input.stored.size();
  return cursor.ok() && input.stored.size() <= plainBytes && input.run.count > 0;
}

template <class T, class Decode>
void decodeBothWays(const Input& input, size_t width, Decode&& decode) {
  const root::PageBytes page{&input.page, input.stored};
  std::vector<T> whole(input.page.numElements * width);
  std::vector<T> part(input.run.count * width);
  const bool isWhole = decode(page, root::ElementRun{0, input.page.numElements}, whole.data());
  const bool isPart = decode(page, input.run, part.data());
  if (isWhole != isPart) std::abort();
  const auto same = whole.begin() + static_cast<std::ptrdiff_t>(input.run.first * width);
  if (isWhole && !std::equal(part.begin(), part.end(), same)) std::abort();
}

void decodeIndexesBothWays(const Input& input) {
  const root::PageBytes page{&input.page, input.stored};
  std::vector<int64_t> whole(input.page.numElements + size_t{1});
  root::EndsWriter wholeEnds(whole.data(), true);
  if (!root::decodeIndexes(page, input.column, {0, input.page.numElements}, wholeEnds).ok() || wholeEnds.fell()) return;
  // From the element before the first on: there the first collection begins.
  const bool isFirst = input.run.first == 0;
  const root::ElementRun run{isFirst ? 0 : input.run.first - 1, input.run.count + (isFirst ? 0 : 1)};
  std::vector<int64_t> part(input.run.count + size_t{1});
  root::EndsWriter partEnds(part.data(), isFirst);
  if (!root::decodeIndexes(page, input.column, run, partEnds).ok() || partEnds.fell()) std::abort();
  for (size_t i = 0; i <= input.run.count; ++i) {
    const auto wholeLength =
        static_cast<uint64_t>(whole[input.run.first + i]) - static_cast<uint64_t>(whole[input.run.first]);
    if (static_cast<uint64_t>(part[i]) != wholeLength) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input;
  if (!readInput({reinterpret_cast<const std::byte*>(data), size}, input)) return 0;
  if (!root::checkPage({&input.page, input.stored}, input.column).ok()) return 0;
  const root::ElementKind kind = input.column.encoding->kind;
  if (kind == root::ElementKind::kIndex) {
    decodeIndexesBothWays(input);
  } else if (kind == root::ElementKind::kSwitch) {
    decodeBothWays<root::SwitchValue>(input, 1, [&](const auto& page, root::ElementRun run, root::SwitchValue* to) {
      return root::decodeSwitches(page, input.column, run, to).ok();
    });
  } else {
    const size_t width = dtypeBytes(input.column.encoding->dtype);
    decodeBothWays<std::byte>(input, width, [&](const auto& page, root::ElementRun run, std::byte* to) {
      return root::decodeValues(page, input.column, run, to).ok();
    });
  }
  return 0;
}
