#include "mlaas/table/entry_pieces.h"

#include <algorithm>

namespace mlaas::table {

std::vector<EntryRange> entryPieces(std::span<const EntryRange> clusters, EntryRange wanted, int64_t maxEntries) {
  std::vector<EntryRange> pieces;
  for (const EntryRange& cluster : clusters) {
    int64_t last = std::min(cluster.last, wanted.last);
    int64_t first = std::max(cluster.first, wanted.first);
    if (first >= last) continue;
    if (!pieces.empty() && pieces.back().last == first && last - pieces.back().first <= maxEntries) {
      pieces.back().last = last;
      continue;
    }
    for (; first < last; first += maxEntries) pieces.push_back({first, std::min(last, first + maxEntries)});
  }
  return pieces;
}

}  // namespace mlaas::table
