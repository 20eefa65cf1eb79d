#include "mlaas/root/ttree/tree_metadata.h"

#include <algorithm>

#include "mlaas/root/streamer/object_reader.h"
#include "mlaas/root/ttree/side_files.h"

namespace mlaas::root {

namespace {

constexpr int64_t kGenerateOffsetMap = 1;  // TBasket::EIOBits
constexpr int kDeepestBranch = 64;
constexpr size_t kLeastBranchBytes = 64;  // names, numbers and lists of the smallest branch

// What is asked of each branch, leaf and basket.
struct MemberNames {
  MemberName branches{"fBranches"}, leaves{"fLeaves"}, baskets{"fBaskets"};
  MemberName name{"fName"}, title{"fTitle"}, fileName{"fFileName"};
  MemberName entries{"fEntries"}, firstEntry{"fFirstEntry"}, writeBasket{"fWriteBasket"};
  MemberName plainBytes{"fTotBytes"}, storedBytes{"fZipBytes"};
  MemberName offsetsLength{"fEntryOffsetLen"}, features{"fIOFeatures"};
  MemberName basketEntry{"fBasketEntry"}, basketSeek{"fBasketSeek"}, basketBytes{"fBasketBytes"};
  MemberName className{"fClassName"}, parentName{"fParentName"}, clonesName{"fClonesName"};
  MemberName classVersion{"fClassVersion"}, checksum{"fCheckSum"};
  MemberName id{"fID"}, type{"fType"}, streamerType{"fStreamerType"};
  MemberName leafName{"fName"}, leafTitle{"fTitle"}, length{"fLen"}, valueBytes{"fLenType"};
  MemberName isUnsigned{"fIsUnsigned"}, leafCount{"fLeafCount"};
};

Result<Leaf> readLeaf(const Object& object, const MemberNames& names) {
  Leaf leaf;
  leaf.className = object.className;
  MLAAS_TRY(leaf.name, object.text(names.leafName));
  MLAAS_TRY(leaf.title, object.text(names.leafTitle));
  MLAAS_TRY(const int64_t length, object.integer(names.length));
  MLAAS_TRY(const int64_t valueBytes, object.integer(names.valueBytes));
  leaf.length = static_cast<int32_t>(length);
  leaf.valueBytes = static_cast<int32_t>(valueBytes);
  leaf.isUnsigned = object.integerOr(names.isUnsigned, 0) != 0;
  if (const Object* counter = object.pointer(names.leafCount)) leaf.counter = counter->textOrEmpty(names.leafName);
  return leaf;
}

Result<std::shared_ptr<const EmbeddedBasket>> readEmbedded(const Object& object) {
  auto basket = std::make_shared<EmbeddedBasket>();
  MLAAS_TRY(const int64_t keyBytes, object.integer("fKeylen"));
  MLAAS_TRY(const int64_t numEntries, object.integer("fNevBuf"));
  MLAAS_TRY(const int64_t ioBits, object.integer("fIOBits"));
  basket->keyBytes = static_cast<uint32_t>(keyBytes);
  basket->numEntries = static_cast<uint32_t>(numEntries);
  basket->ioBits = static_cast<uint8_t>(ioBits);
  const NumberArray offsets = object.integersOrNone("fEntryOffset");
  basket->entryOffsets.resize(offsets.size());
  for (size_t i = 0; i < offsets.size(); ++i) basket->entryOffsets[i] = offsets.integer(i);
  const Value* bytes = object.find("@bytes");
  if (bytes != nullptr) {
    const auto& view = std::get<std::span<const std::byte>>(*bytes);
    basket->bytes.assign(view.begin(), view.end());
  }
  return std::shared_ptr<const EmbeddedBasket>(std::move(basket));
}

// The entry behind a branch's last one: fEntries counts what was filled, from fFirstEntry on.
int64_t endOfEntries(const Object& branch, int64_t numFilled, const MemberNames& names) {
  const int64_t first = branch.integerOr(names.firstEntry, 0);
  return first > 0 && numFilled >= 0 && first <= INT64_MAX - numFilled ? first + numFilled : numFilled;
}

// The baskets of a branch: those in the file first to last, then what was not full.
class BasketIndexReader {
 public:
  BasketIndexReader(const Object& branch, uint64_t fileBytes, const MemberNames& names)
      : branch_(branch), fileBytes_(fileBytes), names_(names) {}

