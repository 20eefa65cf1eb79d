#include "mlaas/root/rntuple/page_store.h"

#include <algorithm>

namespace mlaas::root {

const PageStore::Chunk* PageStore::chunkAt(uint64_t offset) const {
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), offset,
                                      [](uint64_t place, const Chunk& chunk) { return place < chunk.offset; });
  // Later reads may have added chunks that overlap earlier ones: the longest counts, which stands last.
  return after == chunks_.begin() ? nullptr : &*std::prev(after);
}

bool PageStore::has(const Page& page) const {
  const Chunk* chunk = chunkAt(page.offset);
  return chunk && page.offset + page.bytesInFile() <= chunk->end();
}

std::vector<io::ReadRequest> PageStore::add(std::vector<const Page*> pages) {
  std::erase_if(pages, [&](const Page* page) { return page->bytesInFile() == 0 || has(*page); });
  std::sort(pages.begin(), pages.end(), [](const Page* a, const Page* b) { return a->offset < b->offset; });
  // Pages that touch or overlap make one run.
  struct Run {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  std::vector<Run> runs;
  uint64_t bytes = 0;
  for (const Page* page : pages) {
    const uint64_t end = page->offset + page->bytesInFile();
    if (runs.empty() || page->offset > runs.back().last) {
      runs.push_back({page->offset, end});
      bytes += end - page->offset;
    } else if (end > runs.back().last) {
      bytes += end - runs.back().last;
      runs.back().last = end;
    }
  }
  if (runs.empty()) return {};
  buffers_.emplace_back(bytes);
  std::span<std::byte> room = buffers_.back().bytes();
  std::vector<io::ReadRequest> requests;
  for (const Run& run : runs) {
    const auto part = room.first(run.last - run.first);
    room = room.subspan(part.size());
    requests.push_back({run.first, part});
    chunks_.push_back({run.first, part});
  }
  std::sort(chunks_.begin(), chunks_.end(), [](const Chunk& a, const Chunk& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.bytes.size() < b.bytes.size();
  });
  return requests;
}

Result<PageBytes> PageStore::find(const Page& page) const {
  if (page.bytesInFile() == 0) return PageBytes{&page, {}};
  const Chunk* chunk = chunkAt(page.offset);
  if (!chunk || page.offset + page.bytesInFile() > chunk->end()) {
    return Error(ErrorCode::kInternal, "the page at byte " + std::to_string(page.offset) + " was not fetched");
  }
  return PageBytes{&page, chunk->bytes.subspan(page.offset - chunk->offset, page.bytesInFile())};
}

}  // namespace mlaas::root
