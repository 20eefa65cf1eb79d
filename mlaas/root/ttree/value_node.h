// How one value of a branch lies in its bytes: a tree of lists, records, arrays, strings and numbers.
// A leaf is a number or a string; each becomes a column of its own. Leaves are counted in the order of the tree, and
// every node knows which of them lie below it, so that a reader can step over what is not asked for.
// Threads: values, immutable after planning.
// Source:  docs/formats/ttree.md, "Objects and collections".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/root/ttree/number_encoding.h"

namespace mlaas::root {

enum class ValueKind : uint8_t {
  kNumber,      // number
  kString,      // a length (one byte, or 255 and four) and as many characters
  kLongString,  // a length of four bytes and as many characters
  kList,        // a count (four bytes) and as many elements
  kArray,       // `count` elements
  kCounted,     // as many elements as the number in `countSlot` says; a byte before them where hasFlag
  kLoop,        // the same with a header (byte count, version)
  kRecord,      // the members one after the other
  kRest,        // a member of all elements of a split collection: as many as the entry has
  kNamed,       // a class name with its length before it and a zero behind it, then an object
  kPointer,     // nothing, or an object with its class
  kTObject,     // version, unique id, bits, and two more bytes where an object is referenced
  kBytes,       // `count` bytes that nobody wants
  kOpaque,      // not understood: stepped over by its byte count
  kClones,      // what a TClonesArray holds behind its header: as many objects as it counts
  kTail,        // not understood: the rest of the record that it stands in
  kNothing,     // not understood, and the whole branch has none: a column of lists that are all empty
};

constexpr int32_t kAnyVersion = -1;  // of a class

struct ValueNode {
  ValueKind kind = ValueKind::kOpaque;
  std::string name;      // the member's; empty where a value has no name of its own (elements, base classes)
  std::string typeName;  // for people
  std::string reason;    // kOpaque, kTail, kNothing: why

  // Byte count and version stand before the value. Of a record they stand before each; of a list, string, loop or array
  // of these once before all that are read at once.
  bool hasHeader = false;
  bool isHidden = false;            // read, but no leaf
  bool isBase = false;              // kRecord: a base class, whose members stand among those of the class
  bool hasFlag = false;             // kCounted
  bool isCountedOutside = false;    // kCounted, kLoop: another branch holds the number that countSlot names
  bool isTriangle = false;          // kCounted: the number counts the rows of a triangle of elements
  bool isPointer = false;           // kList: a member that points to a collection; older files have it as an object
  bool isMap = false;               // kList: of keys and values; the two members of its child
  bool hasReferences = false;       // kNumber: two more bytes follow where the bit of referenced objects is set
  uint32_t count = 0;               // kArray, kBytes
  int32_t version = 0;              // kRecord: of the description; 0 where its checksum tells it, or kAnyVersion
  uint32_t checksum = 0;            // kRecord
  int32_t slot = -1;                // kNumber: where the value is kept because it counts another member's elements
  int32_t countSlot = -1;           // kCounted, kLoop
  int32_t numSlots = 0;             // kRecord: slots of it and its base classes; 0 in base classes
  NumberEncoding number;            // kNumber, kNothing
  std::vector<ValueNode> children;  // the element, or the members
  std::vector<ValueNode>
      others;  // kRecord: the class in its other versions that the file describes; trees of their own

  // Filled at the end of planning.
  bool hasCounters = false;  // kRecord: a number in it or in its base classes has a slot
  size_t fixedBytes = 0;     // of every value, where that is the same for all; else 0
  size_t leastBytes = 0;     // that a value can have
  uint32_t firstLeaf = 0;    // leaves below: [firstLeaf, endLeaf)
  uint32_t endLeaf = 0;

  bool isLeaf() const {
    return kind == ValueKind::kNumber || kind == ValueKind::kString || kind == ValueKind::kLongString ||
           kind == ValueKind::kNothing;
  }
  bool holds(uint32_t leaf) const { return firstLeaf <= leaf && leaf < endLeaf; }
};

// Fills what the tree says about itself: sizes and leaves. Call it once, on the root.
void finishTree(ValueNode& root);

// The way from the root to a leaf, and what the column of that leaf is like.
struct ValuePath {
  std::vector<const ValueNode*> nodes;  // from the root to the leaf
  std::vector<int32_t> levels;          // of each node: the level of offsets that it makes, or -1
  ColumnType type;
  std::string name;  // of the members, with dots between
};

// `leaf` must be one of the root's.
ValuePath pathTo(const ValueNode& root, uint32_t leaf);

// The leaf of `other` that has the name and type that `leaf` has below `node`; other.endLeaf where there is none.
uint32_t leafLike(const ValueNode& node, uint32_t leaf, const ValueNode& other);

}  // namespace mlaas::root
