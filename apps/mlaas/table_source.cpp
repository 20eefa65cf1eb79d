#include "apps/mlaas/table_source.h"

#include <algorithm>
#include <sstream>

#include "mlaas/table/chain/chain_table.h"
#include "mlaas/table/chain/declared_friends.h"
#include "mlaas/table/chain/friend_options.h"

namespace mlaas::command {

namespace {

// "run,event" as a list, "none" as an empty one.
Result<std::vector<std::string>> splitIndex(const std::string& text) {
  std::vector<std::string> names;
  if (text == "none") return names;
  std::istringstream stream(text + ",");
  for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
  if (std::ranges::find(names, "") == names.end()) return names;
  return Error(ErrorCode::kInvalidArgument,
               "--friend-index '" + text + "': expected columns, as in run,event, or none for friends by entry");
}

// The aliases of the friends that the user names, as far as they are known.
std::vector<std::string> aliasesOf(const std::vector<table::FriendOptions>& friends) {
  std::vector<std::string> aliases;
  for (const auto& options : friends) aliases.push_back(table::aliasOf(options));
  std::erase(aliases, "");
  return aliases;
}

Result<std::vector<table::FriendOptions>> friendOptions(const TableSource& source) {
  const size_t numIndices = source.friendIndex.size();
  if (numIndices > 1 && numIndices != source.friends.size()) {
    return Error(ErrorCode::kInvalidArgument, "--friend-index stands " + std::to_string(numIndices) + " times and " +
                                                  "--friend " + std::to_string(source.friends.size()) +
                                                  " times; give one index for all friends or one for each");
  }
  if (source.friends.empty() && (numIndices > 0 || !source.friendMissing.empty())) {
    return Error(ErrorCode::kInvalidArgument, "--friend-index and --friend-missing belong to a --friend FILE:TREE");
  }
  std::vector<table::FriendOptions> all;
  for (size_t i = 0; i < source.friends.size(); ++i) {
    auto options = table::parseFriend(source.friends[i]);
    if (!options.ok()) return std::move(options).error().within("--friend");
    if (numIndices > 0) {
      MLAAS_TRY(options->index, splitIndex(source.friendIndex[numIndices > 1 ? i : 0]));
    }
    if (!source.friendMissing.empty()) {
      auto missing = table::parseMissing(source.friendMissing);
      if (!missing.ok()) return std::move(missing).error().within("--friend-missing");
      options->missing = *missing;
    }
    all.push_back(*std::move(options));
  }
  return all;
}

}  // namespace

void declareSource(CLI::App& command, TableSource& source) {
  command
      .add_option("FILE", source.files,
                  "ROOT files, read one after the other: paths, patterns or URLs; FILE.root:TREE names a file's tree")
      ->required();
  command.add_option("--tree,-t", source.tree,
                     "The tree, with its folder, of files that name none; not needed where a file has only one");
}

void declareFriends(CLI::App& command, TableSource& source) {
  command
      .add_option("--friend", source.friends,
                  "FILE:TREE or FILE:TREE=ALIAS, a tree whose columns stand beside the others; may be repeated")
      ->allow_extra_args(false);
  command
      .add_option("--friend-index", source.friendIndex,
                  "One or two integer columns that name an entry in both trees (run,event), or none: by entry")
      ->allow_extra_args(false);
  command.add_option("--friend-missing", source.friendMissing,
                     "The value of entries that have no partner in a friend by index (default: they are an error)");
  command.add_option("--memory", source.memory, "Limit for the indices of friends, 24 bytes an entry")
      ->capture_default_str();
}

Result<OpenedSource> openSource(const TableSource& source, const std::vector<std::string>& columns,
                                const std::stop_token& stop) {
  MLAAS_TRY(const auto files, table::expandFileReferences(source.files, source.tree));
  return openFiles(files, source, columns, stop);
}

Result<OpenedSource> openFiles(std::span<const table::FileReference> files, const TableSource& source,
                               const std::vector<std::string>& columns, const std::stop_token& stop) {
  MLAAS_TRY(const size_t memory, parseByteSize(source.memory));
  MLAAS_TRY(const auto friends, friendOptions(source));
  OpenedSource opened{std::make_unique<MemoryBudget>(memory), nullptr};
  const auto pool = table::TablePool::make();
  const auto taken = aliasesOf(friends);
  MLAAS_TRY(opened.table, table::openChain(files, *pool, stop, [&](std::shared_ptr<const table::Table> one) {
              return table::attachDeclaredFriends(std::move(one), columns, taken, *pool, *opened.budget, stop);
            }));
  std::vector<table::FriendLink> links;
  for (const auto& options : friends) {
    MLAAS_TRY(auto link, table::openFriend(options, *opened.table, *pool, *opened.budget, stop));
    links.push_back(std::move(link));
  }
  MLAAS_TRY(opened.table, table::attachFriends(std::move(opened.table), std::move(links)));
  return opened;
}

}  // namespace mlaas::command
