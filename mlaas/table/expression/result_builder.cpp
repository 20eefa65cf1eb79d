#include "mlaas/table/expression/result_builder.h"

#include <algorithm>
#include <cstring>

namespace mlaas::table::expression {

ResultBuilder::ResultBuilder(const ColumnType& type, int64_t length)
    : type_(type),
      length_(length),
      valueBytes_(dtypeBytes(type.dtype)),
      values_(std::make_shared<Buffer>(static_cast<size_t>(length) * valueBytes_)) {}

void ResultBuilder::append(const BlockValue& value, size_t entries) {
  const size_t count = value.offsets ? value.elements(entries) : entries;
  grow(count);
  if (value.constant) {
    appendConstant(value.values, count);
  } else {
    appendBytes(value.values, count);
  }
  if (type_.jaggedDepth > 0) {
    offsetsColumn_ = value.offsetsColumn;
    if (offsetsColumn_ < 0) {
      if (!offsets_) {
        offsets_ = std::make_shared<Buffer>(static_cast<size_t>(length_ + 1) * sizeof(int64_t));
        offsets_->as<int64_t>()[0] = 0;
      }
      int64_t* to = offsets_->as<int64_t>().data() + numEntries_;
      const int64_t shift = to[0] - value.offsets[0];
      for (size_t i = 1; i <= entries; ++i) to[i] = value.offsets[i] + shift;
    }
  }
  numEntries_ += static_cast<int64_t>(entries);
}

void ResultBuilder::grow(size_t count) {
  const size_t needed = (numValues_ + count) * valueBytes_;
  if (needed <= values_->size()) return;
  auto larger = std::make_shared<Buffer>(std::max(needed, 2 * values_->size()));
  if (numValues_ > 0) std::memcpy(larger->data(), values_->data(), numValues_ * valueBytes_);
  values_ = std::move(larger);
}

void ResultBuilder::appendBytes(const void* values, size_t count) {
  if (count > 0) std::memcpy(values_->data() + numValues_ * valueBytes_, values, count * valueBytes_);
  numValues_ += count;
}

void ResultBuilder::appendConstant(const void* value, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(values_->data() + (numValues_ + i) * valueBytes_, value, valueBytes_);
  }
  numValues_ += count;
}

Column ResultBuilder::finish(std::span<const Column> columns) && {
  values_->truncate(numValues_ * valueBytes_);
  Column column{type_, length_, {}, std::move(values_)};
  if (type_.jaggedDepth == 0) return column;
  if (offsetsColumn_ >= 0) {
    column.offsets = {columns[static_cast<size_t>(offsetsColumn_)].offsets.front()};
  } else if (offsets_) {
    column.offsets = {std::move(offsets_)};
  } else {
    const int64_t none = 0;
    column.offsets = {copyToBuffer(std::span<const int64_t>(&none, 1))};
  }
  return column;
}

}  // namespace mlaas::table::expression
