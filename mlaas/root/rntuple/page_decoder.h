// One page of an RNTuple: its checksum, decompression, and the numbers in it, while they are in cache.
// Errors:  kCorrupt (checksum, blocks that give other sizes), kUnsupported (codec).
// Threads: pure functions; each thread reuses scratch memory from page to page.
// Source:  docs/formats/rntuple.md, "Encodings".
#pragma once

#include <span>

#include "mlaas/root/rntuple/page_list.h"

namespace mlaas::root {

// A page and what the file holds of it, its checksum included.
struct PageBytes {
  const Page* page = nullptr;
  std::span<const std::byte> stored;
};

// Elements of a page, counted within it; at least one.
struct ElementRun {
  size_t first = 0;
  size_t count = 0;
};

// What a switch column says of one element: the alternative that it holds (0: none) and its place among those.
struct SwitchValue {
  uint64_t index = 0;
  uint32_t alternative = 0;
  bool operator==(const SwitchValue&) const = default;
};

// kCorrupt unless the page's blocks promise what its elements need. To be called before memory for them is asked for.
Result<void> checkPage(const PageBytes& page, const PhysicalColumn& column);

// Fills `to` with elements of the page as numbers of the column's dtype.
Result<void> decodeValues(const PageBytes& page, const PhysicalColumn& column, ElementRun run, std::byte* to);

// Takes the elements of an index column, which are ends of collections counted from the cluster's begin, and writes
// them as ends that count on from where others stopped.
class EndsWriter {
 public:
  // Writes behind to[0], where the first collection begins in the output. In the cluster it begins at 0, or else where
  // the first element says that is added, which is then not written.
  EndsWriter(int64_t* to, bool beginsAtZero) : to_(to + 1), base_(static_cast<uint64_t>(to[0])) {
    hasBegin_ = beginsAtZero;
    shift_ = base_;
  }
  void add(std::span<const uint64_t> ends);
  void addZeros(uint64_t count);

  // Whether an end was smaller than the one before it.
  bool fell() const { return fell_; }
  // The first element of the first collection and the end of the last.
  uint64_t begin() const { return begin_; }
  uint64_t end() const { return previous_; }

 private:
  int64_t* to_;
  const uint64_t base_;
  bool hasBegin_ = false;
  bool fell_ = false;
  uint64_t begin_ = 0;
  uint64_t shift_ = 0;
  uint64_t previous_ = 0;
};

// Hands elements of an index column to `ends`.
Result<void> decodeIndexes(const PageBytes& page, const PhysicalColumn& column, ElementRun run, EndsWriter& ends);

// Fills `to` with elements of a switch column.
Result<void> decodeSwitches(const PageBytes& page, const PhysicalColumn& column, ElementRun run, SwitchValue* to);

}  // namespace mlaas::root
