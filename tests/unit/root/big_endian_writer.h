// Builds records byte by byte, as ROOT would write them.
#pragma once

#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "mlaas/base/byte_cursor.h"

namespace mlaas::root {

class BigEndianWriter {
 public:
  template <Arithmetic T>
  BigEndianWriter& number(T value) {
    if constexpr (sizeof(T) > 1 && std::endian::native == std::endian::little) value = byteSwapped(value);
    const auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    return *this;
  }
  BigEndianWriter& characters(std::string_view text) {
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  // A string with its length.
  BigEndianWriter& text(std::string_view text) { return number(static_cast<uint8_t>(text.size())).characters(text); }
  BigEndianWriter& append(const BigEndianWriter& other) {
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
    return *this;
  }
  // A byte count and a version around `body`.
  BigEndianWriter& versioned(int16_t version, const BigEndianWriter& body) {
    return number(static_cast<uint32_t>(0x40000000U | (body.bytes_.size() + 2))).number(version).append(body);
  }

  size_t size() const { return bytes_.size(); }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace mlaas::root
