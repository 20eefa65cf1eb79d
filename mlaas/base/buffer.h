// A block of memory aligned for vector instructions, as columns and tensors use it.
// Threads: immutable once shared. Owns: its bytes and, where it was charged, its share of a memory budget.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "mlaas/base/block_cache.h"
#include "mlaas/base/memory_budget.h"

namespace mlaas {

class Buffer {
 public:
  static constexpr size_t kAlignment = BlockCache::kAlignment;

  Buffer() = default;
  // Uninitialised memory for `bytes`; std::bad_alloc where there is none: check sizes that come from files first.
  explicit Buffer(size_t bytes) : bytes_(bytes == 0 ? Owned() : own(BlockCache::shared().take(bytes))), size_(bytes) {}

  size_t size() const { return size_; }
  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }
  std::span<std::byte> bytes() { return {data(), size_}; }
  std::span<const std::byte> bytes() const { return {data(), size_}; }

  // The buffer as numbers of type T; a rest shorter than T is left out.
  template <class T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(data()), size_ / sizeof(T)};
  }
  template <class T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data()), size_ / sizeof(T)};
  }

  // Makes the buffer shorter without moving it.
  void truncate(size_t bytes) {
    if (bytes < size_) size_ = bytes;
  }

  // Hands the reservation that pays for this memory to the buffer.
  void charge(MemoryBudget::Reservation reservation) { reservation_ = std::move(reservation); }

 private:
  using Owned = std::unique_ptr<std::byte, GiveBlockBack>;
  static Owned own(BlockCache::Block block) { return {block.data, GiveBlockBack{block.bytes}}; }

  MemoryBudget::Reservation reservation_;  // released after the memory
  Owned bytes_;
  size_t size_ = 0;
};

using SharedBuffer = std::shared_ptr<const Buffer>;

// An uninitialised buffer for `count` values of T.
template <class T>
Buffer makeBuffer(size_t count) {
  return Buffer(count * sizeof(T));
}

}  // namespace mlaas
