// Columns as numpy files.
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "apps/mlaas/export_formats.h"
#include "mlaas/base/log.h"
#include "mlaas/table/writer/column_files.h"

namespace mlaas::command {

namespace {

constexpr size_t kMaxOpenFiles = 200;  // well below the usual limit of 1024

// Columns whose files can be open at the same time.
std::vector<std::vector<size_t>> groupColumns(const table::Table& table, const std::vector<size_t>& columns) {
  std::vector<std::vector<size_t>> groups;
  size_t numFiles = kMaxOpenFiles;
  for (size_t column : columns) {
    auto needed = static_cast<size_t>(table.columns()[column].type.jaggedDepth) + 1;
    if (numFiles + needed > kMaxOpenFiles) {
      groups.emplace_back();
      numFiles = 0;
    }
    groups.back().push_back(column);
    numFiles += needed;
  }
  return groups;
}

Result<void> exportGroup(const ExportRows& rows, const std::vector<size_t>& columns, const std::string& directory) {
  std::vector<table::ColumnFiles> files;
  for (size_t column : columns) {
    const auto& info = rows.table.columns()[column];
    MLAAS_TRY(auto file, table::ColumnFiles::create(directory, info.name, info.type));
    files.push_back(std::move(file));
  }
  auto write = [&](std::span<const Column> values) -> Result<void> {
    for (size_t i = 0; i < files.size(); ++i) MLAAS_CHECK(files[i].append(values[i]));
    return {};
  };
  MLAAS_CHECK(forEachPiece(rows, columns, write));
  for (auto& file : files) MLAAS_CHECK(file.close());
  return {};
}

// Writes the columns, and where one of them cannot be read all others: halves are tried until it is found. The value is
// the first such error, with a line on standard error for each.
Result<std::optional<Error>> exportReadable(const ExportRows& rows, std::span<const size_t> columns,
                                            const std::string& directory) {
  auto done = exportGroup(rows, {columns.begin(), columns.end()}, directory);
  if (done.ok()) return std::optional<Error>();
  if (!concernsColumns(done.error())) return std::move(done).error();
  if (columns.size() == 1) {
    const auto& info = rows.table.columns()[columns.front()];
    log::error("column '" + info.name + "' is not exported: " + done.error().what());
    return std::optional(std::move(done).error());
  }
  MLAAS_TRY(auto first, exportReadable(rows, columns.first(columns.size() / 2), directory));
  MLAAS_TRY(auto second, exportReadable(rows, columns.subspan(columns.size() / 2), directory));
  return first ? first : second;
}

// The columns by the number of their entries: those of the table, and others.
std::map<int64_t, std::vector<size_t>> groupByLength(const table::Table& table, const std::vector<size_t>& columns) {
  std::map<int64_t, std::vector<size_t>> groups;
  for (size_t column : columns)
    groups[table.columns()[column].ownEntries.value_or(table.numEntries())].push_back(column);
  return groups;
}

// The wanted rows of a column with `numEntries` entries; all of them where all of the table are wanted.
table::EntryRange rangeWithin(const ExportRows& rows, int64_t numEntries) {
  if (rows.range == table::EntryRange{0, rows.table.numEntries()}) return {0, numEntries};
  return {std::min(rows.range.first, numEntries), std::min(rows.range.last, numEntries)};
}

Result<void> makeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return {};
  return Error(ErrorCode::kIo, "folder '" + path + "' cannot be made: " + error.message());
}

}  // namespace

std::string otherLength(const table::Table& table, const table::ColumnInfo& column) {
  if (!column.ownEntries) return {};
  return "it has " + std::to_string(*column.ownEntries) + " entries, the tree " + std::to_string(table.numEntries());
}

bool concernsColumns(const Error& error) {
  return error.code() == ErrorCode::kUnsupported || error.code() == ErrorCode::kCorrupt;
}

Error someDamaged(const table::Table& table) {
  return {ErrorCode::kCorrupt, table.url() + ": some columns are damaged; the others are written"};
}

bool dropUnwritable(const table::Table& table, std::vector<size_t>& columns,
                    const std::function<std::string(const table::ColumnInfo&)>& whyNot) {
  size_t before = columns.size();
  std::erase_if(columns, [&](size_t index) {
    const auto& column = table.columns()[index];
    std::string why = column.unsupported.empty() ? whyNot(column) : column.unsupported;
    if (why.empty()) return false;
    log::error("column '" + column.name + "' is not exported: " + why);
    return true;
  });
  return columns.size() != before;
}

Result<bool> exportNumpy(const ExportRows& rows, std::vector<size_t> columns, const NumpyTarget& target) {
  std::set<std::string> taken;
  bool someDropped = dropUnwritable(rows.table, columns, [&](const table::ColumnInfo& column) -> std::string {
    if (column.ownEntries && !rows.selection.keepsAll()) return otherLength(rows.table, column);
    for (const std::string& file : table::columnFileNames(column.name, column.type))
      if (!taken.insert(file).second) return "its file '" + file + "' is taken by another column";
    return std::string();
  });
  MLAAS_CHECK(makeDirectory(target.directory));
  bool anyDamaged = false;
  for (const auto& [numEntries, ofLength] : groupByLength(rows.table, columns)) {
    ExportRows wanted{rows.table, rangeWithin(rows, numEntries), rows.selection, rows.pool, rows.progress, rows.stop};
    for (const auto& group : groupColumns(rows.table, ofLength)) {
      MLAAS_TRY(const auto failed, exportReadable(wanted, group, target.directory));
      if (failed && failed->code() == ErrorCode::kCorrupt) anyDamaged = true;
      someDropped = someDropped || failed;
    }
  }
  if (anyDamaged) return someDamaged(rows.table);
  return someDropped;
}

}  // namespace mlaas::command
