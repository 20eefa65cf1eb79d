#include "mlaas/root/writer/ntuple_envelope.h"

#include <xxhash.h>

#include <cstring>
#include <limits>
#include <span>

namespace mlaas::root {

namespace {

constexpr int kTypeBits = 16;  // of the first number; the length has the others
constexpr size_t kChecksumBytes = 8;
constexpr int32_t kLargeLocator = static_cast<int32_t>(0x81000000U | (4 + 8 + 8));  // type 1, its own size

void putLittle(std::vector<std::byte>& bytes, size_t at, uint64_t value) {
  for (size_t i = 0; i < sizeof(value); ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace

EnvelopeWriter::EnvelopeWriter(EnvelopeType type) : type_(type) { number(uint64_t{0}); }

void EnvelopeWriter::text(std::string_view value) {
  number(static_cast<uint32_t>(value.size()));
  auto characters = std::as_bytes(std::span(value));
  bytes_.insert(bytes_.end(), characters.begin(), characters.end());
}

void EnvelopeWriter::locator(const Locator& locator) {
  if (locator.bytes <= static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    number(static_cast<int32_t>(locator.bytes));
  } else {
    number(kLargeLocator);
    number(locator.bytes);
  }
  number(locator.offset);
}

size_t EnvelopeWriter::beginFrame() {
  number(int64_t{0});
  return bytes_.size() - sizeof(int64_t);
}

void EnvelopeWriter::endFrame(size_t start, int64_t sign) {
  putLittle(bytes_, start, static_cast<uint64_t>(sign * static_cast<int64_t>(bytes_.size() - start)));
}

EnvelopeWriter::Finished EnvelopeWriter::finish() && {
  auto length = static_cast<uint64_t>(bytes_.size() + kChecksumBytes);
  putLittle(bytes_, 0, static_cast<uint64_t>(type_) | length << kTypeBits);
  uint64_t checksum = XXH3_64bits(bytes_.data(), bytes_.size());
  number(checksum);
  return {std::move(bytes_), checksum};
}

}  // namespace mlaas::root
