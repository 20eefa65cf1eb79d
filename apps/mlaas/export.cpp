// mlaas export: columns as .npy files, or as a TTree or RNTuple of a ROOT file.
#include <algorithm>
#include <charconv>
#include <filesystem>

#include "apps/mlaas/commands.h"
#include "apps/mlaas/export_formats.h"
#include "apps/mlaas/table_source.h"
#include "mlaas/feature/feature_maker.h"
#include "mlaas/table/expression.h"

namespace mlaas::command {

namespace {

constexpr int kSomeUnsupported = 3;

struct ExportOptions {
  TableSource source;
  std::vector<std::string> columns;
  std::string entries;
  std::string select;
  std::string format;
  std::string kind;
  std::string treeName;
  std::string compression;
  std::string out;
  bool force = false;
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

bool writesRoot(const ExportOptions& options) {
  return options.format.empty() ? options.out.ends_with(".root") : options.format == "root";
}

Result<void> checkOptions(const ExportOptions& options) {
  if (writesRoot(options)) {
    std::error_code error;
    if (!options.force && std::filesystem::exists(options.out, error))
      return Error(ErrorCode::kInvalidArgument, "--out '" + options.out + "' exists already; --force replaces it");
    return {};
  }
  for (const auto& [name, value] : {std::pair("--as", options.kind), std::pair("--tree-name", options.treeName),
                                    std::pair("--compression", options.compression)})
    if (!value.empty())
      return Error(ErrorCode::kInvalidArgument, std::string(name) + " is for ROOT files; add --format root");
  return {};
}

Result<RootTarget> rootTarget(const ExportOptions& options, const table::Table& table) {
  RootTarget target;
  target.path = options.out;
  if (options.kind == "rntuple") target.kind = root::TableKind::kRNTuple;
  target.tableName = options.treeName;
  if (target.tableName.empty()) target.tableName = table.name().substr(table.name().rfind('/') + 1);
  target.title = options.select;
  if (!options.compression.empty()) {
    auto compression = root::parseCompression(options.compression);
    if (!compression.ok()) return std::move(compression).error().within("--compression");
    target.compression = *compression;
  }
  return target;
}

// The names of --columns and --select: friends that the file declares are opened for them.
std::vector<std::string> namesAsked(const ExportOptions& options) {
  std::vector<std::string> names = options.columns;
  if (options.select.empty()) return names;
  // What does not parse is reported when the selection is compiled.
  const auto used = table::namesUsed(options.select);
  if (used.ok()) names.insert(names.end(), used->begin(), used->end());
  return names;
}

Result<int> exportColumns(const ExportOptions& options, const Environment& environment) {
  MLAAS_CHECK(checkOptions(options));
  MLAAS_TRY(const auto source, openSource(options.source, namesAsked(options), environment.stop));
  const auto& table = source.table;
  MLAAS_TRY(auto range, parseEntries(options.entries, table->numEntries()));
  MLAAS_TRY(auto columns, chooseColumns(*table, options.columns));
  MLAAS_TRY(auto selection, RowSelection::compile(*table, options.select));
  TaskPool pool(0);
  ProgressBar progress("exporting", "values", range.size() * static_cast<int64_t>(columns.size()), !environment.quiet);
  ExportRows rows{*table, range, selection, pool, progress, environment.stop};
  if (!writesRoot(options)) {
    MLAAS_TRY(bool someDropped, exportNumpy(rows, columns, {options.out}));
    return someDropped ? kSomeUnsupported : 0;
  }
  MLAAS_TRY(auto target, rootTarget(options, *table));
  MLAAS_TRY(bool someDropped, exportRoot(rows, columns, target));
  return someDropped ? kSomeUnsupported : 0;
}

void declare(CLI::App& command, ExportOptions& options) {
  declareSource(command, options.source);
  declareFriends(command, options.source);
  command.add_option("--columns,-c", options.columns, "Columns, separated by commas; * and ? match (default: all)")
      ->delimiter(',');
  command.add_option("--entries", options.entries, "FIRST:LAST, a range of entries; LAST is left out (default: all)");
  command.add_option("--select,-s", options.select, "Expression that is true for the entries to keep (default: all)");
  command.add_option("--format", options.format, "What to write (default: root where OUT ends in .root, else npy)")
      ->check(CLI::IsMember({"npy", "root"}));
  command.add_option("--as", options.kind, "What a ROOT file holds (default: ttree)")
      ->check(CLI::IsMember({"ttree", "rntuple"}));
  command.add_option("--tree-name", options.treeName, "Name of the written tree (default: as it was, without folder)");
  command.add_option("--compression", options.compression,
                     "Of a ROOT file: zstd, zlib, lz4 or none, with a level as in zstd:9 (default: zstd:5)");
  command.add_flag("--force", options.force, "Replace the ROOT file OUT where it exists");
  command.add_option("--out,-o", options.out, "Folder for numpy files, made where absent; or the ROOT file")
      ->required();
}

}  // namespace

void addExport(CLI::App& app, Action& chosen) {
  addCommand<ExportOptions>(app, chosen, "export", "Columns as numpy files or a ROOT file, bit for bit", declare,
                            exportColumns);
}

}  // namespace mlaas::command
