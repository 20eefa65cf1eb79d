// Columns as a TTree or RNTuple of a ROOT file: skims and friends.
#include <algorithm>
#include <map>

#include "apps/mlaas/export_formats.h"
#include "mlaas/base/log.h"
#include "mlaas/root/writer/tree_writer.h"

namespace mlaas::command {

namespace {

bool isInteger(const table::ColumnInfo& column) {
  return column.unsupported.empty() && column.type.isFlat() && !isFloating(column.type.dtype);
}

// Whether a TTree stores this column behind a counter.
bool isCounted(const table::ColumnInfo& column) { return column.type.jaggedDepth == 1 && !column.type.isString; }

// Maps our columns to those of a TTree: counted columns keep their counter, which is then no column of its own.
class TreeLayout {
 public:
  TreeLayout(const table::Table& table, std::vector<size_t>& columns) : table_(table) {
    for (size_t column : columns) {
      const auto& info = table.columns()[column];
      if (isCounted(info) && !info.counter.empty()) counters_.try_emplace(info.counter);
    }
    std::erase_if(columns, [&](size_t column) {
      const auto& info = table.columns()[column];
      return counters_.contains(info.name) && isInteger(info);
    });
    nameAll(columns);
  }

  root::OutputColumn column(size_t index, size_t position) const {
    const auto& info = table_.columns()[index];
    root::OutputColumn made{names_[position], info.type};
    if (!isCounted(info)) return made;
    made.counter = info.counter.empty() ? ownCounters_.at(position) : counters_.at(info.counter);
    auto counter = table_.findColumn(info.counter);
    if (!counter.ok() || info.counter.empty()) return made;
    const auto& counterInfo = table_.columns()[*counter];
    // One byte is too short for ROOT's readers.
    if (isInteger(counterInfo) && dtypeBytes(counterInfo.type.dtype) > 1) made.counterType = counterInfo.type.dtype;
    return made;
  }

 private:
  // Legal names, each once: those of columns first, then of counters.
  void nameAll(const std::vector<size_t>& columns) {
    std::vector<std::string> wanted;
    for (size_t column : columns) wanted.push_back(table_.columns()[column].name);
    for (const auto& [counter, name] : counters_) wanted.push_back(counter);
    std::vector<size_t> alone;  // positions of columns whose counter has no name yet
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto& info = table_.columns()[columns[i]];
      if (!isCounted(info) || !info.counter.empty()) continue;
      alone.push_back(i);
      wanted.push_back("n" + root::legalColumnName(info.name));
    }
    names_ = root::legalColumnNames(wanted);
    size_t next = columns.size();
    for (auto& [counter, name] : counters_) name = names_[next++];
    for (size_t position : alone) ownCounters_[position] = names_[next++];
  }

  const table::Table& table_;
  std::vector<std::string> names_;               // by position
  std::map<std::string, std::string> counters_;  // the table's name -> the written one
  std::map<size_t, std::string> ownCounters_;    // position -> the written name
};

std::vector<root::OutputColumn> ntupleColumns(const table::Table& table, const std::vector<size_t>& columns) {
  std::vector<std::string> wanted;
  for (size_t column : columns) wanted.push_back(table.columns()[column].name);
  auto names = root::legalColumnNames(wanted);
  std::vector<root::OutputColumn> made;
  for (size_t i = 0; i < columns.size(); ++i) made.push_back({names[i], table.columns()[columns[i]].type});
  return made;
}

std::vector<root::OutputColumn> treeColumns(const table::Table& table, std::vector<size_t>& columns) {
  TreeLayout layout(table, columns);
  std::vector<root::OutputColumn> made;
  for (size_t i = 0; i < columns.size(); ++i) made.push_back(layout.column(columns[i], i));
  return made;
}

// Writes the columns; `failed` is the piece at which a failure came.
Result<void> writeTable(const ExportRows& rows, std::vector<size_t> columns, const RootTarget& target,
                        table::EntryRange& failed) {
  root::TableWriterOptions options;
  options.title = target.title;
  options.compression = target.compression;
  options.clusterEntries = root::clusterEntriesFor(rows.table.entryBytes(columns));
  auto written =
      target.kind == root::TableKind::kTTree ? treeColumns(rows.table, columns) : ntupleColumns(rows.table, columns);
  if (columns.empty())
    return Error(ErrorCode::kUnsupported, rows.table.url() + ": " + rows.table.name() + ": no column can be written");
  MLAAS_TRY(auto writer, root::makeTableWriter(target.kind, target.path, target.tableName, written, options));
  auto write = [&](std::span<const Column> values) { return writer->append(values); };
  MLAAS_CHECK(forEachPiece(rows, columns, write, &failed));
  return writer->close();
}

// Finds the columns among `columns` that cannot be read and why: halves are tried until each is found.
void findUnreadable(const ExportRows& rows, std::span<const size_t> columns, std::map<size_t, Error>& found) {
  auto skip = [](std::span<const Column>) { return Result<void>(); };
  auto read = forEachPiece(rows, {columns.begin(), columns.end()}, skip);
  if (read.ok() || !concernsColumns(read.error())) return;
  if (columns.size() == 1) {
    found.emplace(columns.front(), std::move(read).error());
    return;
  }
  findUnreadable(rows, columns.first(columns.size() / 2), found);
  findUnreadable(rows, columns.subspan(columns.size() / 2), found);
}

// The columns that cannot be read from entry `first` on; none where the selection itself cannot.
std::map<size_t, Error> unreadableColumns(const ExportRows& rows, const std::vector<size_t>& columns, int64_t first) {
  std::map<size_t, Error> found;
  ProgressBar silent("", "", 1, false);
  const RowSelection all;
  table::EntryRange rest{first, rows.range.last};
  if (!rows.selection.keepsAll()) {
    ExportRows everyRow{rows.table, rest, all, rows.pool, silent, rows.stop};
    findUnreadable(everyRow, rows.selection.columns(), found);
    if (!found.empty()) return {};
  }
  findUnreadable({rows.table, rest, rows.selection, rows.pool, silent, rows.stop}, columns, found);
  return found;
}

}  // namespace

Result<bool> exportRoot(const ExportRows& rows, std::vector<size_t> columns, const RootTarget& target) {
  bool someDropped = dropUnwritable(rows.table, columns, [&](const table::ColumnInfo& column) {
    return column.ownEntries ? otherLength(rows.table, column) : root::whyNotWritable(target.kind, column.type);
  });
  table::EntryRange failed;
  auto done = writeTable(rows, columns, target, failed);
  if (done.ok()) return someDropped;
  if (!concernsColumns(done.error()) || failed.size() == 0) return std::move(done).error();
  // What is written so far is gone with its writer; without the columns at fault it starts over.
  auto unreadable = unreadableColumns(rows, columns, failed.first);
  if (unreadable.empty() || unreadable.size() == columns.size()) return std::move(done).error();
  bool anyDamaged = false;
  for (const auto& [column, error] : unreadable) {
    log::error("column '" + rows.table.columns()[column].name + "' is not exported: " + error.what());
    anyDamaged = anyDamaged || error.code() == ErrorCode::kCorrupt;
  }
  std::erase_if(columns, [&](size_t column) { return unreadable.contains(column); });
  MLAAS_CHECK(writeTable(rows, columns, target, failed));
  if (anyDamaged) return someDamaged(rows.table);
  return true;
}

}  // namespace mlaas::command
