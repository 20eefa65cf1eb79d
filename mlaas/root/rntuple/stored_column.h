// What a cluster holds of a column: the representation that is stored there, its pages, and the zeros before them
// where the column was added late.
// Errors:  kCorrupt (fewer elements than needed, pages that contradict themselves).
// Threads: pure functions and values.
// Source:  docs/formats/rntuple.md, "Clusters and pages".
#pragma once

#include <optional>

#include "mlaas/root/rntuple/page_store.h"

namespace mlaas::root {

// Elements [first, last) of a column, counted in their cluster.
struct ElementSpan {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t size() const { return last - first; }
};

struct StoredColumn {
  const PhysicalColumn* column = nullptr;
  std::span<const Page> pages;
  uint64_t numZeros = 0;     // elements before those in the pages
  uint64_t numElements = 0;  // zeros included

  // The pages that hold elements of `span`.
  std::span<const Page> pagesOf(ElementSpan span) const;
};

// Finds the column `id` of `schema` in `cluster`. `expected` is how many elements it must have where the entries tell,
// and not collections above it.
Result<StoredColumn> findStored(const Schema& schema, const PageList& pages, const Cluster& cluster, uint32_t id,
                                std::optional<uint64_t> expected);

// kCorrupt where the column has fewer elements than `span` asks for.
Result<void> checkCovers(const StoredColumn& column, ElementSpan span);

// kCorrupt unless the blocks of all pages of `span` promise what they have to hold.
Result<void> checkPages(const StoredColumn& column, const PageStore& store, ElementSpan span);

// Calls place(page, run, position) for each page of `span`, where `run` is what of the page is wanted and `position`
// counts elements from the span's begin; and zero(position, count) for elements that are not stored.
template <class Place, class Zero>
Result<void> forEachPage(const StoredColumn& column, const PageStore& store, ElementSpan span, Place&& place,
                         Zero&& zero) {
  if (span.first < column.numZeros && span.size() > 0) {
    zero(uint64_t{0}, std::min(span.last, column.numZeros) - span.first);
  }
  for (const Page& page : column.pagesOf(span)) {
    const uint64_t begin = page.firstElement + column.numZeros;
    const uint64_t first = std::max(span.first, begin);
    const uint64_t last = std::min(span.last, begin + page.numElements);
    if (first >= last) continue;
    MLAAS_TRY(const PageBytes bytes, store.find(page));
    auto placed = place(bytes, ElementRun{first - begin, last - first}, first - span.first);
    if (!placed.ok()) return std::move(placed).error().within("page at byte " + std::to_string(page.offset));
  }
  return {};
}

}  // namespace mlaas::root
