#include "mlaas/root/rntuple/level_walk.h"

#include <algorithm>
#include <new>

namespace mlaas::root {

namespace {

constexpr uint64_t kMostElements = uint64_t{1} << 62;

Error corrupt(std::string message) { return Error(ErrorCode::kCorrupt, std::move(message)); }

// Counts the elements of one alternative, in order.
class AlternativeCounter {
 public:
  AlternativeCounter(uint32_t alternative, int64_t* to) : alternative_(alternative), to_(to) {}

  Result<void> add(std::span<const SwitchValue> values) {
    for (const SwitchValue& value : values) {
      const bool isHit = value.alternative == alternative_;
      if (isHit && numHits_ == 0) first_ = value.index;
      if (isHit && value.index != first_ + numHits_) {
        return corrupt("a variant holds element " + std::to_string(value.index) + " of its alternative, expected " +
                       std::to_string(first_ + numHits_));
      }
      numHits_ += isHit ? 1 : 0;
      to_[1] = to_[0] + (isHit ? 1 : 0);
      ++to_;
    }
    return {};
  }
  void addNone(uint64_t count) {
    std::fill_n(to_ + 1, count, to_[0]);
    to_ += count;
  }
  ElementSpan elements() const { return {first_, first_ + numHits_}; }

 private:
  const uint32_t alternative_;
  int64_t* to_;
  uint64_t first_ = 0;
  uint64_t numHits_ = 0;
};

}  // namespace

Result<void> checkAmount(uint64_t count, uint64_t width) {
  if (count <= kMostColumnBytes / width) return {};
  return Error(ErrorCode::kOverloaded, "its entries need more than 16 GiB; read a smaller range");
}

Result<std::shared_ptr<Buffer>> makeRoom(uint64_t bytes) {
  try {
    return std::make_shared<Buffer>(bytes);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverloaded, "no memory for " + formatByteSize(bytes) + "; read a smaller range");
  }
}

Result<ElementSpan> readCollections(const StoredColumn& column, const PageStore& store, ElementSpan span, int64_t* to) {
  // The first collection begins where the one before it ends.
  const bool beginsAtZero = span.first == 0;
  const ElementSpan wanted{beginsAtZero ? 0 : span.first - 1, span.last};
  EndsWriter ends(to, beginsAtZero);
  MLAAS_CHECK(forEachPage(
      column, store, wanted,
      [&](const PageBytes& page, ElementRun run, uint64_t) { return decodeIndexes(page, *column.column, run, ends); },
      [&](uint64_t, uint64_t count) { ends.addZeros(count); }));
  if (ends.fell()) return corrupt("the ends of its collections fall");
  if (ends.end() > kMostElements) {
    return corrupt("its collections have " + std::to_string(ends.end()) + " elements in one cluster");
  }
  return ElementSpan{ends.begin(), ends.end()};
}

Result<ElementSpan> readAlternatives(const StoredColumn& column, const PageStore& store, ElementSpan span,
                                     uint32_t alternative, int64_t* to) {
  AlternativeCounter counter(alternative, to);
  const auto place = [&](const PageBytes& page, ElementRun run, uint64_t) -> Result<void> {
    std::vector<SwitchValue> values(run.count);
    MLAAS_CHECK(decodeSwitches(page, *column.column, run, values.data()));
    return counter.add(values);
  };
  const auto zero = [&](uint64_t, uint64_t count) { counter.addNone(count); };
  MLAAS_CHECK(forEachPage(column, store, span, place, zero));
  return counter.elements();
}

std::span<const Page> pagesIn(const NTupleView& view, const Cluster& cluster, uint32_t id) {
  const auto stored = findStored(*view.schema, *view.pages, cluster, id, std::nullopt);
  return stored.ok() ? stored->pages : std::span<const Page>{};
}

LevelWalk::LevelWalk(const NTupleView& view, EntryRange range) : view_(view) {
  const auto clusters = view.pages->clustersOf(range);
  for (size_t i = clusters.first; i < clusters.last; ++i) {
    const EntryRange& entries = view.pages->clusters()[i].entries;
    const auto first = static_cast<uint64_t>(std::max(range.first, entries.first) - entries.first);
    const auto last = static_cast<uint64_t>(std::min(range.last, entries.last) - entries.first);
    spans_.push_back({i, {first, last}});
    numElements_ += last - first;
  }
}

