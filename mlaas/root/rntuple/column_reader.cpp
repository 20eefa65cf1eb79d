#include "mlaas/root/rntuple/column_reader.h"

#include <algorithm>
#include <cstring>

#include "mlaas/root/ttree/value_reader.h"

namespace mlaas::root {

namespace {

// Turns values of one type into those of another, `from` and `to` apart.
void convert(const std::byte* from, DType fromType, size_t count, DType toType, std::byte* to) {
  visitDType(fromType, [&](auto source) {
    visitDType(toType, [&](auto target) {
      const auto* values = reinterpret_cast<const decltype(source)*>(from);
      auto* out = reinterpret_cast<decltype(target)*>(to);
      for (size_t i = 0; i < count; ++i) out[i] = static_cast<decltype(target)>(values[i]);
    });
  });
}

class ElementReader {
 public:
  // The elements are handed out as `dtype`.
  ElementReader(const NTupleColumn& column, DType dtype, const LevelWalk& walk, const PageStore& store)
      : column_(column), dtype_(dtype), walk_(walk), store_(store), width_(dtypeBytes(dtype)) {}

  Result<SharedBuffer> read() {
    const uint64_t count = walk_.numElements();
    MLAAS_CHECK(checkAmount(count, width_));
    MLAAS_CHECK(locateAll());
    const bool areCounts = column_.leaf == LeafKind::kCounts;
    MLAAS_TRY(std::shared_ptr<Buffer> values, makeRoom(count * width_));
    std::byte* to = values->data();
    for (size_t i = 0; i < stored_.size(); ++i) {
      const ElementSpan& span = walk_.spans()[i].elements;
      if (span.size() == 0) continue;
      MLAAS_CHECK(areCounts ? readCounts(stored_[i], span, to) : readValues(stored_[i], span, to));
      to += span.size() * width_;
    }
    return SharedBuffer(std::move(values));
  }

 private:
  Result<void> locateAll() {
    uint64_t numZeros = 0;
    for (const ClusterSpan& span : walk_.spans()) {
      MLAAS_TRY(stored_.emplace_back(), walk_.locate(column_.values, span));
      MLAAS_CHECK(checkPages(stored_.back(), store_, span.elements));
      numZeros += std::min(stored_.back().numZeros, span.elements.size());
    }
    if (numZeros <= kMostZeroBytes / width_) return {};
    return Error(ErrorCode::kOverloaded, "too many entries are from before it was added; read a smaller range");
  }

  Result<void> readValues(const StoredColumn& stored, ElementSpan span, std::byte* to) {
    const bool asStored = stored.column->encoding->dtype == dtype_;
    return forEachPage(
        stored, store_, span,
        [&](const PageBytes& page, ElementRun run, uint64_t at) {
          std::byte* place = to + at * width_;
          return asStored ? decodeValues(page, *stored.column, run, place) : convertPage(page, stored, run, place);
        },
        [&](uint64_t at, uint64_t count) { std::memset(to + at * width_, 0, count * width_); });
  }

  // A representation whose values are of another type than the column's.
  Result<void> convertPage(const PageBytes& page, const StoredColumn& stored, ElementRun run, std::byte* to) {
    const DType type = stored.column->encoding->dtype;
    MLAAS_TRY(const std::shared_ptr<Buffer> values, makeRoom(run.count * dtypeBytes(type)));
    MLAAS_CHECK(decodeValues(page, *stored.column, run, values->data()));
    convert(values->data(), type, run.count, dtype_, to);
    return {};
  }

  // The numbers of elements of collections, in the type of their ends.
  Result<void> readCounts(const StoredColumn& stored, ElementSpan span, std::byte* to) {
    for (uint64_t first = span.first; first < span.last;) {
      // Runs end where pages do, so that each page is opened once.
      const auto pages = stored.pagesOf({first, span.last});
      const uint64_t pageEnd =
          pages.empty() ? span.last : stored.numZeros + pages.front().firstElement + pages.front().numElements;
      const ElementSpan part{first, std::min(span.last, pageEnd)};
      MLAAS_TRY(const std::shared_ptr<Buffer> offsets, makeRoom((part.size() + 1) * sizeof(int64_t)));
      int64_t* ends = offsets->as<int64_t>().data();
      ends[0] = 0;
      MLAAS_CHECK(readCollections(stored, store_, part, ends));
      for (size_t i = 0; i < part.size(); ++i) ends[i] = ends[i + 1] - ends[i];
      convert(offsets->data(), DType::kInt64, part.size(), dtype_, to);
      to += part.size() * width_;
      first = part.last;
    }
    return {};
  }

  const NTupleColumn& column_;
  const DType dtype_;
  const LevelWalk& walk_;
  const PageStore& store_;
  const size_t width_;
  std::vector<StoredColumn> stored_;  // by span
};

// One number or string of each object; the last level of `levels` says where in `bytes` they end.
Result<Column> readObjects(const NTupleColumn& column, EntryRange range, WalkedLevels levels,
                           const SharedBuffer& bytes) {
  const SharedBuffer ends = std::move(levels.offsets.back());
  levels.offsets.pop_back();
  ValueReader reader(*column.object, column.objectLeaf);
  const auto offsets = ends->as<int64_t>();
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    const auto first = static_cast<size_t>(offsets[i]);
    auto read = reader.readEntry(bytes->bytes().subspan(first, static_cast<size_t>(offsets[i + 1]) - first));
    if (!read.ok()) return Error(read.error()).within("object " + std::to_string(i));
  }
  Column objects = reader.take();
  levels.offsets.insert(levels.offsets.end(), objects.offsets.begin(), objects.offsets.end());
  return Column{column.type, range.size(), std::move(levels.offsets), std::move(objects.values)};
}

}  // namespace

Result<Column> readColumn(const NTupleColumn& column, EntryRange range, WalkedLevels levels, const PageStore& store) {
  const bool isStreamed = column.leaf == LeafKind::kStreamed;
  const DType dtype = isStreamed ? DType::kUInt8 : column.type.dtype;
  MLAAS_TRY(SharedBuffer values, ElementReader(column, dtype, levels.walk, store).read());
  if (isStreamed) return readObjects(column, range, std::move(levels), values);
  return Column{column.type, range.size(), std::move(levels.offsets), std::move(values)};
}

}  // namespace mlaas::root
