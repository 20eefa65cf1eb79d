#include "mlaas/table/table.h"

#include <algorithm>
#include <future>

#include "mlaas/base/nearest_name.h"

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
  uint64_t bytes = 0;
  uint64_t perEntry = 1;
  for (const size_t column : wanted) {
    bytes += columns()[column].uncompressedBytes;
    perEntry += static_cast<uint64_t>(columns()[column].type.jaggedDepth) * sizeof(int64_t);
  }
  return bytes / static_cast<uint64_t>(std::max<int64_t>(1, numEntries())) + perEntry;
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

Result<size_t> Table::findColumn(std::string_view name) const {
  const std::vector<ColumnInfo>& all = columns();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return i;
  }
  for (const ColumnAlias& alias : aliases()) {
    if (alias.name == name) return alias.column;
  }
  std::vector<std::string> candidates;
  for (const ColumnInfo& column : all) candidates.push_back(column.name);
  return Error(ErrorCode::kNotFound, "unknown column '" + std::string(name) + "'" + suggestNames(name, candidates))
      .within(this->name())
      .within(url());
}

Result<std::vector<Column>> Table::read(EntryRange range, const std::vector<size_t>& columns, TaskPool* pool) const {
  MLAAS_TRY(const std::unique_ptr<FetchedRange> fetched, fetchNow(range, columns));
  std::vector<Column> decoded;
  if (!pool) {
    for (size_t column : columns) {
      MLAAS_TRY(Column one, fetched->decode(column));
      decoded.push_back(std::move(one));
    }
    return decoded;
  }
  std::vector<std::future<Result<Column>>> tasks;
  for (size_t column : columns) {
    tasks.push_back(pool->submit([&fetched, column] { return fetched->decode(column); }));
  }
  // Every task is waited for, also after a failure: they use `fetched`.
  std::vector<Result<Column>> results;
  for (auto& task : tasks) results.push_back(task.get());
  for (auto& result : results) {
    if (!result.ok()) return std::move(result).error();
    decoded.push_back(*std::move(result));
  }
  return decoded;
}

}  // namespace mlaas::table