  Result<BasketIndex> read() {
    MLAAS_TRY(entries_, branch_.integers(names_.basketEntry));
    MLAAS_TRY(places_, branch_.integers(names_.basketSeek));
    MLAAS_TRY(sizes_, branch_.integers(names_.basketBytes));
    MLAAS_TRY(const int64_t numWritten, branch_.integer(names_.writeBasket));
    MLAAS_TRY(const int64_t numEntries, branch_.integer(names_.entries));
    const auto list = branch_.list(names_.baskets);
    if (list.ok()) slots_ = *list;
    if (numEntries < 0 || numWritten < 0) return Error(ErrorCode::kCorrupt, "it counts entries or baskets below zero");
    numEntries_ = endOfEntries(branch_, numEntries, names_);
    const size_t numSlots = std::max(static_cast<size_t>(numWritten), slots_.size());
    reserve(std::min(numSlots, std::max(places_.size(), slots_.size())) + 1);
    for (size_t i = 0; i < numSlots; ++i) MLAAS_CHECK(readSlot(i, static_cast<size_t>(numWritten)));
    MLAAS_CHECK(closeIndex());
    return std::move(index_);
  }

 private:
  void reserve(size_t numBaskets) {
    index_.firstEntry.reserve(numBaskets);
    index_.offset.reserve(numBaskets);
    index_.bytes.reserve(numBaskets);
    index_.embedded.reserve(numBaskets);
  }

  Result<void> readSlot(size_t i, size_t numWritten) {
    const bool inFile = i < numWritten && i < places_.size() && places_.integer(i) != 0;
    const Object* object = i < slots_.size() ? slots_[i] : nullptr;
    if (inFile) return addStored(i);
    if (object == nullptr) {
      if (i >= numWritten) return {};
      return Error(ErrorCode::kCorrupt, "basket " + std::to_string(i) + " of " + std::to_string(numWritten) +
                                            " is neither in the file nor in the tree's record");
    }
    return addEmbedded(i, *object);
  }

  Result<void> addStored(size_t i) {
    const int64_t place = places_.integer(i);
    const int64_t bytes = i < sizes_.size() ? sizes_.integer(i) : 0;
    if (i >= entries_.size() || bytes <= 0 || place < 0 || static_cast<uint64_t>(place) > fileBytes_ ||
        static_cast<uint64_t>(bytes) > fileBytes_ - static_cast<uint64_t>(place)) {
      return Error(ErrorCode::kCorrupt, "basket " + std::to_string(i) + " lies outside the file");
    }
    storedBytes_ += static_cast<uint64_t>(bytes);
    if (storedBytes_ > fileBytes_) return Error(ErrorCode::kCorrupt, "its baskets are larger than the file");
    add(entries_.integer(i), static_cast<uint64_t>(place), static_cast<uint32_t>(bytes), nullptr);
    return {};
  }

  Result<void> addEmbedded(size_t i, const Object& object) {
    MLAAS_TRY(auto embedded, readEmbedded(object));
    if (embedded->numEntries == 0) return {};
    const int64_t previous = index_.offset.empty() ? 0 : lastEnd_;
    const int64_t known = i < entries_.size() ? entries_.integer(i) : 0;
    const int64_t first = i < entries_.size() && (i == 0 || known > 0) ? known : previous;
    lastEnd_ = first + embedded->numEntries;
    add(first, 0, 0, std::move(embedded));
    return {};
  }

  void add(int64_t first, uint64_t place, uint32_t bytes, std::shared_ptr<const EmbeddedBasket> embedded) {
    index_.firstEntry.push_back(first);
    index_.offset.push_back(place);
    index_.bytes.push_back(bytes);
    index_.embedded.push_back(std::move(embedded));
  }

  // The entries from before the branch was made, which ROOT's readers show as zero and empty.
  void addGap() {
    if (index_.firstEntry.front() <= 0) return;
    index_.firstEntry.insert(index_.firstEntry.begin(), 0);
    index_.offset.insert(index_.offset.begin(), 0);
    index_.bytes.insert(index_.bytes.begin(), 0);
    index_.embedded.insert(index_.embedded.begin(), nullptr);
  }

