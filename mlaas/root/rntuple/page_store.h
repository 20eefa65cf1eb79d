// The bytes of pages that were read from the file, found by their place in it.
// Threads: filled by one thread, then read by any. Owns: the bytes; spans live as long as the store.
#pragma once

#include <vector>

#include "mlaas/io/byte_source.h"
#include "mlaas/root/rntuple/page_decoder.h"

namespace mlaas::root {

class PageStore {
 public:
  // Makes room for `pages` (in any order, equal ones only once) and returns what has to be read into it. Pages that
  // are there already are left out.
  std::vector<io::ReadRequest> add(std::vector<const Page*> pages);

  // kInternal for a page that was not added.
  Result<PageBytes> find(const Page& page) const;

 private:
  struct Chunk {
    uint64_t offset = 0;
    std::span<std::byte> bytes;
    uint64_t end() const { return offset + bytes.size(); }
  };
  const Chunk* chunkAt(uint64_t offset) const;
  bool has(const Page& page) const;

  std::vector<Buffer> buffers_;
  std::vector<Chunk> chunks_;  // by offset
};

}  // namespace mlaas::root
