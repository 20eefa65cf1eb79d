// The bytes of an RNTuple's envelopes: little-endian numbers, strings, frames, locators, and the checksum at the end.
// Threads: one. Source: docs/formats/rntuple-writing.md, "Envelopes".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mlaas/base/byte_cursor.h"

namespace mlaas::root {

// Appends `value` in little-endian order.
template <Arithmetic T>
void appendLittle(std::vector<std::byte>& bytes, T value) {
  if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) value = byteSwapped(value);
  auto from = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  for (const std::byte byte : from) bytes.push_back(byte);
}

enum class EnvelopeType : uint16_t { kHeader = 1, kFooter = 2, kPageList = 3 };

// Where bytes lie in the file.
struct Locator {
  uint64_t offset = 0;
  uint64_t bytes = 0;  // as stored
};

class EnvelopeWriter {
 public:
  explicit EnvelopeWriter(EnvelopeType type);

  template <Arithmetic T>
  void number(T value) {
    appendLittle(bytes_, value);
  }
  void text(std::string_view value);
  void locator(const Locator& locator);

  // A record: its size, then what `content` writes.
  template <class Content>
  void record(Content&& content) {
    size_t start = beginFrame();
    content();
    endFrame(start, 1);
  }
  // A list of `numItems` things: minus its size, their number, then what `content` writes.
  template <class Content>
  void list(size_t numItems, Content&& content) {
    size_t start = beginFrame();
    number(static_cast<uint32_t>(numItems));
    content();
    endFrame(start, -1);
  }

  struct Finished {
    std::vector<std::byte> bytes;
    uint64_t checksum = 0;
  };
  // Fills in the length and appends the checksum.
  Finished finish() &&;

 private:
  size_t beginFrame();
  void endFrame(size_t start, int64_t sign);

  EnvelopeType type_;
  std::vector<std::byte> bytes_;
};

}  // namespace mlaas::root