  // The end of the last basket, and the check that entries rise from basket to basket.
  Result<void> closeIndex() {
    const size_t count = index_.offset.size();
    int64_t end = count > 0 && index_.embedded.back() ? lastEnd_ : numEntries_;
    // The entry after the last basket in the file is known where there is a place for it.
    if (count > 0 && !index_.embedded.back() && count < entries_.size() && entries_.integer(count) > 0) {
      end = entries_.integer(count);
    }
    index_.firstEntry.push_back(count == 0 ? 0 : end);
    if (index_.firstEntry.front() < 0 || !std::is_sorted(index_.firstEntry.begin(), index_.firstEntry.end())) {
      return Error(ErrorCode::kCorrupt, "the first entries of its baskets do not rise");
    }
    addGap();
    for (size_t i = 0; i < index_.size(); ++i) {
      if (index_.firstEntry[i + 1] - index_.firstEntry[i] <= INT32_MAX) continue;
      return Error(ErrorCode::kCorrupt, "basket " + std::to_string(i) + " has more entries than a basket can");
    }
    return {};
  }

  const Object& branch_;
  const uint64_t fileBytes_;
  const MemberNames& names_;
  NumberArray entries_, places_, sizes_;
  std::span<const Object* const> slots_;
  BasketIndex index_;
  int64_t numEntries_ = 0;
  int64_t lastEnd_ = 0;  // of the last embedded basket
  uint64_t storedBytes_ = 0;
};

BranchElement readElement(const Object& object, const MemberNames& names) {
  BranchElement element;
  element.className = object.textOrEmpty(names.className);
  element.parentName = object.textOrEmpty(names.parentName);
  element.clonesName = object.textOrEmpty(names.clonesName);
  element.classVersion = static_cast<int32_t>(object.integerOr(names.classVersion, 0));
  element.checksum = static_cast<uint32_t>(object.integerOr(names.checksum, 0));
  element.id = static_cast<int32_t>(object.integerOr(names.id, -1));
  element.type = static_cast<int32_t>(object.integerOr(names.type, 0));
  element.streamerType = static_cast<int32_t>(object.integerOr(names.streamerType, -1));
  return element;
}

class BranchListReader {
 public:
  // `mostBranches` is what the record has room for: lists that refer to each other could name the same branches
  // without end.
  BranchListReader(const File& file, size_t mostBranches, std::vector<Branch>& branches)
      : file_(file), sideFiles_(file.url()), mostBranches_(mostBranches), branches_(branches) {}

  Result<void> read(const Object& holder, int32_t parent, const std::string& prefix, int depth) {
    if (depth > kDeepestBranch) return Error(ErrorCode::kCorrupt, "branches are nested too deep");
    MLAAS_TRY(const auto list, holder.list(depth == 0 ? MemberName("fBranches") : names_.branches));
    if (depth == 0) branches_.reserve(std::min(list.size(), mostBranches_));
    for (const Object* object : list) {
      if (object == nullptr) continue;
      MLAAS_CHECK(readBranch(*object, parent, prefix, depth));
    }
    return {};
  }

 private:
  // Baskets and leaves; what is wrong with them makes this branch unreadable and no other.
  Result<void> readContents(const Object& object, Branch& branch) {
    if (!object.unreadable.empty()) return Error(ErrorCode::kUnsupported, std::string(object.unreadable));
    MLAAS_TRY(const int64_t numFilled, object.integer(names_.entries));
    branch.numEntries = endOfEntries(object, numFilled, names_);
    MLAAS_TRY(const auto leaves, object.list(names_.leaves));
    branch.leaves.reserve(leaves.size());
    for (const Object* leaf : leaves) {
      if (leaf == nullptr) continue;
      MLAAS_TRY(auto read, readLeaf(*leaf, names_));
      branch.leaves.push_back(std::move(read));
    }
    if (const std::string name = object.textOrEmpty(names_.fileName); !name.empty()) {
      MLAAS_TRY(branch.sideFile, sideFiles_.open(name));
    }
    const File& file = branch.sideFile ? *branch.sideFile : file_;
    MLAAS_TRY(branch.baskets, BasketIndexReader(object, file.promisedBytes(), names_).read());
    return {};
  }