Result<StoredColumn> LevelWalk::locate(uint32_t id, const ClusterSpan& span) const {
  const Cluster& cluster = view_.pages->clusters()[span.cluster];
  std::optional<uint64_t> expected;
  if (perEntry_ > 0) expected = static_cast<uint64_t>(cluster.entries.size()) * perEntry_;
  MLAAS_TRY(const StoredColumn stored, findStored(*view_.schema, *view_.pages, cluster, id, expected));
  MLAAS_CHECK(checkCovers(stored, span.elements));
  return stored;
}

Result<SharedBuffer> LevelWalk::descend(const Level& level, const PageStore& store) {
  if (level.kind == LevelKind::kArray || level.kind == LevelKind::kShape) return multiply(level);
  return followColumn(level, store);
}

Result<SharedBuffer> LevelWalk::multiply(const Level& level) {
  std::shared_ptr<Buffer> offsets;
  if (level.makesOffsets()) {
    // The elements below are looked for later.
    if (numElements_ >= kMostZeroBytes / sizeof(int64_t)) {
      return Error(ErrorCode::kOverloaded, "it has too many arrays; read a smaller range");
    }
    MLAAS_TRY(offsets, makeRoom((numElements_ + 1) * sizeof(int64_t)));
    const auto to = offsets->as<int64_t>();
    for (size_t i = 0; i < to.size(); ++i) to[i] = static_cast<int64_t>(i * level.size);
  }
  const uint64_t most = kMostElements / level.size;
  for (ClusterSpan& span : spans_) {
    const auto entries = static_cast<uint64_t>(view_.pages->clusters()[span.cluster].entries.size());
    if (span.elements.last > most || (perEntry_ > 0 && entries > most / perEntry_)) {
      return corrupt("its arrays have too many elements");
    }
    span.elements = {span.elements.first * level.size, span.elements.last * level.size};
  }
  if (numElements_ > most) return corrupt("its arrays have too many elements");
  numElements_ *= level.size;
  perEntry_ *= level.size;
  return SharedBuffer(std::move(offsets));
}

Result<SharedBuffer> LevelWalk::followColumn(const Level& level, const PageStore& store) {
  MLAAS_CHECK(checkAmount(numElements_ + 1, sizeof(int64_t)));
  std::vector<StoredColumn> stored;
  uint64_t numZeros = 0;
  for (const ClusterSpan& span : spans_) {
    MLAAS_TRY(stored.emplace_back(), locate(level.column, span));
    MLAAS_CHECK(checkPages(stored.back(), store, span.elements));
    numZeros += std::min(stored.back().numZeros, span.elements.size());
  }
  if (numZeros > kMostZeroBytes / sizeof(int64_t)) {
    return Error(ErrorCode::kOverloaded, "too many entries are from before it was added; read a smaller range");
  }
  MLAAS_TRY(std::shared_ptr<Buffer> offsets, makeRoom((numElements_ + 1) * sizeof(int64_t)));
  int64_t* to = offsets->as<int64_t>().data();
  to[0] = 0;
  for (size_t i = 0; i < spans_.size(); ++i) {
    ElementSpan& elements = spans_[i].elements;
    const uint64_t count = elements.size();
    if (count == 0) {
      elements = {};
      continue;
    }
    MLAAS_TRY(elements, level.kind == LevelKind::kVariant
                            ? readAlternatives(stored[i], store, elements, level.alternative, to)
                            : readCollections(stored[i], store, elements, to));
    to += count;
  }
  numElements_ = static_cast<uint64_t>(to[0]);
  perEntry_ = 0;
  return SharedBuffer(std::move(offsets));
}

Result<void> WalkedLevels::follow(const Level& level, const PageStore& store) {
  MLAAS_TRY(SharedBuffer made, walk.descend(level, store));
  if (made) offsets.push_back(std::move(made));
  return {};
}

}  // namespace mlaas::root
