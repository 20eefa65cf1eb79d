// Builds envelopes and frames of RNTuples byte by byte, as the format page has them.
#pragma once

#include <xxhash.h>

#include <bit>
#include <string_view>
#include <vector>

#include "mlaas/root/rntuple/envelope.h"

namespace mlaas::root {

class LittleEndianWriter {
 public:
  template <Arithmetic T>
  LittleEndianWriter& number(T value) {
    if constexpr (sizeof(T) > 1 && std::endian::native == std::endian::big) value = byteSwapped(value);
    const auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    return *this;
  }
  LittleEndianWriter& text(std::string_view text) {
    number(static_cast<uint32_t>(text.size()));
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  LittleEndianWriter& append(const std::vector<std::byte>& bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  LittleEndianWriter& record(const LittleEndianWriter& body) {
    return number(static_cast<int64_t>(body.bytes_.size() + 8)).append(body.bytes_);
  }
  LittleEndianWriter& list(uint32_t numItems, const LittleEndianWriter& body) {
    return number(-static_cast<int64_t>(body.bytes_.size() + 12)).number(numItems).append(body.bytes_);
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// Preamble and checksum around a payload.
inline std::vector<std::byte> envelopeBytes(EnvelopeType type, const LittleEndianWriter& payload) {
  LittleEndianWriter writer;
  writer.number(static_cast<uint64_t>(payload.bytes().size() + 16) << 16 | static_cast<uint64_t>(type));
  writer.append(payload.bytes());
  writer.number(static_cast<uint64_t>(XXH3_64bits(writer.bytes().data(), writer.bytes().size())));
  return writer.bytes();
}

struct FieldFacts {
  std::string_view name;
  std::string_view type;
  uint32_t parent = 0;
  uint16_t role = 0;
  uint64_t arraySize = 0;
};

inline LittleEndianWriter fieldRecord(const FieldFacts& facts) {
  LittleEndianWriter body;
  body.number(uint32_t{0}).number(uint32_t{0}).number(facts.parent).number(facts.role);
  body.number(static_cast<uint16_t>(facts.arraySize > 0 ? 1 : 0));
  body.text(facts.name).text(facts.type).text("").text("");
  if (facts.arraySize > 0) body.number(facts.arraySize);
  // A later version of the format may add what is not known yet.
  body.number(uint32_t{12345});
  return LittleEndianWriter().record(body);
}

struct ColumnFacts {
  uint16_t type = 0;
  uint16_t bits = 0;
  uint32_t field = 0;
  uint16_t representation = 0;
};

inline LittleEndianWriter columnRecord(const ColumnFacts& facts) {
  LittleEndianWriter body;
  body.number(facts.type).number(facts.bits).number(facts.field).number(uint16_t{0}).number(facts.representation);
  return LittleEndianWriter().record(body);
}

// Fields, columns, and empty lists of aliases and of extra type information.
inline LittleEndianWriter schemaLists(const std::vector<FieldFacts>& fields, const std::vector<ColumnFacts>& columns) {
  LittleEndianWriter fieldList;
  for (const FieldFacts& field : fields) fieldList.append(fieldRecord(field).bytes());
  LittleEndianWriter columnList;
  for (const ColumnFacts& column : columns) columnList.append(columnRecord(column).bytes());
  LittleEndianWriter lists;
  lists.list(static_cast<uint32_t>(fields.size()), fieldList).list(static_cast<uint32_t>(columns.size()), columnList);
  return lists.list(0, {}).list(0, {});
}

// The payload of a header.
inline LittleEndianWriter headerPayload(const LittleEndianWriter& schema, int64_t featureFlags = 0) {
  LittleEndianWriter payload;
  payload.number(featureFlags).text("ntuple").text("").text("test");
  return payload.append(schema.bytes());
}

}  // namespace mlaas::root
