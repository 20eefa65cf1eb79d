// mlaas export: columns as .npy files.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "apps/mlaas/commands.h"
#include "apps/mlaas/progress.h"
#include "apps/mlaas/table_source.h"
#include "mlaas/base/log.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/feature/feature_maker.h"
#include "mlaas/table/entry_pieces.h"
#include "mlaas/table/table.h"
#include "mlaas/table/writer/column_files.h"

namespace mlaas::command {

namespace {

constexpr size_t kMaxOpenFiles = 200;               // well below the usual limit of 1024
constexpr int64_t kPieceBytes = int64_t{64} << 20;  // decoded columns in memory
constexpr int kSomeUnsupported = 3;

struct ExportOptions {
  TableSource source;
  std::vector<std::string> columns;
  std::string entries;
  std::string out;
};

// "100:200", ":200", "100:" within the table.
Result<table::EntryRange> parseEntries(const std::string& text, int64_t numEntries) {
  table::EntryRange range{0, numEntries};
  if (text.empty()) return range;
  size_t colon = text.find(':');
  auto parse = [&](std::string_view digits, int64_t& value) {
    if (digits.empty()) return true;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  bool good = colon != std::string::npos && parse(std::string_view(text).substr(0, colon), range.first) &&
              parse(std::string_view(text).substr(colon + 1), range.last);
  range.last = std::min(range.last, numEntries);
  if (good && 0 <= range.first && range.first <= range.last) return range;
  return Error(ErrorCode::kInvalidArgument, "--entries '" + text +
                                                "': expected FIRST:LAST with 0 <= FIRST <= LAST <= " +
                                                std::to_string(numEntries) + ", the tree's entries (LAST is left out)");
}

// The columns that the user asked for, in the table's order where by wildcard.
Result<std::vector<size_t>> chooseColumns(const table::Table& table, const std::vector<std::string>& patterns) {
  std::vector<std::string> available;
  for (const auto& column : table.columns()) available.push_back(column.name);
  std::vector<size_t> chosen;
  auto wanted = Result<std::vector<std::string>>(available);
  if (!patterns.empty()) wanted = feature::expandColumnNames(patterns, available, {});
  if (!wanted.ok()) return std::move(wanted).error().within(table.name()).within(table.url());
  for (const std::string& name : *wanted) {
    MLAAS_TRY(size_t index, table.findColumn(name));
    if (std::ranges::find(chosen, index) == chosen.end()) chosen.push_back(index);
  }
  return chosen;
}

// Takes out what cannot be written, each with a line that names it; the value says whether there was any.
bool dropUnsupported(const table::Table& table, std::vector<size_t>& columns) {
  std::set<std::string> taken;
  auto reason = [&](const table::ColumnInfo& column) {
    if (!column.unsupported.empty()) return column.unsupported;
    for (const std::string& file : table::columnFileNames(column.name, column.type))
      if (!taken.insert(file).second) return "its file '" + file + "' is taken by another column";
    return std::string();
  };
  size_t before = columns.size();
  std::erase_if(columns, [&](size_t index) {
    const auto& column = table.columns()[index];
    std::string why = reason(column);
    if (why.empty()) return false;
    log::error("column '" + column.name + "' is not exported: " + why);
    return true;
  });
  return columns.size() != before;
}

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

// Rows of these columns that fit into kPieceBytes.
int64_t pieceEntries(const table::Table& table, const std::vector<size_t>& columns) {
  uint64_t bytes = 0;
  for (size_t column : columns) bytes += table.columns()[column].uncompressedBytes;
  auto perEntry = static_cast<int64_t>(bytes) / std::max<int64_t>(table.numEntries(), 1) + 1;
  return std::max<int64_t>(kPieceBytes / perEntry, 1);
}

Result<void> exportGroup(const table::Table& table, table::EntryRange range, const std::vector<size_t>& columns,
                         const std::string& directory, TaskPool& pool, ProgressBar& progress,
                         const std::stop_token& stop) {
  std::vector<table::ColumnFiles> files;
  for (size_t column : columns) {
    const auto& info = table.columns()[column];
    MLAAS_TRY(auto file, table::ColumnFiles::create(directory, info.name, info.type));
    files.push_back(std::move(file));
  }
  for (table::EntryRange piece : table::entryPieces(table.clusters(), range, pieceEntries(table, columns))) {
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "export of '" + table.url() + "' was stopped");
    MLAAS_TRY(auto values, table.read(piece, columns, &pool));
    for (size_t i = 0; i < files.size(); ++i) MLAAS_CHECK(files[i].append(values[i]));
    progress.advance(piece.size() * static_cast<int64_t>(columns.size()));
  }
  for (auto& file : files) MLAAS_CHECK(file.close());
  return {};
}

Result<void> makeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return {};
  return Error(ErrorCode::kIo, "folder '" + path + "' cannot be made: " + error.message());
}

Result<int> exportColumns(const ExportOptions& options, const Environment& environment) {
  MLAAS_TRY(auto table, openSource(options.source, environment.stop));
  MLAAS_TRY(auto range, parseEntries(options.entries, table->numEntries()));
  MLAAS_TRY(auto columns, chooseColumns(*table, options.columns));
  bool someUnsupported = dropUnsupported(*table, columns);
  MLAAS_CHECK(makeDirectory(options.out));
  TaskPool pool(0);
  ProgressBar progress("exporting", "values", range.size() * static_cast<int64_t>(columns.size()), !environment.quiet);
  for (const auto& group : groupColumns(*table, columns))
    MLAAS_CHECK(exportGroup(*table, range, group, options.out, pool, progress, environment.stop));
  return someUnsupported ? kSomeUnsupported : 0;
}

void declare(CLI::App& command, ExportOptions& options) {
  declareSource(command, options.source);
  command.add_option("--columns,-c", options.columns, "Columns, separated by commas; * and ? match (default: all)")
      ->delimiter(',');
  command.add_option("--entries", options.entries, "FIRST:LAST, a range of entries; LAST is left out (default: all)");
  command.add_option("--out,-o", options.out, "Folder to write into; it is made where absent")->required();
}

}  // namespace

void addExport(CLI::App& app, Action& chosen) {
  addCommand<ExportOptions>(app, chosen, "export", "Columns as numpy files, bit for bit", declare, exportColumns);
}

}  // namespace mlaas::command
