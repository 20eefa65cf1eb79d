#include "mlaas/table/chain/friend_options.h"

#include <algorithm>
#include <charconv>

#include "mlaas/table/chain/chain_table.h"
#include "mlaas/table/chain/file_reference.h"

namespace mlaas::table {

namespace {

// "dir/Events;2" as "Events".
std::string plainName(const std::string& tree) {
  const size_t slash = tree.rfind('/');
  const std::string name = slash == std::string::npos ? tree : tree.substr(slash + 1);
  return name.substr(0, name.find(';'));
}

// Major and minor without the minor that TTree::BuildIndex() takes by itself.
std::vector<std::string> storedIndex(const TableLinks& links) {
  std::vector<std::string> names = links.index;
  if (names.size() == kMostKeyColumns && (names[1].empty() || names[1] == "0")) names.pop_back();
  return names;
}

// An index over formulas pairs other entries than their columns, or their order, would.
Result<void> checkNoFormulas(const FriendLink& link, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.find_first_of("+-*/%()[]<>=!&|^?: ") == std::string::npos) continue;
    return Error(ErrorCode::kUnsupported, link.table->url() + ": friend '" + link.alias +
                                              "' has an index over the formula '" + name +
                                              "'; name one or two columns to join by, or none to go by entry");
  }
  return {};
}

bool hasColumns(const Table& table, const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [&](const std::string& name) { return table.findColumn(name).ok(); });
}

}  // namespace

bool isAlias(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string aliasOf(const FriendOptions& options) {
  if (!options.alias.empty() || options.files.empty()) return options.alias;
  const auto reference = parseFileReference(options.files.front());
  return plainName(reference.ok() && !reference->tree.empty() ? reference->tree : options.tree);
}

Result<FriendLink> openFriend(const FriendOptions& options, const Table& table, TablePool& pool, MemoryBudget& budget,
                              const std::stop_token& stop) {
  MLAAS_TRY(const auto files, expandFileReferences(options.files, options.tree));
  FriendLink link;
  MLAAS_TRY(link.table, openChain(files, pool, stop));
  link.alias = options.alias.empty() ? plainName(link.table->name()) : options.alias;
  if (!isAlias(link.alias)) {
    return Error(ErrorCode::kInvalidArgument,
                 link.table->url() + ": '" + link.alias +
                     "' cannot name a friend; give an alias of letters, digits and _, not a "
                     "digit first");
  }
  link.missing = options.missing;
  std::vector<std::string> index = options.index ? *options.index : storedIndex(link.table->links());
  if (!options.index) {
    MLAAS_CHECK(checkNoFormulas(link, index));
    // As ROOT does: an index by columns that the table does not have is not for this table.
    if (!hasColumns(table, index)) index.clear();
  }
  if (index.empty()) {
    if (options.missing) {
      return Error(ErrorCode::kInvalidArgument,
                   "friend '" + link.alias + "' goes by entry, where none can be missing; leave the value out");
    }
    link.entries = {0, link.table->numEntries()};
    return link;
  }
  MLAAS_TRY(link.index, FriendIndex::build(*link.table, std::move(index), budget, stop));
  return link;
}

Result<FriendOptions> parseFriend(const std::string& text) {
  FriendOptions options;
  std::string file = text;
  // In a URL's query "=" may stand too: an alias follows the name of a tree or of a file.
  const size_t equals = text.rfind('=');
  if (equals != std::string::npos && isAlias(std::string_view(text).substr(equals + 1))) {
    const std::string before = text.substr(0, equals);
    const auto reference = parseFileReference(before);
    const bool hasTree = reference.ok() && !reference->tree.empty();
    if (hasTree || before.find('?') == std::string::npos) {
      options.alias = text.substr(equals + 1);
      file = before;
    }
  }
  MLAAS_TRY(const FileReference reference, parseFileReference(file));
  options.files = {reference.text()};
  return options;
}

Result<double> parseMissing(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return Error(ErrorCode::kInvalidArgument, "'" + text +
                                                "' is no value for entries without partner; expected a number "
                                                "such as -999, or nan");
}

}  // namespace mlaas::table
