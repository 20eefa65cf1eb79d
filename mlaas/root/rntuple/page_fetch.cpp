#include "mlaas/root/rntuple/page_fetch.h"

#include <algorithm>

namespace mlaas::root {

namespace {

// A column with less than this in a cluster is read at once: a further round costs more than its bytes.
constexpr uint64_t kSmallBytes = 32 << 10;

// Calls visit(id) for each column of the schema that `column` is made of.
template <class Visit>
void forEachColumn(const NTupleColumn& column, Visit&& visit) {
  for (const Level& level : column.levels) {
    if (level.hasColumn()) visit(level.column);
  }
  visit(column.values);
}

}  // namespace

PageFetch::PageFetch(const NTupleView& view, EntryRange range, const std::vector<WantedColumn>& columns) : view_(view) {
  const auto clusters = view.pages->clustersOf(range);
  isWithinCluster_ = clusters.last - clusters.first == 1;
  for (size_t i = clusters.first; i < clusters.last; ++i) {
    const Cluster& cluster = view.pages->clusters()[i];
    const EntryRange part{std::max(range.first, cluster.entries.first), std::min(range.last, cluster.entries.last)};
    const size_t firstTask = tasks_.size();
    for (const WantedColumn& wanted : columns) {
      if (part == cluster.entries || isSmall(cluster, *wanted.column)) {
        addWhole(cluster, *wanted.column);
      } else {
        addTask(part, wanted, firstTask);
      }
    }
  }
}

void PageFetch::addTask(EntryRange part, const WantedColumn& wanted, size_t firstOfCluster) {
  const auto same = std::find_if(tasks_.begin() + static_cast<std::ptrdiff_t>(firstOfCluster), tasks_.end(),
                                 [&](const Task& task) { return wanted.path >= 0 && task.path == wanted.path; });
  if (same != tasks_.end()) {
    same->columns.push_back(wanted.column);
  } else {
    tasks_.push_back({wanted.path, {wanted.column}, 0, {LevelWalk(view_, part), {}}, false});
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

Result<void> PageFetch::addPages(const LevelWalk& walk, uint32_t id, bool withEndBefore) {
  for (const ClusterSpan& span : walk.spans()) {
    MLAAS_TRY(const StoredColumn stored, walk.locate(id, span));
    ElementSpan elements = span.elements;
    if (withEndBefore && elements.size() > 0 && elements.first > 0) --elements.first;
    for (const Page& page : stored.pagesOf(elements)) wanted_.push_back(&page);
  }
  return {};
}

Result<void> PageFetch::addValues(const Task& task, const NTupleColumn& column, const PageStore& store) {
  LevelWalk walk = task.walked.walk;
  for (size_t i = task.level; i < column.levels.size(); ++i) MLAAS_CHECK(walk.descend(column.levels[i], store));
  return addPages(walk, column.values, column.leaf == LeafKind::kCounts);
}

Result<bool> PageFetch::advance(Task& task, const PageStore& store) {
  const NTupleColumn& first = *task.columns.front();
  for (; task.level < first.numReadLevels(); ++task.level, task.isLevelRead = false) {
    const Level& level = first.levels[task.level];
    if (level.hasColumn() && !task.isLevelRead) {
      MLAAS_CHECK(addPages(task.walked.walk, level.column, level.kind == LevelKind::kCollection));
      task.isLevelRead = true;
      return true;
    }
    MLAAS_CHECK(task.walked.follow(level, store));
  }
  for (const NTupleColumn* column : task.columns) MLAAS_CHECK(addValues(task, *column, store));
  if (isWithinCluster_ && task.path >= 0) walked_.emplace_back(task.path, std::move(task.walked));
  return false;
}

std::vector<io::ReadRequest> PageFetch::next(PageStore& store) {
  while (true) {
    std::vector<Task> unfinished;
    for (Task& task : tasks_) {
      // What fails here fails again where it is decoded, which says so; other columns can be read.
      const auto goesOn = advance(task, store);
      if (goesOn.ok() && *goesOn) unfinished.push_back(std::move(task));
    }
    tasks_ = std::move(unfinished);
    std::vector<io::ReadRequest> requests = store.add(std::move(wanted_));
    wanted_.clear();
    // A round whose pages are all there already needs no reading.
    if (!requests.empty() || tasks_.empty()) return requests;
  }
}

}  // namespace mlaas::root
