#include "mlaas/root/rntuple/page_fetch.h"

#include <algorithm>

namespace mlaas::root {

namespace {

// A column with less than this in a cluster is read at once: a further round costs more than its bytes.
constexpr uint64_t kSmallBytes = 32 << 10;

bool hasColumn(const Level& level) { return level.kind == LevelKind::kCollection || level.kind == LevelKind::kVariant; }

// Calls visit(id) for each column of the schema that `column` is made of.
template <class Visit>
void forEachColumn(const NTupleColumn& column, Visit&& visit) {
  for (const Level& level : column.levels) {
    if (hasColumn(level)) visit(level.column);
  }
  visit(column.values);
}

}  // namespace

PageFetch::PageFetch(const NTupleView& view, EntryRange range, const std::vector<const NTupleColumn*>& columns)
    : view_(view) {
  const auto clusters = view.pages.clustersOf(range);
  for (size_t i = clusters.first; i < clusters.last; ++i) {
    const Cluster& cluster = view.pages.clusters()[i];
    const EntryRange part{std::max(range.first, cluster.entries.first), std::min(range.last, cluster.entries.last)};
    for (const NTupleColumn* column : columns) {
      if (part == cluster.entries || isSmall(cluster, *column)) {
        addWhole(cluster, *column);
      } else {
        tasks_.push_back({column, 0, LevelWalk(view, part), false});
      }
    }
  }
}

bool PageFetch::isSmall(const Cluster& cluster, const NTupleColumn& column) const {
  uint64_t bytes = 0;
  forEachColumn(column, [&](uint32_t id) {
    for (const Page& page : pagesIn(view_, cluster, id)) bytes += page.bytesInFile();
  });
  return bytes <= kSmallBytes;
}

void PageFetch::addWhole(const Cluster& cluster, const NTupleColumn& column) {
  forEachColumn(column, [&](uint32_t id) {
    for (const Page& page : pagesIn(view_, cluster, id)) wanted_.push_back(&page);
  });
}

Result<void> PageFetch::addPages(const Task& task, uint32_t id, bool withEndBefore) {
  for (const ClusterSpan& span : task.walk.spans()) {
    MLAAS_TRY(const StoredColumn stored, task.walk.locate(id, span));
    ElementSpan elements = span.elements;
    if (withEndBefore && elements.size() > 0 && elements.first > 0) --elements.first;
    for (const Page& page : stored.pagesOf(elements)) wanted_.push_back(&page);
  }
  return {};
}

Result<bool> PageFetch::advance(Task& task, const PageStore& store) {
  const std::vector<Level>& levels = task.column->levels;
  for (; task.level < levels.size(); ++task.level, task.isLevelRead = false) {
    const Level& level = levels[task.level];
    if (hasColumn(level) && !task.isLevelRead) {
      MLAAS_CHECK(addPages(task, level.column, level.kind == LevelKind::kCollection));
      task.isLevelRead = true;
      return true;
    }
    auto followed = task.walk.descend(level, store);
    if (!followed.ok()) return std::move(followed).error().within("column " + task.column->name);
  }
  MLAAS_CHECK(addPages(task, task.column->values, task.column->leaf == LeafKind::kCounts));
  return false;
}

Result<std::vector<io::ReadRequest>> PageFetch::next(PageStore& store) {
  while (true) {
    std::vector<Task> unfinished;
    for (Task& task : tasks_) {
      MLAAS_TRY(const bool goesOn, advance(task, store));
      if (goesOn) unfinished.push_back(std::move(task));
    }
    tasks_ = std::move(unfinished);
    std::vector<io::ReadRequest> requests = store.add(std::move(wanted_));
    wanted_.clear();
    // A round whose pages are all there already needs no reading.
    if (!requests.empty() || tasks_.empty()) return requests;
  }
}

}  // namespace mlaas::root
