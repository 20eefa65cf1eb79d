#include "mlaas/root/rntuple/read_ranges.h"

#include <algorithm>
#include <map>

namespace mlaas::root {

namespace {

constexpr uint64_t kLeastBytes = uint64_t{1} << 20;
constexpr uint64_t kMostBytes = uint64_t{32} << 20;
constexpr uint64_t kMostUncutBytes = uint64_t{512} << 20;

// The places in a cluster where pages may be parted.
class PageEnds {
 public:
  PageEnds(const Schema& schema, const PageList& pages, const Cluster& cluster) : cluster_(cluster) {
    const auto numEntries = static_cast<uint64_t>(cluster.entries.size());
    for (size_t id = 0; id < cluster.columns.size(); ++id) {
      const auto ofColumn = pages.pagesOf(cluster.columns[id]);
      for (const Page& page : ofColumn) bytes_ += packedBytes(page.numElements, schema.physical[id].bits);
      // Columns with one element an entry; elements of others are not counted in entries.
      if (cluster.columns[id].numElements != numEntries || ofColumn.empty()) continue;
      ++numColumns_;
      for (const Page& page : ofColumn.first(ofColumn.size() - 1)) ++ends_[page.firstElement + page.numElements];
    }
  }

  // Bytes of all pages without compression.
  uint64_t bytes() const { return bytes_; }

  // The cluster in parts of about kMostBytes.
  void cut(std::vector<EntryRange>& ranges) const {
    const auto numEntries = static_cast<uint64_t>(cluster_.entries.size());
    const auto most = std::max<uint64_t>(
        1, static_cast<uint64_t>(static_cast<double>(numEntries) * kMostBytes / static_cast<double>(bytes_)));
    uint64_t first = 0;
    while (numEntries - first > most) {
      const uint64_t end = bestEnd(first, most);
      if (end == numEntries) break;
      add(ranges, first, end);
      first = end;
    }
    add(ranges, first, numEntries);
  }

 private:
  void add(std::vector<EntryRange>& ranges, uint64_t first, uint64_t last) const {
    ranges.push_back(
        {cluster_.entries.first + static_cast<int64_t>(first), cluster_.entries.first + static_cast<int64_t>(last)});
  }

  // Where the range that begins at `first` ends best: at most `most` entries on, or the next place at all.
  uint64_t bestEnd(uint64_t first, uint64_t most) const {
    uint64_t best = 0;
    for (auto end = ends_.upper_bound(first); end != ends_.end(); ++end) {
      if (10 * end->second < 9 * numColumns_) continue;
      if (best > 0 && end->first - first > most) break;
      best = end->first;
    }
    if (best > 0) return best;
    const auto numEntries = static_cast<uint64_t>(cluster_.entries.size());
    return bytes_ > kMostUncutBytes ? std::min(numEntries, first + most) : numEntries;
  }

  const Cluster& cluster_;
  std::map<uint64_t, size_t> ends_;  // how many columns have a page that ends there
  size_t numColumns_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

std::vector<EntryRange> findReadRanges(const Schema& schema, const PageList& pages) {
  std::vector<EntryRange> ranges;
  uint64_t lastBytes = kLeastBytes;  // of the range that small clusters are joined to
  for (const Cluster& cluster : pages.clusters()) {
    const PageEnds ends(schema, pages, cluster);
    if (ends.bytes() > kMostBytes) {
      ends.cut(ranges);
      lastBytes = kLeastBytes;
    } else if (lastBytes < kLeastBytes) {
      ranges.back().last = cluster.entries.last;
      lastBytes += ends.bytes();
    } else {
      ranges.push_back(cluster.entries);
      lastBytes = ends.bytes();
    }
  }
  return ranges;
}

}  // namespace mlaas::root
