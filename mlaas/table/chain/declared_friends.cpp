#include "mlaas/table/chain/declared_friends.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "mlaas/base/name_pattern.h"
#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/chain/friend_options.h"

namespace mlaas::table {

namespace {

bool hasColumn(const Table& table, std::string_view name) {
  if (!isNamePattern(name)) return table.findColumn(name).ok();
  return std::ranges::any_of(table.columns(),
                             [&](const ColumnInfo& column) { return matchesNamePattern(name, column.name); });
}

// The first of `names` that needs the friend `alias`.
std::optional<std::string> whyNeeded(const Table& table, const std::string& alias, std::span<const std::string> names) {
  for (const std::string& name : names) {
    const bool named = name.starts_with(alias + ".");
    const size_t dot = name.find('.');
    const bool namesAnother = !named && dot != std::string::npos &&
                              std::ranges::any_of(table.links().friends, [&](const TableLinks::Friend& other) {
                                return name.starts_with(other.alias + ".");
                              });
    if (!namesAnother && !hasColumn(table, name)) return name;
  }
  return std::nullopt;
}

// The file of a friend that `table` declares as `file`.
std::string friendFile(const Table& table, const std::string& file) {
  if (file.empty()) return table.url();
  if (file.starts_with('/') || file.find("://") != std::string::npos) return file;
  const size_t slash = table.url().rfind('/');
  if (slash == std::string::npos) return file;
  const std::string beside = table.url().substr(0, slash + 1) + file;
  std::error_code ignored;
  const bool isRemote = beside.find("://") != std::string::npos;
  return isRemote || std::filesystem::exists(beside, ignored) ? beside : file;
}

}  // namespace

Result<std::shared_ptr<const Table>> attachDeclaredFriends(std::shared_ptr<const Table> table,
                                                           std::span<const std::string> names,
                                                           std::span<const std::string> taken, TablePool& pool,
                                                           MemoryBudget& budget, const std::stop_token& stop) {
  std::vector<std::string> wanted(names.begin(), names.end());
  for (const std::string& alias : taken) {
    std::erase_if(wanted, [&](const std::string& name) { return name.starts_with(alias + "."); });
  }
  std::vector<FriendLink> links;
  for (const TableLinks::Friend& declared : table->links().friends) {
    if (std::ranges::find(taken, declared.alias) != taken.end()) continue;
    const auto column = whyNeeded(*table, declared.alias, wanted);
    if (!column) continue;
    const FileReference file{friendFile(*table, declared.file), declared.tree};
    const FriendOptions options{{file.text()}, "", declared.alias, std::nullopt, std::nullopt};
    auto link = openFriend(options, *table, pool, budget, stop);
    if (!link.ok()) {
      return std::move(link).error().within(table->url() + ": column '" + *column + "' of friend '" + declared.alias +
                                            "', which tree " + table->name() + " declares");
    }
    links.push_back(*std::move(link));
  }
  return attachFriends(std::move(table), std::move(links));
}

}  // namespace mlaas::table
