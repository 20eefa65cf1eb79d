#include "mlaas/table/expression/result_builder.h"

#include <algorithm>
#include <cstring>

namespace mlaas::table::expression {

ResultBuilder::ResultBuilder(const ColumnType& type, int64_t length)
    : type_(type),
      length_(length),
      valueBytes_(dtypeBytes(type.dtype)),
      values_{std::make_shared<Buffer>(static_cast<size_t>(length) * valueBytes_), 0},
      offsets_(static_cast<size_t>(type.jaggedDepth)) {}

// Room for `bytes` more, to be filled by the caller.
std::byte* ResultBuilder::Store::grow(size_t bytes) {
  const size_t needed = usedBytes + bytes;
  if (!buffer || needed > buffer->size()) {
    auto larger = std::make_shared<Buffer>(std::max(needed, buffer ? 2 * buffer->size() : 0));
    if (usedBytes > 0) std::memcpy(larger->data(), buffer->data(), usedBytes);
    buffer = std::move(larger);
  }
  std::byte* room = buffer->data() + usedBytes;
  usedBytes = needed;
  return room;
}

void ResultBuilder::append(const BlockValue& value, size_t entries) {
  const size_t count = value.constant ? entries : value.elements(entries);
  numValues_ += count;
  std::byte* to = values_.grow(count * valueBytes_);
  if (value.constant) {
    for (size_t i = 0; i < count; ++i) std::memcpy(to + i * valueBytes_, value.values, valueBytes_);
  } else if (count > 0) {
    std::memcpy(to, value.values, count * valueBytes_);
  }
  offsetsColumn_ = value.offsetsColumn;
  if (offsetsColumn_ < 0) appendOffsets(value, entries);
}

void ResultBuilder::appendOffsets(const BlockValue& value, size_t entries) {
  for (size_t level = 0; level < offsets_.size(); ++level) {
    Store& store = offsets_[level];
    if (!store.buffer) {
      const int64_t zero = 0;
      if (level == 0) store.buffer = std::make_shared<Buffer>(static_cast<size_t>(length_ + 1) * sizeof(int64_t));
      std::memcpy(store.grow(sizeof(zero)), &zero, sizeof(zero));
    }
    auto* to = reinterpret_cast<int64_t*>(store.grow(entries * sizeof(int64_t)));
    const int64_t* from = value.offsets[level];
    const int64_t shift = to[-1] - from[0];
    for (size_t i = 0; i < entries; ++i) to[i] = from[i + 1] + shift;
    entries = static_cast<size_t>(from[entries] - from[0]);
  }
}

Column ResultBuilder::finish(std::span<const Column> columns) && {
  values_.buffer->truncate(values_.usedBytes);
  Column column{type_, length_, {}, std::move(values_.buffer)};
  for (size_t level = 0; level < offsets_.size(); ++level) {
    Store& store = offsets_[level];
    if (offsetsColumn_ >= 0) {
      column.offsets.push_back(columns[static_cast<size_t>(offsetsColumn_)].offsets[level]);
    } else if (store.buffer) {
      store.buffer->truncate(store.usedBytes);
      column.offsets.push_back(std::move(store.buffer));
    } else {
      const int64_t none = 0;
      column.offsets.push_back(copyToBuffer(std::span<const int64_t>(&none, 1)));
    }
  }
  return column;
}

}  // namespace mlaas::table::expression
