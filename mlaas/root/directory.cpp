#include "mlaas/root/directory.h"

#include <charconv>
#include <functional>
#include <map>
#include <set>

#include "mlaas/root/recovery.h"

namespace mlaas::root {

namespace {

constexpr int kDeepest = 64;
constexpr uint16_t kWideVersion = 1000;
constexpr uint64_t kDirectoryBytes = 42;  // version, two dates, two sizes, three wide places
constexpr uint64_t kNarrowDirectoryBytes = 30;

// Where the key list of the directory record at `offset` lies.
struct KeyList {
  uint64_t offset = 0;
  uint32_t bytes = 0;
};

Result<KeyList> readDirectory(const File& file, uint64_t offset) {
  const uint64_t size = file.source().sizeBytes();
  const uint64_t there = offset < size ? size - offset : 0;
  MLAAS_TRY(const auto raw, file.readRaw(offset, std::max(kNarrowDirectoryBytes, std::min(kDirectoryBytes, there))));
  ByteCursor cursor(raw);
  const auto version = cursor.big<uint16_t>();
  cursor.skip(8);  // created, modified
  KeyList list;
  list.bytes = cursor.big<uint32_t>();
  cursor.skip(4);  // bytes of the name
  if (version > kWideVersion) {
    cursor.skip(16);  // this directory, its parent
    list.offset = cursor.big<uint64_t>();
  } else {
    cursor.skip(8);
    list.offset = cursor.big<uint32_t>();
  }
  if (auto read = cursor.check("the directory at byte " + std::to_string(offset)); !read.ok()) {
    return Error(read.error()).within(file.url());
  }
  return list;
}

// The keys of one directory with all cycles.
Result<std::vector<Key>> readKeys(const File& file, const KeyList& list) {
  std::vector<Key> keys;
  if (list.offset == 0 || list.bytes == 0) return keys;
  MLAAS_TRY(const auto raw, file.readRaw(list.offset, list.bytes));
  ByteCursor cursor(raw);
  readKey(cursor);
  const auto count = cursor.big<uint32_t>();
  for (uint32_t i = 0; i < count && cursor.ok(); ++i) {
    Key key = readKey(cursor);
    if (cursor.ok()) keys.push_back(std::move(key));
  }
  if (auto read = cursor.check("the list of keys at byte " + std::to_string(list.offset)); !read.ok()) {
    return Error(read.error()).within(file.url());
  }
  return keys;
}

Result<std::vector<Key>> readKeysOf(const File& file, uint64_t directoryOffset) {
  MLAAS_TRY(const KeyList list, readDirectory(file, directoryOffset));
  return readKeys(file, list);
}

// Of each name the highest cycle, at the place of its first.
std::vector<Key> highestCycles(std::vector<Key> keys) {
  std::vector<Key> highest;
  std::map<std::string, size_t> indexOf;
  for (Key& key : keys) {
    auto [found, isNew] = indexOf.emplace(key.name, highest.size());
    if (isNew) {
      highest.push_back(std::move(key));
    } else if (highest[found->second].cycle < key.cycle) {
      highest[found->second] = std::move(key);
    }
  }
  return highest;
}

// "Events;2": a name and the cycle that is wanted, 0 for the highest.
struct NameCycle {
  std::string_view name;
  uint32_t cycle = 0;
};

NameCycle splitCycle(std::string_view text) {
  const size_t semicolon = text.rfind(';');
  if (semicolon == std::string_view::npos) return {text, 0};
  uint32_t cycle = 0;
  const auto [end, status] = std::from_chars(text.data() + semicolon + 1, text.data() + text.size(), cycle);
  if (status != std::errc() || end != text.data() + text.size()) return {text, 0};
  return {text.substr(0, semicolon), cycle};
}

// The key called `wanted`: its name, or its name and cycle. The highest cycle where none is asked for.
template <class Entries, class NameOf, class KeyOf>
auto findNamed(Entries& entries, std::string_view wanted, NameOf nameOf, KeyOf keyOf) {
  const auto highest = [&](std::string_view name, uint32_t cycle) {
    auto best = entries.end();
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
      if (nameOf(*entry) != name || (cycle != 0 && keyOf(*entry).cycle != cycle)) continue;
      if (best == entries.end() || keyOf(*best).cycle < keyOf(*entry).cycle) best = entry;
    }
    return best;
  };
  const auto found = highest(wanted, 0);
  const NameCycle split = splitCycle(wanted);
  return found != entries.end() || split.cycle == 0 ? found : highest(split.name, split.cycle);
}

uint64_t directoryOffsetOf(const Key& key) { return key.offset + key.keyBytes; }

// Appends what lies below the directory at `offset`; `visited` breaks circles.
Result<void> listBelow(const File& file, uint64_t offset, const std::string& prefix, int depth,
                       std::set<uint64_t>& visited, std::vector<DirectoryEntry>& entries) {
  if (depth > kDeepest) return Error(ErrorCode::kCorrupt, file.url() + ": its folders are nested too deep");
  if (!visited.insert(offset).second) return {};
  MLAAS_TRY(auto keys, readKeysOf(file, offset));
  for (Key& key : highestCycles(std::move(keys))) {
    DirectoryEntry entry{prefix + key.name, std::move(key)};
    entries.push_back(entry);
    if (entry.isDirectory()) {
      MLAAS_CHECK(listBelow(file, directoryOffsetOf(entry.key), entry.path + "/", depth + 1, visited, entries));
    }
  }
  return {};
}

std::vector<DirectoryEntry> listRecovered(const RecoveredFile& recovered) {
  std::vector<DirectoryEntry> entries;
  std::map<std::string, size_t> indexOf;
  for (const auto& [path, key] : recovered.entries) {
    auto [found, isNew] = indexOf.emplace(path, entries.size());
    if (isNew) {
      entries.push_back({path, key});
    } else if (entries[found->second].key.cycle <= key.cycle) {
      entries[found->second].key = key;
    }
  }
  return entries;
}

Result<DirectoryEntry> findRecovered(const File& file, std::string_view path) {
  const auto& entries = file.recovered()->entries;
  const auto found = findNamed(
      entries, path, [](const RecoveredFile::Entry& entry) -> const std::string& { return entry.path; },
      [](const RecoveredFile::Entry& entry) -> const Key& { return entry.key; });
  if (found != entries.end()) return DirectoryEntry{std::string(path), found->key};
  return Error(ErrorCode::kNotFound,
               file.url() + ": has no whole object '" + std::string(path) + "'; it " + file.damage());
}

}  // namespace

