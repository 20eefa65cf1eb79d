#include "apps/mlaas/table_source.h"

#include <sstream>

#include "mlaas/table/chain/chain_table.h"
#include "mlaas/table/chain/declared_friends.h"
#include "mlaas/table/chain/friend_options.h"

namespace mlaas::command {

namespace {

// "run,event" as a list, "none" as an empty one.
std::vector<std::string> splitIndex(const std::string& text) {
  std::vector<std::string> names;
  if (text == "none") return names;
  std::istringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
  return names;
}

// The `columns` that may be those of a friend that a file declares: what begins with the alias of a friend that the
// user names is not.
std::vector<std::string> withoutAliases(std::vector<std::string> columns,
                                        const std::vector<table::FriendOptions>& friends) {
  for (const auto& options : friends) {
    const std::string alias = table::aliasOf(options);
    if (!alias.empty()) std::erase_if(columns, [&](const std::string& name) { return name.starts_with(alias + "."); });
  }
  return columns;
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
    if (numIndices > 0) options->index = splitIndex(source.friendIndex[numIndices > 1 ? i : 0]);
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
  const std::vector<std::string> wanted = withoutAliases(columns, friends);
  MLAAS_TRY(opened.table, table::openChain(files, *pool, stop, [&](std::shared_ptr<const table::Table> one) {
              return table::attachDeclaredFriends(std::move(one), wanted, *pool, *opened.budget, stop);
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
