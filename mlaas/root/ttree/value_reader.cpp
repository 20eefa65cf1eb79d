#include "mlaas/root/ttree/value_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/ttree/streamed_marks.h"

namespace mlaas::root {

namespace {

constexpr int32_t kFirstWithVersion = 8;  // of TStreamerInfo, that tells the class's version of member-wise elements
constexpr int kDeepest = 100;

// The outermost class whose description the tree of values follows; nullptr where there is none.
const ValueNode* describedClass(const ValueNode& node) {
  if (node.kind == ValueKind::kRecord && node.version != kAnyVersion && !node.typeName.empty()) return &node;
  for (const ValueNode& child : node.children) {
    if (const ValueNode* found = describedClass(child); found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

ValueReader::ValueReader(const ValueNode& root, uint32_t leaf)
    : root_(root), path_(pathTo(root, leaf)), leaf_(leaf), levels_(path_.levels) {
  clear();
}

void ValueReader::clear() {
  offsets_.assign(static_cast<size_t>(path_.type.jaggedDepth), {0});
  values_ = {};
  numEntries_ = 0;
}

Column ValueReader::take() {
  Column column{path_.type, numEntries_, {}, values_.take()};
  for (const auto& level : offsets_) column.offsets.push_back(copyToBuffer(std::span<const int64_t>(level)));
  clear();
  return column;
}

Result<void> ValueReader::readEntry(std::span<const std::byte> entry) {
  MLAAS_TRY(const size_t length, readFront(entry));
  if (length == entry.size()) return {};
  code_ = ErrorCode::kCorrupt;
  reason_ = "its values have " + std::to_string(length) + " bytes, its entry " + std::to_string(entry.size());
  return failure();
}

// Bytes that are not what a description tells may be damaged, but most classes of that kind write theirs by code.
Error ValueReader::failure() const {
  const ValueNode* described = code_ == ErrorCode::kCorrupt ? describedClass(root_) : nullptr;
  if (described == nullptr) return {code_, reason_};
  return {ErrorCode::kUnsupported, "its bytes are not what the file describes for class " + described->typeName + ": " +
                                       reason_ + "; the class writes them by code of its own, or the file is damaged"};
}

Result<size_t> ValueReader::readFront(std::span<const std::byte> bytes) {
  begin_ = at_ = bytes.data();
  end_ = begin_ + bytes.size();
  slots_.assign(counts_.begin(), counts_.end());
  frame_ = {0, counts_.empty() ? size_t{0} : size_t{1}};
  depth_ = 0;
  bool done = false;
  try {
    if (bytes.empty() && root_.kind == ValueKind::kList) {
      // Old files leave out the header of an empty collection.
      done = addOffsets(0, 1, 0);
    } else {
      done = readValues(root_, 1, 0, true);
    }
  } catch (const std::bad_alloc&) {
    code_ = ErrorCode::kOverloaded;
    reason_ = "there is no memory for its values; read a smaller range";
  }
  if (!done) {
    reason_ += " (at byte " + std::to_string(at_ - begin_) + " of the entry's " + std::to_string(bytes.size()) + ")";
    return failure();
  }
  ++numEntries_;
  return static_cast<size_t>(at_ - begin_);
}

Result<void> ValueReader::addMissing(size_t count) {
  const auto outermost = std::ranges::find(path_.levels, 0);
  if (outermost == path_.levels.end()) {
    const size_t bytes = count * path_.type.valuesPerElement() * dtypeBytes(path_.type.dtype);
    std::byte* to = values_.append(bytes);
    if (to == nullptr) return Error(ErrorCode::kOverloaded, "there is no memory for its values; read a smaller range");
    std::fill_n(to, bytes, std::byte{0});
  } else {
    const auto depth = static_cast<size_t>(outermost - path_.levels.begin());
    if (path_.nodes[depth]->kind == ValueKind::kArray) {
      return Error(ErrorCode::kUnsupported, "the branch was made later than its tree, and arrays cannot be empty");
    }
    addOffsets(depth, count, 0);
  }
  numEntries_ += static_cast<int64_t>(count);
  return {};
}

bool ValueReader::fail(std::string reason) {
  reason_ = std::move(reason);
  code_ = ErrorCode::kCorrupt;
  return false;
}

bool ValueReader::failUnsupported(std::string reason) {
  reason_ = std::move(reason);
  code_ = ErrorCode::kUnsupported;
  return false;
}

bool ValueReader::addOffsets(size_t depth, size_t lists, size_t count) {
  auto& level = offsets_[static_cast<size_t>(levels_[depth])];
  for (size_t i = 0; i < lists; ++i) level.push_back(level.back() + static_cast<int64_t>(count));
  return true;
}

bool ValueReader::readHeader(Header& header) {
  if (left() >= sizeof(uint32_t) && (peek<uint32_t>() & kByteCountMask) != 0) {
    const size_t count = peek<uint32_t>() & ~kByteCountMask;
    at_ += sizeof(uint32_t);
    if (count > left() || count < sizeof(uint16_t)) {
      return fail("a byte count of " + std::to_string(count) + " goes past the end");
    }
    header.end = at_ + count;
  }
  uint16_t version = 0;
  if (!read(version)) return false;
  header.memberWise = header.end != nullptr && (version & kMemberWise) != 0;
  header.version = static_cast<int16_t>(header.memberWise ? version & ~kMemberWise : version);
  return true;
}

bool ValueReader::finish(const Header& header, const std::byte* outerEnd, const ValueNode& node) {
  const std::byte* limit = end_;
  end_ = outerEnd;
  if (header.end == nullptr || at_ == limit) return true;
  return fail(node.typeName + " has " + std::to_string(limit - at_) + " bytes more than its members");
}

// After the header of member-wise collections stands the version of their elements' class.
bool ValueReader::readCollectionHeader(Header& header) {
  if (!readHeader(header)) return false;
  if (!header.memberWise || header.version < kFirstWithVersion) return true;
  int16_t version = 0;
  if (!read(version)) return false;
  header.hasElementVersion = true;
  header.elementVersion = version;
  return version > 0 || read(header.elementChecksum);
}

bool ValueReader::readValues(const ValueNode& node, size_t count, size_t depth, bool wanted) {
  if (!node.hasHeader || node.kind == ValueKind::kRecord) return readContents(node, count, depth, wanted, nullptr);
  if (node.isPointer && left() >= sizeof(uint32_t)) {
    const bool isNull = peek<uint32_t>() == 0;
    const bool isObject = isByteCountNext() && left() >= 2 * sizeof(uint32_t) &&
                          (loadNumber<uint32_t, std::endian::big>(at_ + sizeof(uint32_t)) & kClassMask) != 0;
    if (isNull || isObject) return readPointedList(node, depth, wanted);
  }
  Header header;
  if (!readCollectionHeader(header)) return false;
  if (!wanted && header.end != nullptr) {
    at_ = header.end;
    return true;
  }
  const std::byte* outerEnd = end_;
  if (header.end != nullptr) end_ = header.end;
  return readContents(node, count, depth, wanted, header.memberWise ? &header : nullptr) &&
         finish(header, outerEnd, node);
}

bool ValueReader::readContents(const ValueNode& node, size_t count, size_t depth, bool wanted,
                               const Header* memberWise) {
  if (!wanted && node.fixedBytes > 0) {
    if (count > left() / node.fixedBytes) return fail("it is cut short");
    at_ += count * node.fixedBytes;
    return true;
  }
  if (node.kind == ValueKind::kNumber) return readNumbers(node, count, wanted);
  if (node.kind == ValueKind::kTObject) return skipTObject(count);
  if (node.kind == ValueKind::kArray) return readArray(node, count, depth, wanted, memberWise);
  if (node.kind == ValueKind::kBytes) return need(count * node.count) && (at_ += count * node.count, true);
  for (size_t i = 0; i < count; ++i) {
    bool done = false;
    switch (node.kind) {
      case ValueKind::kString:
      case ValueKind::kLongString:
        done = readString(node, depth, wanted);
        break;
      case ValueKind::kList:
        done = readList(node, depth, wanted, memberWise);
        break;
      case ValueKind::kCounted:
      case ValueKind::kLoop:
        done = readCounted(node, i, depth, wanted);
        break;
      case ValueKind::kRecord:
        done = readRecord(node, depth, wanted);
        break;
      case ValueKind::kRest:
        done = readRest(node, depth, wanted);
        break;
      case ValueKind::kNamed:
        done = readNamed(node, depth, wanted);
        break;
      case ValueKind::kPointer:
        done = readPointer(node, depth, wanted);
        break;
      case ValueKind::kClones:
        done = readClones(node, depth, wanted);
        break;
      case ValueKind::kTail:
        at_ = end_;
        done = true;
        break;
      case ValueKind::kNothing:
        done = wanted ? failNothing(node) : skipOpaque(node);
        break;
      default:
        done = skipOpaque(node);
        break;
    }
    if (!done) return false;
  }
  return true;
}

bool ValueReader::readNumbers(const ValueNode& node, size_t count, bool wanted) {
  if (node.hasReferences || node.slot >= 0) {
    for (size_t i = 0; i < count; ++i) {
      if (!readFlagged(node, i, wanted)) return false;
    }
    return true;
  }
  const size_t stored = node.number.storedBytes();
  if (count > left() / stored) return fail("it is cut short");
  std::byte* to = values_.append(count * dtypeBytes(node.number.dtype));
  if (to == nullptr) throw std::bad_alloc();
  decodeNumbers(node.number, at_, count, to);
  at_ += count * stored;
  return true;
}

// A number that must be looked at: flags of an object, or one that counts.
bool ValueReader::readFlagged(const ValueNode& node, size_t object, bool wanted) {
  const size_t stored = node.number.storedBytes();
  const size_t bytes = dtypeBytes(node.number.dtype);
  if (!need(stored)) return false;
  alignas(8) std::array<std::byte, 8> value{};
  decodeNumbers(node.number, at_, 1, value.data());
  at_ += stored;
  if (wanted) {
    std::byte* to = values_.append(bytes);
    if (to == nullptr) throw std::bad_alloc();
    std::copy_n(value.data(), bytes, to);
  }
  if (node.slot >= 0) {
    const size_t slot = frame_.first + object * frame_.numSlots + static_cast<size_t>(node.slot);
    visitDType(node.number.dtype, [&](auto zero) {
      decltype(zero) counted;
      std::memcpy(&counted, value.data(), sizeof(counted));
      if (slot < slots_.size()) slots_[slot] = static_cast<int64_t>(counted);
    });
  }
  if (!node.hasReferences) return true;
  uint32_t flags = 0;
  std::memcpy(&flags, value.data(), sizeof(flags));
  return (flags & kIsReferenced) == 0 || (need(2) && (at_ += 2, true));
}

bool ValueReader::readString(const ValueNode& node, size_t depth, bool wanted) {
  uint32_t length = 0;
  if (node.kind == ValueKind::kLongString) {
    if (!read(length)) return false;
  } else {
    uint8_t shortLength = 0;
    if (!read(shortLength)) return false;
    length = shortLength;
    if (shortLength == kLongLength && !read(length)) return false;
  }
  if (!need(length)) return false;
  if (wanted) {
    std::byte* to = values_.append(length);
    if (to == nullptr) throw std::bad_alloc();
    std::copy_n(at_, length, to);
    addOffsets(depth, 1, length);
  }
  at_ += length;
  return true;
}

bool ValueReader::readList(const ValueNode& node, size_t depth, bool wanted, const Header* memberWise) {
  int32_t count = 0;
  if (!read(count)) return false;
  const ValueNode& element = node.children.front();
  const size_t room = left() / std::max<size_t>(element.leastBytes, 1);
  if (count < 0 || static_cast<size_t>(count) > room) {
    return fail("a list of " + std::to_string(count) + " elements has " + std::to_string(left()) + " bytes");
  }
  if (wanted) addOffsets(depth, 1, static_cast<size_t>(count));
  if (count == 0) return true;
  return readElements(node, static_cast<size_t>(count), depth + 1, isWanted(element, wanted), memberWise);
}

bool ValueReader::readElements(const ValueNode& node, size_t count, size_t depth, bool wanted,
                               const Header* memberWise) {
  const ValueNode& element = node.children.front();
  if (memberWise) {
    if (element.kind != ValueKind::kRecord) {
      return failUnsupported("a collection of " + element.typeName + " is stored member by member");
    }
    if (!memberWise->hasElementVersion) return readMemberWise(element, count, depth, wanted);
    const ValueNode* found = ofVersion(element, memberWise->elementVersion, memberWise->elementChecksum);
    if (found == nullptr) return false;
    return inVersion(element, *found, depth, wanted, [&] { return readMemberWise(*found, count, depth, wanted); });
  }
  if (node.isMap) return readMap(element, count, depth, wanted);
  return readContents(element, count, depth, wanted, nullptr);
}

// Keys and values in turn, without the headers that members have.
bool ValueReader::readMap(const ValueNode& pair, size_t count, size_t depth, bool wanted) {
  for (size_t i = 0; i < count; ++i) {
    for (const ValueNode& member : pair.children) {
      if (!readContents(member, 1, depth + 1, isWanted(member, wanted), nullptr)) return false;
    }
  }
  return true;
}

// The first member of all objects, then the second.
bool ValueReader::readMemberWise(const ValueNode& record, size_t count, size_t depth, bool wanted) {
  if (depth_ >= kDeepest) return fail("values are nested too deep");
  ++depth_;
  const Frame outer = frame_;
  if (record.numSlots > 0) openFrame(static_cast<size_t>(record.numSlots), count);
  for (const ValueNode& member : record.children) {
    const bool wantsMember = isWanted(member, wanted);
    const bool done = member.isBase ? readMemberWise(member, count, depth + 1, wantsMember)
                                    : readValues(member, count, depth + 1, wantsMember);
    if (!done) return false;
  }
  if (record.numSlots > 0) closeFrame(outer);
  --depth_;
  return true;
}

// Room for the counters of `count` objects that are read member by member.
void ValueReader::openFrame(size_t numSlots, size_t count) {
  frame_ = {slots_.size(), numSlots};
  slots_.resize(slots_.size() + numSlots * count);
}

void ValueReader::closeFrame(Frame outer) {
  slots_.resize(frame_.first);
  frame_ = outer;
}

bool ValueReader::readArray(const ValueNode& node, size_t count, size_t depth, bool wanted, const Header* memberWise) {
  const ValueNode& element = node.children.front();
  const size_t room = left() / std::max<size_t>(element.leastBytes, 1);
  if (node.count == 0 || count > room / node.count) return fail("an array is cut short");
  if (wanted && levels_[depth] >= 0) addOffsets(depth, count, node.count);
  return readContents(element, count * node.count, depth + 1, isWanted(element, wanted), memberWise);
}

bool ValueReader::readCounted(const ValueNode& node, size_t object, size_t depth, bool wanted) {
  const size_t slot = frame_.first + object * frame_.numSlots + static_cast<size_t>(node.countSlot);
  if (slot >= slots_.size()) return failUnsupported("the number that counts " + node.typeName + " is elsewhere");
  int64_t count = slots_[slot];
  if (node.isTriangle && count >= 0 && count <= INT32_MAX) count = count * (count + 1) / 2;
  uint8_t flag = 1;
  if (node.hasFlag && !read(flag)) return false;
  if (flag == 0) count = 0;
  const ValueNode& element = node.children.front();
  const bool wantsElement = isWanted(element, wanted);
  if (count < 0 || static_cast<uint64_t>(count) > left() / std::max<size_t>(element.leastBytes, 1)) {
    return fail("an array of " + std::to_string(count) + " elements has " + std::to_string(left()) + " bytes");
  }
  if (wanted) addOffsets(depth, 1, static_cast<size_t>(count));
  return readContents(element, static_cast<size_t>(count), depth + 1, wantsElement, nullptr);
}

bool ValueReader::readRecord(const ValueNode& node, size_t depth, bool wanted) {
  if (node.isBase && node.children.empty() && !isByteCountNext()) return true;
  if (depth_ >= kDeepest) return fail("values are nested too deep");
  ++depth_;
  Header header;
  const std::byte* outerEnd = end_;
  bool done = true;
  if (node.hasHeader) {
    done = readHeader(header) && (header.version > 0 || header.end == nullptr || read(header.checksum));
    const bool counts = node.isBase && node.hasCounters;
    if (done && !wanted && !counts && header.end != nullptr) {
      at_ = header.end;
      --depth_;
      return true;
    }
    if (header.end != nullptr) end_ = header.end;
  }
  const bool isOther = done && header.end != nullptr;
  const ValueNode* found = isOther ? ofVersion(node, header.version, header.checksum) : &node;
  done = done && found != nullptr && inVersion(node, *found, depth, wanted, [&] {
           const Frame outer = frame_;
           if (found->numSlots > 0) openFrame(static_cast<size_t>(found->numSlots), 1);
           const bool read = readMembers(*found, depth, wanted) && finish(header, outerEnd, node);
           if (found->numSlots > 0) closeFrame(outer);
           return read;
         });
  --depth_;
  return done;
}

const ValueNode* ValueReader::ofVersion(const ValueNode& node, int32_t version, uint32_t checksum) {
  const auto isIt = [&](const ValueNode& one) {
    return one.version == kAnyVersion || (version > 0 ? one.version == version : one.checksum == checksum);
  };
  if (isIt(node)) return &node;
  const auto other = std::ranges::find_if(node.others, isIt);
  if (other != node.others.end()) return &*other;
  failUnsupported("it holds version " + std::to_string(version) + " of " + node.typeName +
                  ", which the file describes as version " + std::to_string(node.version));
  return nullptr;
}

const ValueReader::Detour& ValueReader::detourThrough(const ValueNode& node, const ValueNode& other, size_t depth) {
  const auto [found, isNew] = detours_.try_emplace({&other, leaf_});
  Detour& detour = found->second;
  if (!isNew) return detour;
  detour.leaf = leafLike(node, leaf_, other);
  if (detour.leaf == other.endLeaf) return detour;
  const auto outer = std::span(levels_).first(depth);
  const auto numLevels = static_cast<int32_t>(std::ranges::count_if(outer, [](int32_t one) { return one >= 0; }));
  detour.levels.assign(outer.begin(), outer.end());
  for (const int32_t level : pathTo(other, detour.leaf).levels) {
    detour.levels.push_back(level < 0 ? level : level + numLevels);
  }
  return detour;
}

template <class Read>
bool ValueReader::inVersion(const ValueNode& node, const ValueNode& other, size_t depth, bool wanted, Read&& read) {
  if (!wanted || &node == &other) return read();
  const Detour& detour = detourThrough(node, other, depth);
  if (detour.leaf == other.endLeaf) {
    return failUnsupported("version " + std::to_string(other.version) + " of " + node.typeName +
                           " has no such member, or one of another type");
  }
  const uint32_t outerLeaf = std::exchange(leaf_, detour.leaf);
  const std::vector<int32_t> outerLevels = std::exchange(levels_, detour.levels);
  const bool done = read();
  leaf_ = outerLeaf;
  levels_ = outerLevels;
  return done;
}

bool ValueReader::readMembers(const ValueNode& node, size_t depth, bool wanted) {
  for (const ValueNode& member : node.children) {
    if (!readValues(member, 1, depth + 1, isWanted(member, wanted))) return false;
  }
  return true;
}

// A member of all elements of a split collection.
bool ValueReader::readRest(const ValueNode& node, size_t depth, bool wanted) {
  const ValueNode& element = node.children.front();
  const bool wantsElement = isWanted(element, wanted);
  size_t count = 0;
  if (at_ == end_) {
    if (wanted) addOffsets(depth, 1, 0);
    return true;
  }
  Header header;
  const std::byte* outerEnd = end_;
  const bool sharesHeader = element.hasHeader && element.kind != ValueKind::kRecord;
  if (sharesHeader && !readCollectionHeader(header)) return false;
  if (header.end != nullptr) end_ = header.end;
  if (element.isCountedOutside) {
    if (wanted) addOffsets(depth, 1, counts_.size());
    return readContents(element, counts_.size(), depth + 1, wantsElement, nullptr) && finish(header, outerEnd, node);
  }
  while (at_ < end_) {
    const std::byte* before = at_;
    if (!readContents(element, 1, depth + 1, wantsElement, header.memberWise ? &header : nullptr)) return false;
    if (at_ == before) return fail("an element without any byte cannot be counted");
    ++count;
  }
  if (wanted) addOffsets(depth, 1, count);
  return finish(header, outerEnd, node);
}

}  // namespace mlaas::root
