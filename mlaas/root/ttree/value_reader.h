// Reads one leaf of a tree of values from the bytes of entries, appending to growing offsets and values.
// Memory: what is appended is at most proportional to the bytes that were read: every element that is kept has bytes.
// Errors:  kCorrupt (lengths and counts that contradict the entry's bytes, where no class is described), kUnsupported
//          (the same in a class, a value that is not understood and does not say how long it is, another version of a
//          class), kOverloaded (no memory).
// Threads: one reader per thread. Owns: nothing that is not handed over by take(); the tree must outlive the reader.
// Source:  docs/formats/ttree.md, "Objects and collections".
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/root/ttree/growing_buffer.h"
#include "mlaas/root/ttree/value_node.h"

namespace mlaas::root {

class ValueReader {
 public:
  ValueReader(const ValueNode& root, uint32_t leaf);

  // The numbers that count the arrays of the next entries, where another branch holds them: one for each element of a
  // split collection. They must live as long as they are used.
  void setCounts(std::span<const int64_t> counts) { counts_ = counts; }
  // Reads an entry that has exactly these bytes.
  Result<void> readEntry(std::span<const std::byte> entry);
  // Reads an entry at the front of `bytes`; the value is its length.
  Result<size_t> readFront(std::span<const std::byte> bytes);
  // Adds entries that were never written: empty lists, or zeros. kUnsupported where neither is possible.
  Result<void> addMissing(size_t count);
  // Forgets what was read so far, as after entries that nobody asked for.
  void clear();
  // The entries that were read as a column.
  Column take();

 private:
  // What stands before a value: byte count and version.
  struct Header {
    const std::byte* end = nullptr;  // of the value; nullptr where there is no byte count
    int32_t version = 0;
    uint32_t checksum = 0;
    bool memberWise = false;
    // Of the elements' class, where they are stored member by member and their version stands there.
    bool hasElementVersion = false;
    int32_t elementVersion = 0;
    uint32_t elementChecksum = 0;
  };

  // The counters of one object, or of several that are read member by member.
  struct Frame {
    size_t first = 0;
    size_t numSlots = 0;  // of each object
  };

  Error failure() const;
  bool fail(std::string reason);
  bool failUnsupported(std::string reason);
  // A header can be longer than the byte count in it says: then nothing is left.
  size_t left() const { return at_ < end_ ? static_cast<size_t>(end_ - at_) : 0; }
  bool need(size_t bytes) { return bytes <= left() || fail("it is cut short"); }
  template <class T>
  T peek() const;
  template <class T>
  bool read(T& value);

  bool isByteCountNext() const;
  bool readHeader(Header& header);
  bool readCollectionHeader(Header& header);
  bool finish(const Header& header, const std::byte* outerEnd, const ValueNode& node);

  // Each reads `count` values of the node, one after the other; `depth` is the node's place on the path where wanted.
  bool readValues(const ValueNode& node, size_t count, size_t depth, bool wanted);
  bool readContents(const ValueNode& node, size_t count, size_t depth, bool wanted, const Header* memberWise);
  bool readNumbers(const ValueNode& node, size_t count, bool wanted);
  bool readFlagged(const ValueNode& node, size_t object, bool wanted);
  bool readString(const ValueNode& node, size_t depth, bool wanted);
  bool readList(const ValueNode& node, size_t depth, bool wanted, const Header* memberWise);
  bool readElements(const ValueNode& node, size_t count, size_t depth, bool wanted, const Header* memberWise);
  bool readMap(const ValueNode& pair, size_t count, size_t depth, bool wanted);
  void openFrame(size_t numSlots, size_t count);
  void closeFrame(Frame outer);
  bool readMemberWise(const ValueNode& record, size_t count, size_t depth, bool wanted);
  bool readArray(const ValueNode& node, size_t count, size_t depth, bool wanted, const Header* memberWise);
  bool readCounted(const ValueNode& node, size_t object, size_t depth, bool wanted);
  bool readRecord(const ValueNode& node, size_t depth, bool wanted);
  // The description of the class in the version that was found; nullptr after failing.
  const ValueNode* ofVersion(const ValueNode& node, int32_t version, uint32_t checksum);
  // The wanted leaf in another version of a class, and the levels on the way to it.
  struct Detour {
    uint32_t leaf = 0;
    std::vector<int32_t> levels;
  };
  const Detour& detourThrough(const ValueNode& node, const ValueNode& other, size_t depth);
  // Calls read() with the wanted leaf looked up by its name in another version of a class.
  template <class Read>
  bool inVersion(const ValueNode& node, const ValueNode& other, size_t depth, bool wanted, Read&& read);
  bool readMembers(const ValueNode& node, size_t depth, bool wanted);
  bool readRest(const ValueNode& node, size_t depth, bool wanted);
  bool readNamed(const ValueNode& node, size_t depth, bool wanted);
  bool readClones(const ValueNode& node, size_t depth, bool wanted);
  bool readClone(const ValueNode& object, size_t depth, bool wanted, size_t& count);
  bool readPointedList(const ValueNode& node, size_t depth, bool wanted);
  bool readPointer(const ValueNode& node, size_t depth, bool wanted);
  bool skipTObject(size_t count, uint32_t* bits = nullptr);
  bool readText(std::string_view& text);
  bool skipOpaque(const ValueNode& node);
  // Fails because there is a value where none was expected.
  bool failNothing(const ValueNode& node);

  // Appends lists of `count` elements to the level of the path's node at `depth`.
  bool addOffsets(size_t depth, size_t lists, size_t count);
  bool isWanted(const ValueNode& node, bool parentWanted) const { return parentWanted && node.holds(leaf_); }

  const ValueNode& root_;
  const ValuePath path_;
  uint32_t leaf_;                // in the tree that is being read: the root's, or another version of one of its classes
  std::vector<int32_t> levels_;  // of the nodes on the way to it
  std::map<std::pair<const ValueNode*, uint32_t>, Detour> detours_;  // by the other version and the leaf before it
  const std::byte* begin_ = nullptr;                                 // of the entry
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;  // of the innermost value that says its length
  int depth_ = 0;
  std::span<const int64_t> counts_;  // of arrays that another branch counts
  std::vector<int64_t> slots_;       // counters of the objects that are being read
  Frame frame_;                      // those of the innermost
  std::vector<std::vector<int64_t>> offsets_;
  GrowingBuffer values_;
  int64_t numEntries_ = 0;
  std::string reason_;
  ErrorCode code_ = ErrorCode::kCorrupt;
};

// ---- implementation of the templates

template <class T>
T ValueReader::peek() const {
  return loadNumber<T, std::endian::big>(at_);
}

template <class T>
bool ValueReader::read(T& value) {
  if (!need(sizeof(T))) return false;
  value = peek<T>();
  at_ += sizeof(T);
  return true;
}

}  // namespace mlaas::root
