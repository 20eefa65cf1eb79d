#include "mlaas/root/ttree/clusters.h"

#include <algorithm>
#include <span>
#include <unordered_map>

namespace mlaas::root {

namespace {

constexpr uint64_t kLeastBytes = uint64_t{1} << 20;
constexpr uint64_t kMostBytes = uint64_t{64} << 20;

bool counts(const Branch& branch, const TreeMetadata& tree) {
  return branch.baskets.size() > 0 && branch.numEntries == tree.numEntries &&
         branch.baskets.numEntries() == tree.numEntries;
}

// The entries, ends included, where a basket of every branch ends.
std::vector<int64_t> commonEnds(const TreeMetadata& tree) {
  std::vector<int64_t> common;
  bool isFirst = true;
  for (const Branch& branch : tree.branches) {
    if (!counts(branch, tree)) continue;
    const auto& entries = branch.baskets.firstEntry;
    if (isFirst) {
      common.assign(entries.begin() + 1, entries.end());
    } else if (!std::ranges::equal(common, std::span(entries).subspan(1))) {
      std::vector<int64_t> both;
      std::set_intersection(common.begin(), common.end(), entries.begin() + 1, entries.end(), std::back_inserter(both));
      common = std::move(both);
    }
    isFirst = false;
  }
  return common;
}

// The ends of the baskets of the branch that has the most.
std::vector<int64_t> finestEnds(const TreeMetadata& tree) {
  const Branch* finest = nullptr;
  for (const Branch& branch : tree.branches) {
    if (counts(branch, tree) && (!finest || branch.baskets.size() > finest->baskets.size())) finest = &branch;
  }
  if (!finest) return {tree.numEntries};
  return {finest->baskets.firstEntry.begin() + 1, finest->baskets.firstEntry.end()};
}

// Whether the tree says that a cluster ends at an entry.
class ClaimedEnds {
 public:
  explicit ClaimedEnds(const TreeMetadata& tree) : tree_(tree) {}

  bool isEnd(int64_t entry) const {
    const auto& ends = tree_.clusterRangeEnds;
    const auto range = static_cast<size_t>(std::lower_bound(ends.begin(), ends.end(), entry) - ends.begin());
    if (range < ends.size() && ends[range] == entry) return true;
    const int64_t start = range == 0 ? 0 : ends[range - 1];
    const int64_t size = tree_.clusterSizes[range];
    return size > 0 && (entry - start) % size == 0;
  }

 private:
  const TreeMetadata& tree_;
};

// Joins the pieces between `ends` to ranges; a claimed end closes a range from `least` entries on, any end one that
// the next piece would take past `most`.
std::vector<EntryRange> joinPieces(const std::vector<int64_t>& ends, const ClaimedEnds& claimed, int64_t least,
                                   int64_t most) {
  std::vector<EntryRange> ranges;
  int64_t start = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    if (ends[i] <= start) continue;
    const int64_t size = ends[i] - start;
    const bool isLast = i + 1 == ends.size();
    const bool nextIsTooFar = !isLast && ends[i + 1] - start > most;
    if (isLast || nextIsTooFar || (size >= least && claimed.isEnd(ends[i]))) {
      ranges.push_back({start, ends[i]});
      start = ends[i];
    }
  }
  return ranges;
}

}  // namespace

std::vector<EntryRange> findClusters(const TreeMetadata& tree) {
  if (tree.numEntries == 0) return {};
  uint64_t bytes = 0;
  for (const Branch& branch : tree.branches) bytes += branch.plainBytes;
  const auto numEntries = static_cast<uint64_t>(tree.numEntries);
  const uint64_t bytesPerEntry = std::max<uint64_t>(1, bytes / numEntries);
  const auto least = static_cast<int64_t>(std::max<uint64_t>(1, kLeastBytes / bytesPerEntry));
  const auto most = static_cast<int64_t>(std::max<uint64_t>(1, kMostBytes / bytesPerEntry));
  std::vector<int64_t> ends = commonEnds(tree);
  int64_t longest = tree.numEntries;
  if (!ends.empty() && ends.back() == tree.numEntries) {
    longest = ends.front();
    for (size_t i = 1; i < ends.size(); ++i) longest = std::max(longest, ends[i] - ends[i - 1]);
  }
  if (longest > 2 * most) ends = finestEnds(tree);
  if (ends.empty() || ends.back() != tree.numEntries) ends.push_back(tree.numEntries);
  return joinPieces(ends, ClaimedEnds(tree), least, most);
}

}  // namespace mlaas::root
