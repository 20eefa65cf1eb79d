#include <algorithm>

#include "mlaas/base/nearest_name.h"
#include "mlaas/io/opener.h"
#include "mlaas/table/file_format.h"
#include "mlaas/table/rntuple_table.h"
#include "mlaas/table/table.h"
#include "mlaas/table/ttree_table.h"

namespace mlaas::table {

namespace {

bool isTable(const root::DirectoryEntry& entry) { return root::isTree(entry.key) || root::isNTuple(entry.key); }

Result<std::shared_ptr<const root::File>> openFile(const std::string& url) {
  MLAAS_TRY(auto source, io::open(url));
  return root::File::open(std::move(source));
}

std::vector<std::string> tableNames(const std::vector<root::DirectoryEntry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (isTable(entry)) names.push_back(entry.path);
  }
  return names;
}

// kNotFound that lists the tables there are; kCorrupt for a file of which a part is missing.
Error noSuchTable(const root::File& file, const std::string& name) {
  if (!file.damage().empty()) {
    return Error(ErrorCode::kCorrupt, file.url() + ": has no whole tree" + (name.empty() ? "" : " '" + name + "'") +
                                          "; it " + file.damage());
  }
  const auto entries = root::listKeys(file);
  if (!entries.ok()) return entries.error();
  const auto names = tableNames(*entries);
  if (names.empty())
    return Error(ErrorCode::kNotFound, file.url() + ": has no tree, neither '" + name + "' nor another");
  return Error(ErrorCode::kNotFound, file.url() + ": has no tree '" + name + "'" + suggestNames(name, names));
}

// The one table of the file, or kNotFound naming those there are.
Result<root::DirectoryEntry> onlyTable(const root::File& file) {
  MLAAS_TRY(const auto entries, root::listKeys(file));
  const auto names = tableNames(entries);
  if (names.empty() && !file.damage().empty()) return noSuchTable(file, {});
  if (names.empty()) return Error(ErrorCode::kNotFound, file.url() + ": has no tree");
  if (names.size() > 1) {
    std::string text = file.url() + ": has " + std::to_string(names.size()) + " trees; name one of them: ";
    for (size_t i = 0; i < names.size(); ++i) text += (i > 0 ? ", " : "") + names[i];
    return Error(ErrorCode::kNotFound, text);
  }
  return *std::find_if(entries.begin(), entries.end(), isTable);
}

Result<root::DirectoryEntry> findTable(const root::File& file, const std::string& name) {
  if (name.empty()) return onlyTable(file);
  auto found = root::findKey(file, name);
  if (!found.ok() && found.error().code() == ErrorCode::kNotFound) return noSuchTable(file, name);
  if (!found.ok()) return std::move(found).error();
  if (isTable(*found)) return found;
  return Error(ErrorCode::kNotFound,
               file.url() + ": '" + name + "' is a " + found->key.className + ", not a tree; see `mlaas inspect`");
}

TableInfo describeNTuple(const std::shared_ptr<const root::File>& file, const root::DirectoryEntry& entry) {
  TableInfo info;
  info.name = entry.path;
  info.kind = "rntuple";
  const auto ntuple = root::NTuple::open(file, entry);
  if (!ntuple.ok()) {
    info.unsupported = ntuple.error().what();
    return info;
  }
  info.numEntries = (*ntuple)->numEntries();
  info.columns = describeColumns(**ntuple);
  return info;
}

TableInfo describeTable(const std::shared_ptr<const root::File>& file, const root::DirectoryEntry& entry) {
  if (root::isNTuple(entry.key)) return describeNTuple(file, entry);
  TableInfo info;
  info.name = entry.path;
  info.kind = "ttree";
  const auto tree = root::Tree::open(file, entry);
  if (!tree.ok()) {
    info.unsupported = tree.error().what();
    return info;
  }
  info.numEntries = (*tree)->numEntries();
  info.columns = describeColumns(**tree, true);
  info.links = linksOf(**tree);
  return info;
}

// The one table of a file of another format than ROOT's.
Result<std::shared_ptr<const Table>> openFormat(const std::string& url) {
  auto format = findFormat(formatOfName(url));
  if (!format.ok()) return std::move(format).error().within(url);
  MLAAS_TRY(auto source, io::open(url));
  return format->open(std::move(source));
}

Result<FileInfo> inspectFormat(const std::string& url) {
  const auto name = formatOfName(url);
  auto format = findFormat(name);
  if (!format.ok()) return std::move(format).error().within(url);
  MLAAS_TRY(const auto source, io::open(url));
  MLAAS_TRY(const auto table, format->open(source));
  FileInfo info;
  info.url = url;
  info.sizeBytes = source->sizeBytes();
  MLAAS_TRY(info.writtenBy, format->writtenBy(source));
  TableInfo& described = info.tables.emplace_back();
  described.name = table->name();
  described.kind = name;
  described.numEntries = table->numEntries();
  described.columns = table->columns();
  return info;
}

}  // namespace

Result<std::shared_ptr<const Table>> openTable(const std::string& url, const std::string& name) {
  if (!formatOfName(url).empty()) return openFormat(url);
  MLAAS_TRY(auto file, openFile(url));
  MLAAS_TRY(const auto entry, findTable(*file, name));
  if (root::isNTuple(entry.key)) {
    MLAAS_TRY(auto ntuple, root::NTuple::open(std::move(file), entry));
    return makeNTupleTable(std::move(ntuple));
  }
  MLAAS_TRY(auto tree, root::Tree::open(std::move(file), entry));
  return makeTreeTable(std::move(tree));
}

Result<FileInfo> inspectFile(const std::string& url, const std::string& name) {
  if (!formatOfName(url).empty()) return inspectFormat(url);
  MLAAS_TRY(const auto file, openFile(url));
  FileInfo info;
  info.url = url;
  info.sizeBytes = file->source().sizeBytes();
  info.writtenBy = file->writtenBy();
  info.damage = file->damage();
  if (!name.empty()) {
    MLAAS_TRY(const auto entry, findTable(*file, name));
    info.tables.push_back(describeTable(file, entry));
    return info;
  }
  MLAAS_TRY(const auto entries, root::listKeys(*file));
  for (const auto& entry : entries) {
    if (isTable(entry)) {
      info.tables.push_back(describeTable(file, entry));
    } else if (!entry.isDirectory()) {
      info.others.push_back({entry.path, entry.key.className});
    }
  }
  return info;
}

}  // namespace mlaas::table
