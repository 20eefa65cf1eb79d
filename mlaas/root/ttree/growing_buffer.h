// A buffer whose end is not known beforehand.
// Threads: one at a time. Owns: its memory, until take().
#pragma once

#include <cstddef>

#include "mlaas/base/buffer.h"

namespace mlaas::root {

// Values of which more are appended: memory that doubles.
class GrowingBuffer {
 public:
  // Room for `bytes` more at the end; they count as there. nullptr where there is no memory.
  std::byte* append(size_t bytes);
  bool reserve(size_t bytes);
  size_t size() const { return used_; }
  // The buffer, as long as what was appended.
  SharedBuffer take();

 private:
  Buffer buffer_;
  size_t used_ = 0;
};

}  // namespace mlaas::root
