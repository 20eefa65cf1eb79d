#include "mlaas/root/writer/tree_record.h"

#include <algorithm>

#include "mlaas/root/streamer/known_classes.h"
#include "mlaas/root/writer/object_writer.h"

namespace mlaas::root {

namespace {

constexpr uint32_t kMustCleanup = 0x8;
constexpr uint32_t kBranchBits = 0x00400000;  // as ROOT leaves them on a branch
constexpr uint32_t kIsOwner = 0x4000;
constexpr int32_t kBasketSize = 32000;        // ROOT's default; no reader uses it
constexpr int32_t kEntryOffsetLength = 1000;  // not 0: the baskets have entry offsets
constexpr int32_t kWholeObject = -1;          // fID of a branch that is not split
constexpr int32_t kNoStreamerType = -1;
constexpr int32_t kCustomStreamer = -1;  // fType of a class that streams itself
constexpr int16_t kStringVersion = 2;    // of std::string in ROOT
constexpr int16_t kVectorVersion = 6;    // of every collection of the library
constexpr size_t kMinBaskets = 10;       // ROOT's arrays of baskets have at least so many elements

struct LeafRow {
  const char* className;
  char letter;
  bool isUnsigned;
};

LeafRow leafRow(DType type) {
  switch (type) {
    case DType::kBool:
      return {"TLeafO", 'O', false};
    case DType::kInt8:
      return {"TLeafB", 'B', false};
    case DType::kUInt8:
      return {"TLeafB", 'b', true};
    case DType::kInt16:
      return {"TLeafS", 'S', false};
    case DType::kUInt16:
      return {"TLeafS", 's', true};
    case DType::kInt32:
      return {"TLeafI", 'I', false};
    case DType::kUInt32:
      return {"TLeafI", 'i', true};
    case DType::kInt64:
      return {"TLeafL", 'L', false};
    case DType::kUInt64:
      return {"TLeafL", 'l', true};
    case DType::kFloat32:
      return {"TLeafF", 'F', false};
    case DType::kFloat64:
      break;
  }
  return {"TLeafD", 'D', false};
}

// As ROOT spells a type of numbers inside "vector<...>", the same on every system.
std::string_view cppName(DType type) {
  switch (type) {
    case DType::kBool:
      return "bool";
    case DType::kInt8:
      return "char";
    case DType::kUInt8:
      return "unsigned char";
    case DType::kInt16:
      return "short";
    case DType::kUInt16:
      return "unsigned short";
    case DType::kInt32:
      return "int";
    case DType::kUInt32:
      return "unsigned int";
    case DType::kInt64:
      return "Long64_t";
    case DType::kUInt64:
      return "ULong64_t";
    case DType::kFloat32:
      return "float";
    case DType::kFloat64:
      break;
  }
  return "double";
}

// "Jet_pt[nJet][3]", "nJet", "position[3]".
std::string nameWithDimensions(const BranchDescription& branch) {
  std::string name = branch.name;
  if (branch.kind == BranchKind::kObject) return name;
  if (!branch.counter.empty()) name += "[" + branch.counter + "]";
  for (uint32_t dimension : branch.type.shape) name += "[" + std::to_string(dimension) + "]";
  return name;
}

// "Jet_pt[nJet]/F".
std::string branchTitle(const BranchDescription& branch) {
  std::string title = nameWithDimensions(branch);
  return branch.kind == BranchKind::kObject ? title : title + "/" + leafRow(branch.type.dtype).letter;
}

void writeIoFeatures(ObjectWriter& writer) {
  writer.frame(0, [&] {  // a class without version: its checksum follows
    writer.number(findKnownClass("ROOT::TIOFeatures")->checksum);
    writer.number(uint8_t{0});
  });
}

void writeFillAttributes(ObjectWriter& writer) {
  writer.frame(2, [&] {
    writer.number(int16_t{0});     // colour
    writer.number(int16_t{1001});  // style: solid
  });
}

// A TObjArray held by value.
template <class Content>
void writeArray(ObjectWriter& writer, uint32_t bits, size_t size, Content&& content) {
  writer.frame(3, [&] {
    writer.rootObject(bits);
    writer.text("");
    writer.number(static_cast<int32_t>(size));
    writer.number(int32_t{0});  // fLowerBound
    content();
  });
}

// The base class TLeaf.
void writeLeafBase(ObjectWriter& writer, const BranchDescription& branch, const ObjectWriter::Handle* counter) {
  bool isObject = branch.kind == BranchKind::kObject;
  DType dtype = branch.type.dtype;
  writer.frame(2, [&] {
    writer.named(branch.name, nameWithDimensions(branch), 0);
    writer.number(isObject ? int32_t{1} : static_cast<int32_t>(branch.type.valuesPerElement()));  // fLen
    writer.number(isObject ? int32_t{0} : static_cast<int32_t>(dtypeBytes(dtype)));               // fLenType
    writer.number(int32_t{0});                                                                    // fOffset
    writer.number(static_cast<uint8_t>(branch.isCounter ? 1 : 0));                                // fIsRange
    writer.number(static_cast<uint8_t>(!isObject && leafRow(dtype).isUnsigned ? 1 : 0));
    counter != nullptr ? writer.reference(*counter) : writer.nullPointer();
  });
}

// The leaf of a branch; `counter` is the leaf of the branch that counts it.
ObjectWriter::Handle writeLeaf(ObjectWriter& writer, const BranchDescription& branch,
                               const ObjectWriter::Handle* counter) {
  return writer.object(std::string(leafClass(branch)), 1, [&] {
    writeLeafBase(writer, branch, counter);
    if (branch.kind == BranchKind::kObject) {
      writer.number(kWholeObject);     // fID
      writer.number(kNoStreamerType);  // fType
      return;
    }
    visitDType(branch.type.dtype, [&](auto zero) {
      writer.number(zero);  // fMinimum
      writer.number(static_cast<decltype(zero)>(branch.isCounter ? branch.maxCount : 0));
    });
  });
}

// One of the three arrays with an element for each basket: a flag and numBaskets values.
template <class T, class Value>
void writePerBasket(ObjectWriter& writer, size_t numSlots, size_t numValues, Value&& value) {
  writer.number(uint8_t{1});
  for (size_t i = 0; i < numSlots; ++i) writer.number(i < numValues ? static_cast<T>(value(i)) : T{0});
}

void writeBasketPlaces(ObjectWriter& writer, const BranchDescription& branch, size_t numSlots) {
  const auto& baskets = branch.baskets;
  writePerBasket<int32_t>(writer, numSlots, baskets.size(), [&](size_t i) { return baskets[i].bytes; });
  writePerBasket<int64_t>(writer, numSlots, baskets.size() + 1,
                          [&](size_t i) { return i < baskets.size() ? baskets[i].firstEntry : branch.numEntries; });
  writePerBasket<int64_t>(writer, numSlots, baskets.size(), [&](size_t i) { return baskets[i].offset; });
}

// The class TBranch; returns the branch's leaf.
ObjectWriter::Handle writeBranchBase(ObjectWriter& writer, const BranchDescription& branch, int32_t compression,
                                     const ObjectWriter::Handle* counter) {
  size_t numSlots = std::max(branch.baskets.size() + 1, kMinBaskets);
  ObjectWriter::Handle leaf;
  writer.named(branch.name, branchTitle(branch), kBranchBits);
  writeFillAttributes(writer);
  writer.number(compression);
  writer.number(kBasketSize);
  writer.number(branch.kind == BranchKind::kLeaf ? int32_t{0} : kEntryOffsetLength);
  writer.number(static_cast<int32_t>(branch.baskets.size()));  // fWriteBasket
  writer.number(branch.numEntries);                            // fEntryNumber
  writeIoFeatures(writer);
  writer.number(int32_t{0});                      // fOffset
  writer.number(static_cast<int32_t>(numSlots));  // fMaxBaskets
  writer.number(int32_t{0});                      // fSplitLevel
  writer.number(branch.numEntries);
  writer.number(int64_t{0});  // fFirstEntry
  writer.number(branch.totalBytes);
  writer.number(branch.storedBytes);
  writeArray(writer, 0, 0, [] {});  // fBranches
  writeArray(writer, 0, 1, [&] { leaf = writeLeaf(writer, branch, counter); });
  writeArray(writer, 0, branch.baskets.size() + 1, [&] {  // fBaskets: none in memory
    for (size_t i = 0; i <= branch.baskets.size(); ++i) writer.nullPointer();
  });
  writeBasketPlaces(writer, branch, numSlots);
  writer.text("");  // fFileName: the baskets are in this file
  return leaf;
}

// What TBranchElement adds for a branch that holds whole objects.
void writeElementMembers(ObjectWriter& writer, const BranchDescription& branch) {
  bool isString = branch.type.jaggedDepth == 1;
  writer.text(objectClass(branch.type));
  writer.text("");             // fParentName
  writer.text("");             // fClonesName
  writer.number(uint32_t{0});  // fCheckSum: none is kept for classes of the library
  writer.number(isString ? kStringVersion : kVectorVersion);
  writer.number(kWholeObject);                             // fID
  writer.number(isString ? kCustomStreamer : int32_t{0});  // fType
  writer.number(kNoStreamerType);
  writer.number(int32_t{0});  // fMaximum
  writer.nullPointer();       // fBranchCount
  writer.nullPointer();       // fBranchCount2
}

// The branch; returns its leaf.
ObjectWriter::Handle writeBranch(ObjectWriter& writer, const BranchDescription& branch, int32_t compression,
                                 const ObjectWriter::Handle* counter) {
  ObjectWriter::Handle leaf;
  if (branch.kind == BranchKind::kObject) {
    writer.object("TBranchElement", 10, [&] {
      writer.frame(13, [&] { leaf = writeBranchBase(writer, branch, compression, counter); });
      writeElementMembers(writer, branch);
    });
  } else {
    writer.object("TBranch", 13, [&] { leaf = writeBranchBase(writer, branch, compression, counter); });
  }
  return leaf;
}

void writeAttributes(ObjectWriter& writer) {
  writer.frame(2, [&] {  // TAttLine
    writer.number(int16_t{602});
    writer.number(int16_t{1});
    writer.number(int16_t{1});
  });
  writeFillAttributes(writer);
  writer.frame(3, [&] {  // TAttMarker
    writer.number(int16_t{1});
    writer.number(int16_t{1});
    writer.number(1.0F);
  });
}

void writeTreeNumbers(ObjectWriter& writer, const TreeDescription& tree) {
  int64_t totalBytes = 0;
  int64_t storedBytes = 0;
  for (const auto& branch : tree.branches) {
    totalBytes += branch.totalBytes;
    storedBytes += branch.storedBytes;
  }
  writer.number(tree.numEntries);
  writer.number(totalBytes);
  writer.number(storedBytes);
  writer.number(int64_t{0});  // fSavedBytes
  writer.number(tree.flushedBytes);
  writer.number(1.0);                         // fWeight
  writer.number(int32_t{0});                  // fTimerInterval
  writer.number(int32_t{25});                 // fScanField
  writer.number(int32_t{0});                  // fUpdate
  writer.number(int32_t{1000});               // fDefaultEntryOffsetLen
  writer.number(int32_t{0});                  // fNClusterRange: all clusters but the last have one size
  writer.number(int64_t{1'000'000'000'000});  // fMaxEntries
  writer.number(int64_t{1'000'000'000'000});  // fMaxEntryLoop
  writer.number(int64_t{0});                  // fMaxVirtualSize
  writer.number(int64_t{-300'000'000});       // fAutoSave
  writer.number(tree.clusterEntries);         // fAutoFlush
  writer.number(int64_t{1'000'000});          // fEstimate
  writer.number(uint8_t{0});                  // fClusterRangeEnd
  writer.number(uint8_t{0});                  // fClusterSize
}

void writeBranches(ObjectWriter& writer, const TreeDescription& tree) {
  std::vector<ObjectWriter::Handle> leaves;
  writeArray(writer, kIsOwner, tree.branches.size(), [&] {
    for (const auto& branch : tree.branches) {
      auto counter = std::ranges::find(tree.branches, branch.counter, &BranchDescription::name);
      bool counted = !branch.counter.empty();
      leaves.push_back(writeBranch(writer, branch, tree.compression,
                                   counted ? &leaves[static_cast<size_t>(counter - tree.branches.begin())] : nullptr));
    }
  });
  writeArray(writer, 0, leaves.size(), [&] {
    for (auto leaf : leaves) writer.reference(leaf);
  });
}

}  // namespace

std::string_view branchClass(const BranchDescription& branch) {
  return branch.kind == BranchKind::kObject ? "TBranchElement" : "TBranch";
}

std::string_view leafClass(const BranchDescription& branch) {
  return branch.kind == BranchKind::kObject ? "TLeafElement" : leafRow(branch.type.dtype).className;
}

std::string objectClass(const ColumnType& type) {
  std::string name(type.isString ? "string" : cppName(type.dtype));
  for (int level = type.isString ? 1 : 0; level < type.jaggedDepth; ++level)
    name = "vector<" + name + (name.ends_with('>') ? " >" : ">");
  return name;
}

std::vector<std::byte> makeTreeRecord(const TreeDescription& tree, size_t keyBytes) {
  ObjectWriter writer(keyBytes);
  writer.frame(20, [&] {
    writer.named(tree.name, tree.title, kMustCleanup);
    writeAttributes(writer);
    writeTreeNumbers(writer, tree);
    writeIoFeatures(writer);
    writeBranches(writer, tree);
    writer.nullPointer();       // fAliases
    writer.number(int32_t{0});  // fIndexValues
    writer.number(int32_t{0});  // fIndex
    writer.nullPointer();       // fTreeIndex
    writer.nullPointer();       // fFriends
    writer.nullPointer();       // fUserInfo
    writer.nullPointer();       // fBranchRef
  });
  return writer.bytes();
}

}  // namespace mlaas::root
