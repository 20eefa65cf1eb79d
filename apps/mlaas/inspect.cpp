// mlaas inspect: what a file holds.
#include <nlohmann/json.hpp>

#include "apps/mlaas/commands.h"
#include "apps/mlaas/table_source.h"
#include "apps/mlaas/text_table.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/table/chain/chain_table.h"
#include "mlaas/table/table.h"

namespace mlaas::command {

namespace {

using Json = nlohmann::ordered_json;

struct InspectOptions {
  TableSource source;
  bool json = false;
};

Json columnJson(const table::ColumnInfo& column) {
  bool supported = column.unsupported.empty();
  Json json = {{"name", column.name},
               {"type", supported ? column.type.name() : column.storedType},
               {"stored_type", column.storedType}};
  if (column.ownEntries) json["entries"] = *column.ownEntries;
  if (!column.counter.empty()) json["counter"] = column.counter;
  json["compressed_bytes"] = column.compressedBytes;
  json["uncompressed_bytes"] = column.uncompressedBytes;
  json["compression"] = column.compression;
  if (!supported) json["unsupported"] = column.unsupported;
  return json;
}

Json tableJson(const table::TableInfo& info) {
  Json json = {{"name", info.name}, {"kind", info.kind}, {"entries", info.numEntries}, {"columns", Json::array()}};
  for (const auto& column : info.columns) json["columns"].push_back(columnJson(column));
  for (const auto& declared : info.links.friends)
    json["friends"].push_back({{"alias", declared.alias}, {"tree", declared.tree}, {"file", declared.file}});
  if (!info.links.index.empty()) json["index"] = info.links.index;
  return json;
}

Json fileJson(const table::FileInfo& info) {
  Json json = {{"file", info.url}, {"bytes", info.sizeBytes}, {"written_by", info.writtenBy}};
  if (!info.damage.empty()) json["damage"] = info.damage;
  json["objects"] = Json::array();
  json["unreadable"] = Json::array();
  for (const auto& table : info.tables) {
    if (table.unsupported.empty()) {
      json["objects"].push_back(tableJson(table));
    } else {
      json["unreadable"].push_back({{"name", table.name}, {"kind", table.kind}, {"reason", table.unsupported}});
    }
  }
  json["others"] = Json::array();
  for (const auto& object : info.others) json["others"].push_back({{"name", object.name}, {"class", object.className}});
  return json;
}

// "3.21", how much smaller the column became.
std::string ratio(uint64_t uncompressed, uint64_t compressed) {
  if (compressed == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(uncompressed) / static_cast<double>(compressed));
  return text;
}

std::string compressionText(const table::ColumnInfo& column) {
  return column.compression.empty() ? std::string("-") : column.compression;
}

std::string describeTable(const table::TableInfo& info) {
  uint64_t compressed = 0;
  uint64_t uncompressed = 0;
  TextTable columns(
      {"column", "type", "stored as", "in file", "in memory", "ratio", "codec"},
      {Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  std::string unsupported;
  for (const auto& column : info.columns) {
    compressed += column.compressedBytes;
    uncompressed += column.uncompressedBytes;
    columns.addRow({column.name, column.unsupported.empty() ? column.type.name() : "(unsupported)", column.storedType,
                    formatByteSize(column.compressedBytes), formatByteSize(column.uncompressedBytes),
                    ratio(column.uncompressedBytes, column.compressedBytes), compressionText(column)});
    if (!column.unsupported.empty()) unsupported += "  " + column.name + ": " + column.unsupported + "\n";
  }
  std::string text = info.kind + " '" + info.name + "': " + std::to_string(info.numEntries) + " entries, " +
                     std::to_string(info.columns.size()) + " columns, " + formatByteSize(compressed) + " in file, " +
                     formatByteSize(uncompressed) + " in memory\n";
  if (!info.unsupported.empty()) text += "  cannot be read: " + info.unsupported + "\n";
  if (!info.columns.empty()) text += columns.render("  ");
  for (const auto& declared : info.links.friends)
    text += "  friend '" + declared.alias + "': tree " + declared.tree +
            (declared.file.empty() ? " of this file\n" : " of " + declared.file + "\n");
  if (!info.links.index.empty())
    text += "  index: major " + info.links.index.front() + ", minor " + info.links.index.back() + "\n";
  if (!unsupported.empty()) text += "  unsupported columns:\n" + unsupported;
  return text;
}

std::string describeFile(const table::FileInfo& info) {
  std::string text = info.url + ": " + formatByteSize(info.sizeBytes) +
                     (info.writtenBy.empty() ? "" : ", written by " + info.writtenBy) + "\n";
  if (!info.damage.empty()) text += "warning: it " + info.damage + "\n";
  for (const auto& table : info.tables) text += "\n" + describeTable(table);
  if (info.tables.empty()) text += "\nno trees\n";
  if (info.others.empty()) return text;
  TextTable others({"other object", "class"}, {Align::kLeft, Align::kLeft});
  for (const auto& object : info.others) others.addRow({object.name, object.className});
  return text + "\n" + others.render("");
}

std::string jsonText(const Json& json) {
  constexpr int kIndent = 1;
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> inspectOne(const table::FileReference& file, bool asJson) {
  MLAAS_TRY(auto info, table::inspectFile(file.url, file.tree));
  return asJson ? jsonText(fileJson(info)) : describeFile(info);
}

// Several files as the one table that they make.
Result<std::string> inspectChain(const InspectOptions& options, const std::stop_token& stop) {
  MLAAS_TRY(const auto source, openSource(options.source, {}, stop));
  const auto& chain = source.table;
  const auto members = table::chainMembers(chain);
  const table::TableInfo info{chain->name(), "chain", chain->numEntries(), chain->columns(), {}, {}};
  if (!options.json) {
    TextTable files({"file", "tree", "entries"}, {Align::kLeft, Align::kLeft, Align::kRight});
    for (const auto& member : members)
      files.addRow({member.table->url(), member.table->name(), std::to_string(member.entries.size())});
    return files.render("") + "\n" + describeTable(info);
  }
  Json json = {{"files", Json::array()}, {"objects", {tableJson(info)}}};
  for (const auto& member : members)
    json["files"].push_back(
        {{"file", member.table->url()}, {"tree", member.table->name()}, {"entries", member.entries.size()}});
  return jsonText(json);
}

Result<int> inspect(const InspectOptions& options, const Environment& environment) {
  MLAAS_TRY(const auto files, table::expandFileReferences(options.source.files, options.source.tree));
  auto text = files.size() == 1 ? inspectOne(files.front(), options.json) : inspectChain(options, environment.stop);
  if (!text.ok()) return std::move(text).error();
  environment.output.print(*text);
  return 0;
}

void declare(CLI::App& command, InspectOptions& options) {
  declareSource(command, options.source);
  command.add_flag("--json", options.json, "Print JSON, for programs");
}

}  // namespace

void addInspect(CLI::App& app, Action& chosen) {
  addCommand<InspectOptions>(app, chosen, "inspect",
                             "What a file, or several as one, hold: trees, columns, types, sizes", declare, inspect);
}

}  // namespace mlaas::command
