// Finds out which pages reading some columns of a range needs. Where whole clusters are read, one round asks for all;
// in a part of a cluster, the elements that are wanted below a collection are known only once its ends are read, so
// each level takes a round.
// Threads: one thread at a time.
#pragma once

#include "mlaas/root/rntuple/level_walk.h"

namespace mlaas::root {

class PageFetch {
 public:
  PageFetch(const NTupleView& view, EntryRange range, const std::vector<const NTupleColumn*>& columns);

  // The reads of the next round, into `store`, to be made before the next call; empty after the last.
  Result<std::vector<io::ReadRequest>> next(PageStore& store);

 private:
  // A column in a part of a cluster, followed as far as its pages are there.
  struct Task {
    const NTupleColumn* column = nullptr;
    size_t level = 0;  // that is followed next
    LevelWalk walk;
    bool isLevelRead = false;  // the pages of `level` are there
  };
  using Pages = std::vector<const Page*>;

  void addWhole(const Cluster& cluster, const NTupleColumn& column);
  bool isSmall(const Cluster& cluster, const NTupleColumn& column) const;
  // Goes on until a round is needed; false at the column's end.
  Result<bool> advance(Task& task, const PageStore& store);
  Result<void> addPages(const Task& task, uint32_t id, bool withEndBefore);

  NTupleView view_;
  std::vector<Task> tasks_;
  Pages wanted_;  // of the next round
};

}  // namespace mlaas::root
