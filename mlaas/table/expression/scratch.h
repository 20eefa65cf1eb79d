// Memory for the intermediate values of one block, used again for the next one.
// Threads: one Scratch for each evaluation. Owns: its blocks; what allocate() gives is valid until reset().
#pragma once

#include <algorithm>
#include <vector>

#include "mlaas/base/buffer.h"

namespace mlaas::table::expression {

class Scratch {
 public:
  // Uninitialised, aligned memory.
  std::byte* allocate(size_t bytes) {
    bytes = (bytes + Buffer::kAlignment - 1) / Buffer::kAlignment * Buffer::kAlignment;
    while (current_ < chunks_.size() && used_ + bytes > chunks_[current_].size()) {
      ++current_;
      used_ = 0;
    }
    if (current_ == chunks_.size()) chunks_.emplace_back(std::max(bytes, kChunkBytes));
    std::byte* memory = chunks_[current_].data() + used_;
    used_ += bytes;
    return memory;
  }

  void reset() { current_ = used_ = 0; }

 private:
  static constexpr size_t kChunkBytes = size_t{256} << 10;  // some vectors of a block, within a level-2 cache
  std::vector<Buffer> chunks_;
  size_t current_ = 0;
  size_t used_ = 0;  // bytes of chunks_[current_]
};

}  // namespace mlaas::table::expression
