// Reads numbers and strings from bytes that may lie: a bounds-checked cursor with a sticky error.
// A record's fields are read one after the other and the cursor is checked once at the record's end: after the first
// read past the end every further one yields zero and ok() stays false.
// Threads: one cursor per thread. Owns: nothing; the bytes must outlive the cursor and the spans that it hands out.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas {

template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;

// The value with its bytes reversed.
template <Arithmetic T>
T byteSwapped(T value) {
  auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

// The number stored at `from` (at least sizeof(T) bytes, any alignment).
template <Arithmetic T, std::endian kOrder>
T loadNumber(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  if constexpr (sizeof(T) > 1 && kOrder != std::endian::native) value = byteSwapped(value);
  return value;
}

class ByteCursor {
 public:
  ByteCursor() = default;
  explicit ByteCursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t position() const { return position_; }
  size_t size() const { return bytes_.size(); }
  size_t remaining() const { return bytes_.size() - position_; }
  std::span<const std::byte> rest() const { return bytes_.subspan(position_); }

  // The next number in big-endian order (TFile, TTree).
  template <Arithmetic T>
  T big() {
    return number<T, std::endian::big>();
  }
  // The next number in little-endian order (RNTuple).
  template <Arithmetic T>
  T little() {
    return number<T, std::endian::little>();
  }

  // The next `count` bytes; empty after an error.
  std::span<const std::byte> bytes(size_t count) {
    if (!take(count)) return {};
    return bytes_.subspan(position_ - count, count);
  }

  // The next `count` bytes as characters.
  std::string_view characters(size_t count) {
    auto taken = bytes(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  void skip(size_t count) { take(count); }

  // Moves to an absolute position, at most the size.
  void seek(size_t position) {
    if (position > bytes_.size()) return fail();
    if (ok_) position_ = position;
  }

  // Marks what was read as wrong: a caller's own check failed.
  void fail() { ok_ = false; }

  // kCorrupt naming `what` where a read went past the end or fail() was called.
  Result<void> check(std::string_view what) const {
    if (ok_) return {};
    return Error(ErrorCode::kCorrupt, std::string(what) + " is cut short or contradicts itself at byte " +
                                          std::to_string(position_) + " of " + std::to_string(bytes_.size()));
  }

 private:
  template <Arithmetic T, std::endian kOrder>
  T number() {
    if (!take(sizeof(T))) return T{};
    return loadNumber<T, kOrder>(bytes_.data() + position_ - sizeof(T));
  }
  bool take(size_t count) {
    if (!ok_ || count > remaining()) {
      ok_ = false;
      return false;
    }
    position_ += count;
    return true;
  }

  std::span<const std::byte> bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace mlaas
