// A TTree's own record: its branches with their leaves and the places of their baskets.
// Errors:  kCorrupt (missing members, places outside the file, entries that do not rise), kUnsupported (a version of
//          TTree that neither the file nor knownClasses() describes).
// Threads: values. Owns: all its data; nothing points into the record.
// Source:  docs/formats/ttree.md, "Metadata".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mlaas/root/file.h"
#include "mlaas/root/streamer/class_registry.h"

namespace mlaas::root {

struct Leaf {
  std::string className;  // "TLeafF"
  std::string name;
  std::string title;       // with the dimensions: "Jet_pt[nJet]"
  std::string counter;     // name of the leaf that counts this one's elements, or empty
  int32_t length = 1;      // fLen: values of one element (product of the fixed dimensions)
  int32_t valueBytes = 0;  // fLenType
  bool isUnsigned = false;
};

// A basket that stands in the tree's record because it was not full when the tree was written.
struct EmbeddedBasket {
  uint32_t keyBytes = 0;
  uint8_t ioBits = 0;
  uint32_t numEntries = 0;
  std::vector<std::byte> bytes;       // record-relative: the data begins at keyBytes
  std::vector<int64_t> entryOffsets;  // record-relative, one an entry; empty for entries of one size
};

// Places of the baskets of one branch. Basket i holds the entries [firstEntry[i], firstEntry[i + 1]).
struct BasketIndex {
  std::vector<int64_t> firstEntry;                              // baskets + 1
  std::vector<uint64_t> offset;                                 // in the file; 0 for an embedded one
  std::vector<uint32_t> bytes;                                  // of the record
  std::vector<std::shared_ptr<const EmbeddedBasket>> embedded;  // nullptr for one in the file
  // The first one may be a gap: no bytes and no EmbeddedBasket, for entries from before the branch was made.
  bool isGap(size_t i) const { return bytes[i] == 0 && !embedded[i]; }

  size_t size() const { return offset.size(); }
  int64_t numEntries() const { return firstEntry.back(); }
};

// What TBranchElement adds to TBranch.
struct BranchElement {
  std::string className;   // of the object
  std::string parentName;  // the class that the member belongs to
  std::string clonesName;  // of the elements of a TClonesArray or collection
  int32_t classVersion = 0;
  uint32_t checksum = 0;  // of the class's description
  int32_t id = -1;        // index among the members of className
  int32_t type = 0;       // 0 leaf, 1 base class, 2 split object, 3 TClonesArray, 31 its member, 4 collection, 41 ...
  int32_t streamerType = -1;
};

struct Branch {
  std::string name;
  std::string path;  // as uproot names it: "parent/child"
  std::string title;
  std::string className;                 // "TBranch", "TBranchElement", ...
  std::shared_ptr<const File> sideFile;  // that holds the baskets; nullptr: the tree's own
  std::vector<Leaf> leaves;
  BasketIndex baskets;
  BranchElement element;  // of a TBranchElement
  int64_t numEntries = 0;
  uint64_t plainBytes = 0;  // of all baskets
  uint64_t storedBytes = 0;
  int32_t parent = -1;  // index of the parent branch
  bool hasChildren = false;
  bool generatesOffsets = false;  // baskets may leave out their offsets (iobit of TIOFeatures)
  bool hasEntryOffsets = false;   // fEntryOffsetLen > 0
  std::string unreadable;         // why baskets and leaves are missing
};

// A tree whose columns the file counts to this one's, entry by entry or by an index of that tree.
struct DeclaredFriend {
  std::string alias;  // fName
  std::string tree;   // fTreeName, with folders
  std::string file;   // fTitle; empty for the same file
};

struct TreeMetadata {
  std::string name;
  std::string className;
  int64_t numEntries = 0;
  std::vector<Branch> branches;           // parents before their children
  std::vector<int64_t> clusterRangeEnds;  // first entry after each range of equal clusters
  std::vector<int64_t> clusterSizes;      // entries of a cluster in the ranges; one more for the rest
  std::vector<DeclaredFriend> friends;
  std::vector<std::string> indexNames;  // of its TTreeIndex: major and minor; empty without one
};

// Reads the tree under `key` of `file`.
Result<TreeMetadata> readTreeMetadata(const File& file, const Key& key, const ClassRegistry& registry);

}  // namespace mlaas::root
