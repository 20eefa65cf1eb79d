#include "mlaas/root/rntuple/offset_paths.h"

#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "mlaas/root/rntuple/stored_column.h"

namespace mlaas::root {

namespace {

// Different columns that begin with the same page; more are not looked for.
constexpr size_t kMostCandidates = 16;

// Gives columns with the same content one number, that of the first.
class EqualColumns {
 public:
  EqualColumns(const Schema& schema, const PageList& pages) : schema_(schema), pages_(pages) {}

  uint32_t find(uint32_t id) {
    const auto known = found_.find(id);
    if (known != found_.end()) return known->second;
    uint32_t first = id;
    if (isComparable(id)) {
      std::vector<uint32_t>& candidates = byPlace_[placeOf(id)];
      const auto equal =
          std::find_if(candidates.begin(), candidates.end(), [&](uint32_t c) { return areEqual(c, id); });
      if (equal != candidates.end()) {
        first = *equal;
      } else if (candidates.size() < kMostCandidates) {
        candidates.push_back(id);
      }
    }
    return found_[id] = first;
  }

 private:
  const PhysicalColumn& physical(uint32_t id) const { return schema_.physical[schema_.columns[id].physical.front()]; }

  // Columns with one representation that begin with the first entry.
  bool isComparable(uint32_t id) const {
    return schema_.columns[id].physical.size() == 1 && !physical(id).isDeferred && placeOf(id) > 0;
  }

  std::span<const Page> pagesIn(const Cluster& cluster, uint32_t id) const {
    const auto stored = findStored(schema_, pages_, cluster, id, std::nullopt);
    return stored.ok() ? stored->pages : std::span<const Page>{};
  }

  // Where the column's first page lies: equal columns have the same.
  uint64_t placeOf(uint32_t id) const {
    const auto first = pages_.clusters().empty() ? std::span<const Page>{} : pagesIn(pages_.clusters().front(), id);
    return first.empty() ? 0 : first.front().offset;
  }

  bool areEqual(uint32_t a, uint32_t b) const {
    if (physical(a).type != physical(b).type || physical(a).bits != physical(b).bits) return false;
    return std::all_of(pages_.clusters().begin(), pages_.clusters().end(), [&](const Cluster& cluster) {
      return std::ranges::equal(pagesIn(cluster, a), pagesIn(cluster, b), [](const Page& one, const Page& other) {
        return one.offset == other.offset && one.storedBytes == other.storedBytes &&
               one.numElements == other.numElements;
      });
    });
  }

  const Schema& schema_;
  const PageList& pages_;
  std::unordered_map<uint32_t, uint32_t> found_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> byPlace_;
};

}  // namespace

OffsetPaths findOffsetPaths(const Schema& schema, const PageList& pages, const std::vector<NTupleColumn>& columns) {
  using Step = std::tuple<int, LevelKind, uint32_t, uint64_t>;
  std::map<Step, int> numbers;
  EqualColumns equal(schema, pages);
  OffsetPaths paths;
  for (const NTupleColumn& column : columns) {
    int path = -1;
    const size_t numLevels = column.unsupported.empty() ? column.numReadLevels() : 0;
    for (size_t i = 0; i < numLevels; ++i) {
      const Level& level = column.levels[i];
      const uint32_t id = level.hasColumn() ? equal.find(level.column) : 0;
      const Step step{path, level.kind, id, level.alternative + level.size};
      path = numbers.emplace(step, static_cast<int>(numbers.size())).first->second;
    }
    paths.ofColumn.push_back(path);
  }
  paths.numPaths = numbers.size();
  return paths;
}

}  // namespace mlaas::root
