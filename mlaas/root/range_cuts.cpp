#include "mlaas/root/range_cuts.h"

#include <algorithm>
#include <numeric>

namespace mlaas::root {

namespace {

// Columns whose pieces' ends are tried, and tried ends of one of them.
constexpr size_t kColumnsTried = 16;
constexpr size_t kEndsTried = 4;
// A cut is good where the pieces on both its sides hold at most this part of the range's bytes.
constexpr double kGoodShare = 1.0 / 16;

class Cutter {
 public:
  explicit Cutter(std::span<const StoredPieces> columns) : columns_(columns) {
    std::vector<std::pair<uint64_t, size_t>> bySize;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].bytes.empty()) continue;
      bySize.emplace_back(std::accumulate(columns[i].bytes.begin(), columns[i].bytes.end(), uint64_t{0}), i);
      const auto entries = columns[i].firstEntry.back() - columns[i].firstEntry.front();
      bytesPerEntry_ += static_cast<double>(bySize.back().first) / static_cast<double>(std::max<int64_t>(1, entries));
    }
    std::sort(bySize.rbegin(), bySize.rend());
    for (size_t i = 0; i < std::min(bySize.size(), kColumnsTried); ++i) tried_.push_back(bySize[i].second);
  }

  // The best end in [least, most] of a range from `first` on, and whether it is a good one.
  struct End {
    int64_t entry = 0;
    bool isGood = false;
  };
  End bestEnd(int64_t first, int64_t least, int64_t most) const {
    End best{most, false};
    double bestBytes = straddling(most);
    for (const int64_t entry : endsIn(least, most)) {
      const double bytes = straddling(entry);
      if (bytes > bestBytes || (bytes == bestBytes && entry < best.entry)) continue;
      best.entry = entry;
      bestBytes = bytes;
    }
    best.isGood = bestBytes <= kGoodShare * bytesPerEntry_ * static_cast<double>(best.entry - first);
    return best;
  }

 private:
  // Bytes of the pieces with entries on both sides of `entry`.
  double straddling(int64_t entry) const {
    uint64_t bytes = 0;
    for (const StoredPieces& column : columns_) {
      const auto after = std::lower_bound(column.firstEntry.begin(), column.firstEntry.end(), entry);
      if (after == column.firstEntry.begin() || after == column.firstEntry.end() || *after == entry) continue;
      bytes += column.bytes[static_cast<size_t>(after - column.firstEntry.begin()) - 1];
    }
    return static_cast<double>(bytes);
  }

  // Some ends of the largest columns' pieces, the last ones of the window.
  std::vector<int64_t> endsIn(int64_t least, int64_t most) const {
    std::vector<int64_t> ends;
    for (const size_t column : tried_) {
      const auto entries = columns_[column].firstEntry;
      auto end = std::upper_bound(entries.begin(), entries.end(), most);
      for (size_t i = 0; i < kEndsTried && end != entries.begin() && *(end - 1) >= least; ++i) ends.push_back(*--end);
    }
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    return ends;
  }

  const std::span<const StoredPieces> columns_;
  std::vector<size_t> tried_;  // indices in columns_, the largest first
  double bytesPerEntry_ = 0;
};

}  // namespace

std::vector<EntryRange> cutRange(std::span<const StoredPieces> columns, EntryRange range, RangeSize size) {
  const int64_t enough = std::min(size.preferred + size.preferred / 4, size.most);
  if (range.size() <= enough) return {range};
  const Cutter cutter(columns);
  std::vector<EntryRange> ranges;
  int64_t first = range.first;
  while (range.last - first > enough) {
    int64_t least = size.preferred / 2 + 1;
    int64_t most = enough;
    auto end = cutter.bestEnd(first, first + least, first + most);
    // Larger and larger, until there is a good end or none may be larger.
    while (!end.isGood && most < size.most) {
      least = most + 1;
      most = std::min(2 * most, size.most);
      if (first + most >= range.last) break;
      end = cutter.bestEnd(first, first + least, first + most);
    }
    if (first + most >= range.last && !end.isGood) break;
    ranges.push_back({first, end.entry});
    first = end.entry;
  }
  if (first < range.last) ranges.push_back({first, range.last});
  return ranges;
}

}  // namespace mlaas::root
