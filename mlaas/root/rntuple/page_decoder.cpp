#include "mlaas/root/rntuple/page_decoder.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "mlaas/root/compression.h"
#include "mlaas/root/rntuple/page_kernels.h"

namespace mlaas::root {

namespace {

// Scratch memory beyond this is given back after use.
constexpr size_t kMostKeptBytes = size_t{8} << 20;
// Elements that are decoded in two steps go through the first-level cache in runs of this many.
constexpr size_t kRunElements = 1024;
constexpr size_t kSwitchBytes = 12;

Error corrupt(std::string message) { return Error(ErrorCode::kCorrupt, std::move(message)); }

// The thread's room for a page without compression.
std::span<std::byte> scratch(size_t bytes) {
  thread_local Buffer made;
  const bool tooSmall = made.size() < bytes;
  const bool tooLarge = made.size() > kMostKeptBytes && bytes < kMostKeptBytes / 2;
  if (tooSmall || tooLarge) {
    made = Buffer();
    made = Buffer(std::max(bytes, size_t{64} << 10));
  }
  return made.bytes().first(bytes);
}

Result<void> checkChecksum(const PageBytes& page) {
  if (!page.page->hasChecksum) return {};
  const size_t covered = page.page->storedBytes;
  const auto expected = loadNumber<uint64_t, std::endian::little>(page.stored.data() + covered);
  if (XXH3_64bits(page.stored.data(), covered) == expected) return {};
  return corrupt("its checksum is wrong; the file is damaged");
}

std::span<const std::byte> dataOf(const PageBytes& page) { return page.stored.first(page.page->storedBytes); }

uint64_t plainBytesOf(const PageBytes& page, const PhysicalColumn& column) {
  return packedBytes(page.page->numElements, column.bits);
}

// The page's bytes without compression, in the file's bytes or in scratch memory; its checksum is checked first.
Result<std::span<const std::byte>> openPage(const PageBytes& page, const PhysicalColumn& column) {
  MLAAS_CHECK(checkChecksum(page));
  const uint64_t plainBytes = plainBytesOf(page, column);
  if (plainBytes == page.page->storedBytes) return dataOf(page);
  MLAAS_CHECK(checkBlocks(dataOf(page), plainBytes));
  const std::span<std::byte> plain = scratch(plainBytes);
  MLAAS_CHECK(decompress(dataOf(page), plain));
  return std::span<const std::byte>(plain);
}

// Numbers that lie as they are: a page that is wanted as a whole is decompressed where it will stay.
Result<void> decodePlain(const PageBytes& page, const PhysicalColumn& column, ElementRun run, std::byte* to) {
  const size_t width = column.bits / 8;
  const uint64_t plainBytes = plainBytesOf(page, column);
  if (run.count == page.page->numElements && plainBytes != page.page->storedBytes) {
    MLAAS_CHECK(checkChecksum(page));
    return decompress(dataOf(page), {to, plainBytes});
  }
  MLAAS_TRY(const auto plain, openPage(page, column));
  std::memcpy(to, plain.data() + run.first * width, run.count * width);
  return {};
}

// Calls place(first, count) for runs that fit into the first-level cache.
template <class Place>
void inRuns(ElementRun run, Place&& place) {
  for (size_t done = 0; done < run.count; done += kRunElements) {
    place(done, std::min(kRunElements, run.count - done));
  }
}

void joinNumbers(const std::byte* plain, const PageBytes& page, const PhysicalColumn& column, ElementRun run,
                 std::byte* to) {
  const size_t width = column.bits / 8;
  const size_t numElements = page.page->numElements;
  if (!column.encoding->isZigzag) return joinPlanes(plain, numElements, width, run.first, run.count, to);
  inRuns(run, [&](size_t done, size_t count) {
    joinPlanes(plain, numElements, width, run.first + done, count, to + done * width);
    undoZigzag(to + done * width, width, count);
  });
}

void widenReals(std::span<const std::byte> plain, const PageBytes& page, const PhysicalColumn& column, ElementRun run,
                float* to) {
  std::array<uint16_t, kRunElements> halfs;
  inRuns(run, [&](size_t done, size_t count) {
    auto* raw = reinterpret_cast<std::byte*>(halfs.data());
    if (column.encoding->isSplit) {
      joinPlanes(plain.data(), page.page->numElements, sizeof(uint16_t), run.first + done, count, raw);
    } else {
      std::memcpy(raw, plain.data() + (run.first + done) * sizeof(uint16_t), count * sizeof(uint16_t));
    }
    widenHalfs(halfs.data(), count, to + done);
  });
}

// The high bits of a float32, the lowest ones cut off.
void restoreTruncated(std::span<const std::byte> plain, const PhysicalColumn& column, ElementRun run, std::byte* to) {
  std::array<uint32_t, kRunElements> bits;
  const uint32_t shift = 32U - column.bits;
  inRuns(run, [&](size_t done, size_t count) {
    unpackIntegers(plain.data(), plain.size(), column.bits, run.first + done, count, bits.data());
    for (size_t i = 0; i < count; ++i) bits[i] <<= shift;
    std::memcpy(to + done * sizeof(uint32_t), bits.data(), count * sizeof(uint32_t));
  });
}

// Integers that count equal steps from the least to the greatest value of the column.
void restoreQuantized(std::span<const std::byte> plain, const PhysicalColumn& column, ElementRun run, float* to) {
  std::array<uint32_t, kRunElements> steps;
  const double width = column.most - column.least;
  const auto numSteps = static_cast<double>((uint64_t{1} << column.bits) - 1);
  inRuns(run, [&](size_t done, size_t count) {
    unpackIntegers(plain.data(), plain.size(), column.bits, run.first + done, count, steps.data());
    for (size_t i = 0; i < count; ++i) {
      to[done + i] = static_cast<float>(column.least + static_cast<double>(steps[i]) * width / numSteps);
    }
  });
}

// Elements of an index column as they are stored.
void loadIndexes(const std::byte* plain, const PageBytes& page, const PhysicalColumn& column, size_t first,
                 size_t count, uint64_t* to) {
  const size_t width = column.bits / 8;
  const size_t numElements = page.page->numElements;
  std::array<std::byte, kRunElements * sizeof(uint64_t)> joined;
  const std::byte* from = plain + first * width;
  if (column.encoding->isSplit) {
    joinPlanes(plain, numElements, width, first, count, joined.data());
    from = joined.data();
  }
  if (width == sizeof(uint64_t)) {
    std::memcpy(to, from, count * width);
  } else {
    for (size_t i = 0; i < count; ++i) to[i] = loadNumber<uint32_t, std::endian::little>(from + i * width);
  }
}

}  // namespace

Result<void> checkPage(const PageBytes& page, const PhysicalColumn& column) {
  const uint64_t plainBytes = plainBytesOf(page, column);
  if (plainBytes == page.page->storedBytes) return {};
  return checkBlocks(dataOf(page), plainBytes);
}

Result<void> decodeValues(const PageBytes& page, const PhysicalColumn& column, ElementRun run, std::byte* to) {
  const ColumnEncoding& encoding = *column.encoding;
  if (encoding.kind == ElementKind::kNumber && !encoding.isSplit) return decodePlain(page, column, run, to);
  MLAAS_TRY(const std::span<const std::byte> plain, openPage(page, column));
  switch (encoding.kind) {
    case ElementKind::kNumber:
      joinNumbers(plain.data(), page, column, run, to);
      break;
    case ElementKind::kBit:
      unpackBits(plain.data(), run.first, run.count, to);
      break;
    case ElementKind::kHalf:
      widenReals(plain, page, column, run, reinterpret_cast<float*>(to));
      break;
    case ElementKind::kTruncated:
      restoreTruncated(plain, column, run, to);
      break;
    case ElementKind::kQuantized:
      restoreQuantized(plain, column, run, reinterpret_cast<float*>(to));
      break;
    case ElementKind::kIndex:
    case ElementKind::kSwitch:
      return Error(ErrorCode::kInternal, "a column of offsets was read as one of values");
  }
  return {};
}

void EndsWriter::add(std::span<const uint64_t> ends) {
  if (!hasBegin_ && !ends.empty()) {
    hasBegin_ = true;
    begin_ = previous_ = ends.front();
    shift_ = base_ - begin_;
    ends = ends.subspan(1);
  }
  if (ends.empty()) return;
  bool fell = ends.front() < previous_;
  for (size_t i = 1; i < ends.size(); ++i) fell |= ends[i] < ends[i - 1];
  for (size_t i = 0; i < ends.size(); ++i) to_[i] = static_cast<int64_t>(ends[i] + shift_);
  fell_ |= fell;
  previous_ = ends.back();
  to_ += ends.size();
}

void EndsWriter::addZeros(uint64_t count) {
  constexpr std::array<uint64_t, kRunElements> kZeros{};
  for (uint64_t done = 0; done < count; done += kRunElements) {
    add(std::span(kZeros).first(std::min<uint64_t>(kRunElements, count - done)));
  }
}

Result<void> decodeIndexes(const PageBytes& page, const PhysicalColumn& column, ElementRun run, EndsWriter& ends) {
  MLAAS_TRY(const std::span<const std::byte> plain, openPage(page, column));
  const bool isDelta = column.encoding->isDelta;
  const uint64_t mask = column.bits == 32 ? UINT32_MAX : UINT64_MAX;
  std::array<uint64_t, kRunElements> values;
  uint64_t sum = 0;
  // Differences add up from the page's first element on, wherever the run begins.
  const size_t end = run.first + run.count;
  for (size_t at = isDelta ? 0 : run.first; at < end; at += kRunElements) {
    const size_t count = std::min(kRunElements, end - at);
    const auto added =
        isDelta ? addUpSmall(plain.data(), page.page->numElements, column.bits / 8, at, count, sum, values.data())
                : std::nullopt;
    if (added) {
      sum = *added;
    } else {
      loadIndexes(plain.data(), page, column, at, count, values.data());
      for (size_t i = 0; isDelta && i < count; ++i) values[i] = sum = (sum + values[i]) & mask;
    }
    const size_t skipped = std::min(count, run.first > at ? run.first - at : 0);
    ends.add(std::span(values).subspan(skipped, count - skipped));
  }
  return {};
}

Result<void> decodeSwitches(const PageBytes& page, const PhysicalColumn& column, ElementRun run, SwitchValue* to) {
  MLAAS_TRY(const std::span<const std::byte> plain, openPage(page, column));
  for (size_t i = 0; i < run.count; ++i) {
    const std::byte* from = plain.data() + (run.first + i) * kSwitchBytes;
    to[i] = {loadNumber<uint64_t, std::endian::little>(from), loadNumber<uint32_t, std::endian::little>(from + 8)};
  }
  return {};
}

}  // namespace mlaas::root
