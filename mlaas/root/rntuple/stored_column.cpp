#include "mlaas/root/rntuple/stored_column.h"

#include <algorithm>

namespace mlaas::root {

namespace {

Error corrupt(std::string message) { return Error(ErrorCode::kCorrupt, std::move(message)); }

// The representation that is stored in the cluster, or nullptr.
const ColumnPages* storedPages(const Cluster& cluster, const FieldColumn& column, uint32_t& physical) {
  for (const uint32_t id : column.physical) {
    if (id >= cluster.columns.size() || cluster.columns[id].isSuppressed) continue;
    physical = id;
    return &cluster.columns[id];
  }
  return nullptr;
}

}  // namespace

std::span<const Page> StoredColumn::pagesOf(ElementSpan span) const {
  if (span.size() == 0 || span.last <= numZeros) return {};
  const uint64_t first = span.first > numZeros ? span.first - numZeros : 0;
  const uint64_t last = span.last - numZeros;
  const auto begin = std::partition_point(
      pages.begin(), pages.end(), [&](const Page& page) { return page.firstElement + page.numElements <= first; });
  const auto end = std::partition_point(begin, pages.end(), [&](const Page& page) { return page.firstElement < last; });
  return {begin, end};
}

Result<StoredColumn> findStored(const Schema& schema, const PageList& pages, const Cluster& cluster, uint32_t id,
                                std::optional<uint64_t> expected) {
  uint32_t physical = schema.columns[id].physical.front();
  StoredColumn stored;
  const ColumnPages* found = storedPages(cluster, schema.columns[id], physical);
  stored.column = &schema.physical[physical];
  if (found) {
    stored.pages = pages.pagesOf(*found);
    stored.numElements = found->numElements;
  }
  if (!expected) return stored;
  // Columns that were added after this cluster was begun start with zeros.
  const bool mayBeShort = !found || stored.column->isDeferred;
  if (stored.numElements > *expected || (stored.numElements < *expected && !mayBeShort)) {
    return corrupt("it has " + std::to_string(stored.numElements) + " elements in the cluster of entries " +
                   std::to_string(cluster.entries.first) + " to " + std::to_string(cluster.entries.last) +
                   ", expected " + std::to_string(*expected));
  }
  stored.numZeros = *expected - stored.numElements;
  stored.numElements = *expected;
  return stored;
}

Result<void> checkCovers(const StoredColumn& column, ElementSpan span) {
  if (span.first <= span.last && span.last <= column.numElements) return {};
  return corrupt("elements " + std::to_string(span.first) + " to " + std::to_string(span.last) +
                 " are wanted in a cluster that has " + std::to_string(column.numElements));
}

Result<void> checkPages(const StoredColumn& column, const PageStore& store, ElementSpan span) {
  for (const Page& page : column.pagesOf(span)) {
    MLAAS_TRY(const PageBytes bytes, store.find(page));
    auto fits = checkPage(bytes, *column.column);
    if (!fits.ok()) return std::move(fits).error().within("page at byte " + std::to_string(page.offset));
  }
  return {};
}

}  // namespace mlaas::root
