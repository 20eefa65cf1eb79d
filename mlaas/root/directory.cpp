#include "mlaas/root/directory.h"

#include <algorithm>
#include <map>
#include <set>

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

// The keys of one directory, of each name the highest cycle.
Result<std::vector<Key>> readKeys(const File& file, const KeyList& list) {
  std::vector<Key> keys;
  if (list.offset == 0 || list.bytes == 0) return keys;
  MLAAS_TRY(const auto raw, file.readRaw(list.offset, list.bytes));
  ByteCursor cursor(raw);
  readKey(cursor);
  const auto count = cursor.big<uint32_t>();
  std::map<std::string, size_t> indexOf;
  for (uint32_t i = 0; i < count && cursor.ok(); ++i) {
    Key key = readKey(cursor);
    if (!cursor.ok()) break;
    auto [found, isNew] = indexOf.emplace(key.name, keys.size());
    if (isNew) {
      keys.push_back(std::move(key));
    } else if (keys[found->second].cycle < key.cycle) {
      keys[found->second] = std::move(key);
    }
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

uint64_t directoryOffsetOf(const Key& key) { return key.offset + key.keyBytes; }

// Appends what lies below the directory at `offset`; `visited` breaks circles.
Result<void> listBelow(const File& file, uint64_t offset, const std::string& prefix, int depth,
                       std::set<uint64_t>& visited, std::vector<DirectoryEntry>& entries) {
  if (depth > kDeepest) return Error(ErrorCode::kCorrupt, file.url() + ": its folders are nested too deep");
  if (!visited.insert(offset).second) return {};
  MLAAS_TRY(auto keys, readKeysOf(file, offset));
  for (Key& key : keys) {
    DirectoryEntry entry{prefix + key.name, std::move(key)};
    entries.push_back(entry);
    if (entry.isDirectory()) {
      MLAAS_CHECK(listBelow(file, directoryOffsetOf(entry.key), entry.path + "/", depth + 1, visited, entries));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<DirectoryEntry>> listKeys(const File& file) {
  std::vector<DirectoryEntry> entries;
  std::set<uint64_t> visited;
  MLAAS_CHECK(listBelow(file, file.topDirectoryOffset(), "", 0, visited, entries));
  return entries;
}

Result<DirectoryEntry> findKey(const File& file, std::string_view path) {
  uint64_t offset = file.topDirectoryOffset();
  std::string_view rest = path;
  while (true) {
    MLAAS_TRY(auto keys, readKeysOf(file, offset));
    const size_t slash = rest.find('/');
    // A key's own name may contain a slash: the whole rest is tried first.
    auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == rest; });
    if (found != keys.end()) return DirectoryEntry{std::string(path), std::move(*found)};
    found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) {
      return slash != std::string_view::npos && key.name == rest.substr(0, slash) &&
             DirectoryEntry{"", key}.isDirectory();
    });
    if (found == keys.end()) {
      return Error(ErrorCode::kNotFound, file.url() + ": has no object '" + std::string(path) + "'");
    }
    offset = directoryOffsetOf(*found);
    rest = rest.substr(slash + 1);
  }
}

}  // namespace mlaas::root