Result<std::vector<DirectoryEntry>> listKeys(const File& file) {
  std::vector<DirectoryEntry> entries;
  if (file.recovered() != nullptr) return listRecovered(*file.recovered());
  std::set<uint64_t> visited;
  MLAAS_CHECK(listBelow(file, file.topDirectoryOffset(), "", 0, visited, entries));
  return entries;
}

Result<DirectoryEntry> findKey(const File& file, std::string_view path) {
  if (file.recovered() != nullptr) return findRecovered(file, path);
  uint64_t offset = file.topDirectoryOffset();
  std::string_view rest = path;
  while (true) {
    MLAAS_TRY(auto keys, readKeysOf(file, offset));
    const size_t slash = rest.find('/');
    const auto nameOf = [](const Key& key) -> const std::string& { return key.name; };
    // A key's own name may contain a slash: the whole rest is tried first.
    auto found = findNamed(keys, rest, nameOf, std::identity());
    if (found != keys.end()) return DirectoryEntry{std::string(path), std::move(*found)};
    if (slash != std::string_view::npos) found = findNamed(keys, rest.substr(0, slash), nameOf, std::identity());
    if (found != keys.end() && !DirectoryEntry{"", *found}.isDirectory()) found = keys.end();
    if (found == keys.end()) {
      return Error(ErrorCode::kNotFound, file.url() + ": has no object '" + std::string(path) + "'");
    }
    offset = directoryOffsetOf(*found);
    rest = rest.substr(slash + 1);
  }
}

}  // namespace mlaas::root
