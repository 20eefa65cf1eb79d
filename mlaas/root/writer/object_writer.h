// Builds the payload of a record: numbers in big-endian order, strings, framed objects, class records, references.
// Positions in a record count from its key, so the key's length must be known first.
// Threads: one. Source: docs/formats/tree-writing.md, "Objects".
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/byte_cursor.h"

namespace mlaas::root {

// Appends `value` in big-endian order.
template <Arithmetic T>
void appendBig(std::vector<std::byte>& bytes, T value) {
  if constexpr (std::endian::native == std::endian::little && sizeof(T) > 1) value = byteSwapped(value);
  auto from = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  // g++ 12 at -O3 sees an overflow in insert() that is not there.
  for (const std::byte byte : from) bytes.push_back(byte);
}

// Appends a string with its length: one byte, or 255 and four bytes.
void appendCountedString(std::vector<std::byte>& bytes, std::string_view text);
size_t countedStringBytes(std::string_view text);

class ObjectWriter {
 public:
  // What a later reference names.
  struct Handle {
    uint32_t position = 0;
  };

  explicit ObjectWriter(size_t keyBytes) : keyBytes_(keyBytes) {}

  const std::vector<std::byte>& bytes() const { return bytes_; }

  template <Arithmetic T>
  void number(T value) {
    appendBig(bytes_, value);
  }
  void text(std::string_view value) { appendCountedString(bytes_, value); }

  // A base class or a member held by value: byte count, version, then what `members` writes.
  template <class Members>
  void frame(int16_t version, Members&& members) {
    size_t start = beginCount();
    number(version);
    members();
    endCount(start);
  }

  // An object behind a pointer: byte count, class record, frame.
  template <class Members>
  Handle object(const std::string& className, int16_t version, Members&& members) {
    size_t start = beginCount();
    classRecord(className);
    frame(version, members);
    endCount(start);
    return {static_cast<uint32_t>(keyBytes_ + start + kMapOffset)};
  }
  void reference(Handle handle) { number(handle.position); }
  void nullPointer() { number(uint32_t{0}); }

  // The base class TObject, which has no byte count.
  void rootObject(uint32_t bits);
  // The base class TNamed.
  void named(std::string_view name, std::string_view title, uint32_t bits);

 private:
  static constexpr uint32_t kMapOffset = 2;
  size_t beginCount();
  void endCount(size_t start);
  void classRecord(const std::string& className);

  size_t keyBytes_;
  std::vector<std::byte> bytes_;
  std::map<std::string, uint32_t> classes_;  // name -> position of its first record
};

}  // namespace mlaas::root