  Result<void> readBranch(const Object& object, int32_t parent, const std::string& prefix, int depth) {
    if (branches_.size() >= mostBranches_) return Error(ErrorCode::kCorrupt, "its branches contain each other");
    Branch branch;
    branch.className = object.className;
    branch.name = object.textOrEmpty(names_.name);
    branch.path = prefix + branch.name;
    branch.title = object.textOrEmpty(names_.title);
    branch.parent = parent;
    branch.plainBytes = static_cast<uint64_t>(object.integerOr(names_.plainBytes, 0));
    branch.storedBytes = static_cast<uint64_t>(object.integerOr(names_.storedBytes, 0));
    branch.hasEntryOffsets = object.integerOr(names_.offsetsLength, 0) > 0;
    if (const Object* features = object.pointer(names_.features)) {
      branch.generatesOffsets = (features->integerOr("fIOBits", 0) & kGenerateOffsetMap) != 0;
    }
    if (object.className == "TBranchElement" || object.className == "TBranchObject")
      branch.element = readElement(object, names_);
    if (auto contents = readContents(object, branch); !contents.ok()) {
      branch.unreadable = contents.error().what();
      branch.baskets = BasketIndex{{0}, {}, {}, {}};
    }
    const auto children = object.list(names_.branches);
    branch.hasChildren = children.ok() && !children->empty();
    const std::string path = branch.path;
    const auto index = static_cast<int32_t>(branches_.size());
    branches_.push_back(std::move(branch));
    return children.ok() ? read(object, index, path + "/", depth + 1) : Result<void>{};
  }

  const File& file_;
  SideFiles sideFiles_;
  const MemberNames names_;
  const size_t mostBranches_;
  std::vector<Branch>& branches_;
};

void readClusters(const Object& tree, TreeMetadata& metadata) {
  const auto ends = tree.integersOrNone("fClusterRangeEnd");
  const auto sizes = tree.integersOrNone("fClusterSize");
  const size_t count = std::min(ends.size(), sizes.size());
  for (size_t i = 0; i < count; ++i) {
    const int64_t last = ends.integer(i);
    if (last < 0 || last >= metadata.numEntries) break;
    metadata.clusterRangeEnds.push_back(last + 1);
    metadata.clusterSizes.push_back(sizes.integer(i));
  }
  metadata.clusterSizes.push_back(tree.integerOr("fAutoFlush", 0));
}

void readFriends(const Object& tree, TreeMetadata& metadata) {
  const auto elements = tree.list("fFriends");
  if (!elements.ok()) return;
  for (const Object* element : *elements) {
    if (element == nullptr || element->className != "TFriendElement") continue;
    metadata.friends.push_back(
        {element->textOrEmpty("fName"), element->textOrEmpty("fTreeName"), element->textOrEmpty("fTitle")});
  }
}

void readIndexNames(const Object& tree, TreeMetadata& metadata) {
  const Object* index = tree.pointer("fTreeIndex");
  if (index == nullptr || index->className != "TTreeIndex") return;
  metadata.indexNames = {index->textOrEmpty("fMajorName"), index->textOrEmpty("fMinorName")};
}

}  // namespace

Result<TreeMetadata> readTreeMetadata(const File& file, const Key& key, const ClassRegistry& registry) {
  MLAAS_TRY(const Record record, file.readRecord(key.offset, key.recordBytes));
  ObjectArena arena;
  ObjectReader reader(record.bytes, record.key.keyBytes, registry, arena);
  MLAAS_TRY(const Object* tree, reader.read(key.className));
  TreeMetadata metadata;
  metadata.className = key.className;
  MLAAS_TRY(metadata.name, tree->text("fName"));
  MLAAS_TRY(metadata.numEntries, tree->integer("fEntries"));
  if (metadata.numEntries < 0) return Error(ErrorCode::kCorrupt, "it has a negative number of entries");
  const size_t mostBranches = record.bytes.size() / kLeastBranchBytes;
  MLAAS_CHECK(BranchListReader(file, mostBranches, metadata.branches).read(*tree, -1, "", 0));
  readClusters(*tree, metadata);
  readFriends(*tree, metadata);
  readIndexNames(*tree, metadata);
  return metadata;
}

}  // namespace mlaas::root
