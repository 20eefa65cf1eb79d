#include "mlaas/root/ttree/growing_buffer.h"

#include <algorithm>
#include <new>
#include <utility>

namespace mlaas::root {

namespace {

constexpr size_t kFirstBytes = 4096;
constexpr size_t kMostBytes = size_t{16} << 30;  // of one column; a larger range is read in pieces

}  // namespace

std::byte* GrowingBuffer::append(size_t bytes) {
  const bool fits = buffer_.size() > 0 && bytes <= buffer_.size() - used_;
  if (!fits && !reserve(std::max(used_ + bytes, 2 * buffer_.size()))) return nullptr;
  used_ += bytes;
  return buffer_.data() + (used_ - bytes);
}

bool GrowingBuffer::reserve(size_t bytes) {
  bytes = std::max(bytes, kFirstBytes);
  if (bytes <= buffer_.size()) return true;
  if (bytes > 2 * kMostBytes) return false;
  try {
    Buffer larger(bytes);
    std::copy_n(buffer_.data(), used_, larger.data());
    buffer_ = std::move(larger);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

SharedBuffer GrowingBuffer::take() {
  buffer_.truncate(used_);
  used_ = 0;
  return std::make_shared<Buffer>(std::exchange(buffer_, Buffer()));
}

}  // namespace mlaas::root
