#include "mlaas/table/table.h"

#include <algorithm>
#include <future>

#include "mlaas/base/nearest_name.h"
#include "mlaas/table/range_reader.h"

namespace mlaas::table {

// The promise is shared: its last user may be the thread that fulfils it.
Result<std::unique_ptr<FetchedRange>> Table::fetchNow(EntryRange range, std::vector<size_t> columns) const {
  using Fetched = Result<std::unique_ptr<FetchedRange>>;
  auto promise = std::make_shared<std::promise<Fetched>>();
  auto future = promise->get_future();
  fetch(range, std::move(columns), [promise](Fetched fetched) { promise->set_value(std::move(fetched)); });
  return future.get();
}

uint64_t Table::entryBytes(const std::vector<size_t>& wanted) const {
  uint64_t stored = 0;
  uint64_t offsets = 0;
  uint64_t least = 0;  // what the types need, whatever the file says of its sizes
  for (const size_t column : wanted) {
    const ColumnInfo& info = columns()[column];
    stored += info.uncompressedBytes;
    offsets += static_cast<uint64_t>(info.type.jaggedDepth) * sizeof(int64_t);
    if (info.type.jaggedDepth == 0) least += dtypeBytes(info.type.dtype) * info.type.valuesPerElement();
  }
  return std::max(least, stored / static_cast<uint64_t>(std::max<int64_t>(1, numEntries()))) + offsets + 1;
}

std::vector<Result<Column>> FetchedRange::decodeAll(std::span<const size_t> columns) {
  std::vector<Result<Column>> decoded;
  decoded.reserve(columns.size());
  for (const size_t column : columns) decoded.push_back(decode(column));
  return decoded;
}

size_t Table::readGroup(size_t column) const { return column; }

uint64_t Table::fetchBytes(EntryRange range, size_t column) const {
  const auto entries = static_cast<double>(std::max<int64_t>(1, numEntries()));
  return static_cast<uint64_t>(static_cast<double>(columns()[column].compressedBytes) / entries *
                               static_cast<double>(range.size()));
}

uint64_t Table::stepBytes() const { return uint64_t{2} << 20; }

// Pages are small.
uint64_t Table::scratchBytes(const std::vector<size_t>& /*columns*/) const { return uint64_t{1} << 20; }

size_t Table::metadataBytes() const {
  constexpr size_t kColumnBytes = 512;  // its names and description
  constexpr size_t kPageBytes = 32;
  constexpr uint64_t kUsualPage = uint64_t{16} << 10;
  uint64_t numPages = columns().size() * clusters().size();
  for (const ColumnInfo& column : columns()) numPages += column.compressedBytes / kUsualPage;
  return columns().size() * kColumnBytes + static_cast<size_t>(numPages) * kPageBytes;
}

// Pages are small: where they are cut matters little.
std::vector<EntryRange> Table::cut(EntryRange range, const std::vector<size_t>& /*columns*/, CutSize size) const {
  const int64_t count = (range.size() + size.preferred - 1) / size.preferred;
  std::vector<EntryRange> pieces;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = range.first + range.size() / count * i + std::min(i, range.size() % count);
    pieces.push_back({first, first + range.size() / count + (i < range.size() % count ? 1 : 0)});
  }
  return pieces;
}

const std::vector<ColumnAlias>& Table::aliases() const {
  static const std::vector<ColumnAlias> kNone;
  return kNone;
}

const TableLinks& Table::links() const {
  static const TableLinks kNone;
  return kNone;
}

// Of columns with one name the first counts.
const std::unordered_map<std::string_view, size_t>& Table::Names::of(const Table& table) const {
  std::call_once(made_, [&] {
    const std::vector<ColumnInfo>& all = table.columns();
    for (size_t i = 0; i < all.size(); ++i) byName_.emplace(all[i].name, i);
    for (const ColumnAlias& alias : table.aliases()) byName_.emplace(alias.name, alias.column);
  });
  return byName_;
}

Result<size_t> Table::findColumn(std::string_view name) const {
  const std::vector<ColumnInfo>& all = columns();
  const auto& byName = names_.of(*this);
  const auto found = byName.find(name);
  if (found != byName.end()) return found->second;
  std::vector<std::string> candidates;
  for (const ColumnInfo& column : all) candidates.push_back(column.name);
  return Error(ErrorCode::kNotFound, "unknown column '" + std::string(name) + "'" + suggestNames(name, candidates))
      .within(this->name())
      .within(url());
}

Result<std::vector<Column>> Table::read(EntryRange range, const std::vector<size_t>& columns, TaskPool* pool) const {
  if (pool) {
    RangeReader reader(*this, {range}, columns, {.pool = pool});
    auto block = reader.next();
    if (!block.ok()) return std::move(block).error();
    return std::move(block->value().columns);
  }
  std::vector<Column> decoded;
  for (size_t next = 0; next < columns.size();) {
    const size_t end = next + columnsAtOnce(*this, range, std::span(columns).subspan(next), kReadBytes).count;
    const std::vector<size_t> group(columns.begin() + static_cast<std::ptrdiff_t>(next),
                                    columns.begin() + static_cast<std::ptrdiff_t>(end));
    MLAAS_TRY(const std::unique_ptr<FetchedRange> fetched, fetchNow(range, group));
    for (Result<Column>& one : fetched->decodeAll(group)) {
      if (!one.ok()) return std::move(one).error();
      decoded.push_back(*std::move(one));
    }
    next = end;
  }
  return decoded;
}

}  // namespace mlaas::table
