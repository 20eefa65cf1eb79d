// Finds out which pages reading some columns of a range needs. Where whole clusters are read, one round asks for all;
// in a part of a cluster, the elements that are wanted below a collection are known only once its ends are read, so
// each level takes a round.
// Threads: one thread at a time.
#pragma once

#include "mlaas/root/rntuple/level_walk.h"

namespace mlaas::root {

// A column, and the number of the path of collections above it: columns of one path share their offsets. -1: none.
struct WantedColumn {
  const NTupleColumn* column = nullptr;
  int path = -1;
};

class PageFetch {
 public:
  PageFetch(const NTupleView& view, EntryRange range, const std::vector<WantedColumn>& columns);

  // The reads of the next round, into `store`, to be made before the next call; empty after the last.
  std::vector<io::ReadRequest> next(PageStore& store);

  // After the last round: the paths that were followed through the whole range on the way, the levels that have columns.
  std::vector<std::pair<int, WalkedLevels>> takeWalked() { return std::move(walked_); }

 private:
  // Columns of one path in a part of a cluster, followed as far as their pages are there.
  struct Task {
    int path = -1;
    std::vector<const NTupleColumn*> columns;
    size_t level = 0;  // that is followed next
    WalkedLevels walked;
    bool isLevelRead = false;  // the pages of `level` are there
  };

  void addWhole(const Cluster& cluster, const NTupleColumn& column);
  void addTask(EntryRange part, const WantedColumn& wanted, size_t firstOfCluster);
  bool isSmall(const Cluster& cluster, const NTupleColumn& column) const;
  // Goes on until a round is needed; false at the end.
  Result<bool> advance(Task& task, const PageStore& store);
  Result<void> addValues(const Task& task, const NTupleColumn& column, const PageStore& store);
  Result<void> addPages(const LevelWalk& walk, uint32_t id, bool withEndBefore);

  NTupleView view_;
  bool isWithinCluster_ = false;
  std::vector<Task> tasks_;
  std::vector<const Page*> wanted_;  // in the next round
  std::vector<std::pair<int, WalkedLevels>> walked_;
};

}  // namespace mlaas::root
