#include "mlaas/root/streamer/object_reader.h"

#include <algorithm>
#include <utility>

#include "mlaas/root/key.h"

namespace mlaas::root {

namespace {

namespace type = element_type;

constexpr int kDeepest = 100;
constexpr int32_t kFirstDescribedBranch = 10;  // version of TBranch that is written as its description says
constexpr uint32_t kByteCountMask = 0x40000000;
constexpr uint32_t kNewClassTag = 0xFFFFFFFF;
constexpr uint32_t kClassMask = 0x80000000;
constexpr uint32_t kMapOffset = 2;           // added to places so that 0 and 1 keep a meaning of their own
constexpr uint32_t kIsReferenced = 1U << 4;  // TObject::fBits: two more bytes follow

bool isReal(int32_t code) { return code == type::kFloat || code == type::kDouble; }

int64_t readInteger(ByteCursor& cursor, int32_t code) {
  switch (code) {
    case type::kChar:
      return cursor.big<int8_t>();
    case type::kUChar:
    case type::kLegacyChar:
    case type::kBool:
      return cursor.big<uint8_t>();
    case type::kShort:
      return cursor.big<int16_t>();
    case type::kUShort:
      return cursor.big<uint16_t>();
    case type::kUInt:
    case type::kBits:
      return cursor.big<uint32_t>();
    case type::kInt:
    case type::kCounter:
      return cursor.big<int32_t>();
    default:
      return cursor.big<int64_t>();
  }
}

double readReal(ByteCursor& cursor, int32_t code) {
  return code == type::kFloat ? static_cast<double>(cursor.big<float>()) : cursor.big<double>();
}

std::string_view withoutStar(std::string_view typeName) { return typeName.substr(0, typeName.find('*')); }

// The number type of TArrayX's values; 0 for another class.
int32_t arrayType(std::string_view className) {
  if (className == "TArrayC") return type::kChar;
  if (className == "TArrayS") return type::kShort;
  if (className == "TArrayI") return type::kInt;
  if (className == "TArrayL" || className == "TArrayL64") return type::kLong64;
  if (className == "TArrayF") return type::kFloat;
  if (className == "TArrayD") return type::kDouble;
  return 0;
}

// Whether a tree's columns need the objects of a class.
bool isOfTree(std::string_view className) {
  return className.starts_with("TTree") || className.starts_with("TBranch") || className.starts_with("TLeaf") ||
         className.starts_with("TBasket") || className.starts_with("TNtuple");
}

}  // namespace

Result<const Object*> ObjectReader::read(std::string_view className) {
  const Object* object = readObject(className);
  if (cursor_.ok()) return object;
  const std::string what = "the object of class " + std::string(className);
  if (reason_.empty()) return Error(cursor_.check(what).error());
  return Error(unsupported_ ? ErrorCode::kUnsupported : ErrorCode::kCorrupt,
               what + " cannot be read at byte " + std::to_string(cursor_.position()) + ": " + reason_);
}

void ObjectReader::add(std::string_view name, const Value& value) { open_.push_back({name, value}); }

void ObjectReader::fail(std::string reason) {
  if (reason_.empty()) reason_ = std::move(reason);
  cursor_.fail();
}

ObjectReader::Header ObjectReader::readHeader() {
  Header header;
  const size_t start = cursor_.position();
  if (cursor_.remaining() >= 4) {
    const auto word = cursor_.big<uint32_t>();
    header.hasCount = (word & kByteCountMask) != 0 && word != kNewClassTag;
    const size_t count = word & ~kByteCountMask;
    if (!header.hasCount) {
      cursor_.seek(start);
    } else if (count > cursor_.remaining() || count < 2) {
      fail("a byte count points past the end of the record");
    } else {
      header.end = start + 4 + count;
    }
  }
  header.version = cursor_.big<int16_t>();
  // A class without a version of its own is told by the checksum of its description.
  if (header.version <= 0 && header.hasCount && header.end >= cursor_.position() + 4) {
    header.checksum = cursor_.big<uint32_t>();
  }
  return header;
}

void ObjectReader::finish(const Header& header, Object& object) {
  if (!cursor_.ok() || !header.hasCount) return;
  if (cursor_.position() > header.end) return fail(std::string(object.className) + " is longer than its byte count");
  cursor_.seek(header.end);
}

const Object* ObjectReader::readObject(std::string_view className) {
  Object& object = arena_.make(className);
  readInto(object);
  return &object;
}

void ObjectReader::readInto(Object& object) {
  const size_t before = std::exchange(firstOpen_, open_.size());
  readClass(object, object.className, false);
  object.members = arena_.keep(std::span<const Object::Member>(open_).subspan(firstOpen_));
  open_.resize(firstOpen_);
  firstOpen_ = before;
}

ObjectReader::KnownClass& ObjectReader::knownClass(std::string_view className) {
  KnownClass& known = classes_[className.data()];
  if (known.name != className) known = {className, readerOf(className), {}, nullptr};
  return known;
}

const ClassDescription* ObjectReader::describe(KnownClass& known, const Header& header) {
  if (!known.header || known.header->version != header.version || known.header->checksum != header.checksum) {
    known.description = registry_.find(known.name, header.version, header.checksum);
    known.header = header;
  }
  return known.description;
}

void ObjectReader::readClass(Object& object, std::string_view className, bool isBase) {
  if (!cursor_.ok()) return;
  if (depth_ >= kDeepest) return fail("objects are nested too deep");
  ++depth_;
  KnownClass& known = knownClass(className);
  if (known.reader != nullptr) {
    (this->*known.reader)(object, className);
  } else {
    readOfDescribedClass(object, known, isBase);
  }
  --depth_;
}

void ObjectReader::readOfDescribedClass(Object& object, KnownClass& known, bool isBase) {
  const Header header = readHeader();
  if (!isBase) object.version = header.version;
  const ClassDescription* description = describe(known, header);
  if (description != nullptr && cursor_.ok()) {
    readDescribed(object, *description);
  } else if (cursor_.ok()) {
    object.unreadable = arena_.keep("the file does not describe class " + std::string(known.name) + " version " +
                                    std::to_string(header.version));
    if (!header.hasCount) {
      unsupported_ = true;
      fail(std::string(object.unreadable));
    } else {
      cursor_.seek(header.end);
    }
  }
  if (object.unreadable.empty()) {
    finish(header, object);
  } else if (cursor_.ok() && header.hasCount) {
    cursor_.seek(header.end);
  } else if (cursor_.ok()) {
    unsupported_ = true;
    fail(std::string(object.unreadable));
  }
}

const Object* ObjectReader::readPointer() {
  const size_t start = cursor_.position();
  const auto word = cursor_.big<uint32_t>();
  if (!cursor_.ok()) return nullptr;
  const bool hasCount = (word & kByteCountMask) != 0 && word != kNewClassTag;
  uint32_t tag = word;
  size_t end = 0;
  size_t tagPlace = start;
  if (hasCount) {
    const size_t count = word & ~kByteCountMask;
    if (count > cursor_.remaining() || count < 4) {
      fail("a byte count points past the end of the record");
      return nullptr;
    }
    end = start + 4 + count;
    tagPlace = cursor_.position();
    tag = cursor_.big<uint32_t>();
  }
  if ((tag & kClassMask) == 0) return readReferenced(tag, end);

  std::string_view className;
  if (tag == kNewClassTag) {
    const auto rest = cursor_.rest();
    const auto zero = std::find(rest.begin(), rest.end(), std::byte{0});
    className = cursor_.characters(static_cast<size_t>(zero - rest.begin()));
    cursor_.skip(1);
    classNames_.emplace(static_cast<uint32_t>(tagPlace + keyBytes_) + kMapOffset, className);
  } else {
    const auto found = classNames_.find(tag & ~kClassMask);
    if (found == classNames_.end()) {
      fail("an object refers to a class that was not named before");
      return nullptr;
    }
    className = found->second;
  }
  Object& object = arena_.make(className);
  // Known before its members are read: they may point back to it.
  objects_.emplace(static_cast<uint32_t>(start + keyBytes_) + kMapOffset, &object);
  if (!cursor_.ok()) return &object;
  const ByteCursor before = cursor_;
  const int depth = depth_;
  readInto(object);
  if (hasCount && !cursor_.ok() && !isOfTree(className)) {
    // What users add to a tree may follow no description; nothing that columns need is in it.
    object.unreadable = arena_.keep(reason_.empty() ? std::string(className) + " is longer than its record"
                                                    : std::exchange(reason_, {}));
    cursor_ = before;
    depth_ = depth;
    unsupported_ = false;
  }
  if (hasCount && cursor_.ok()) cursor_.seek(end);
  return &object;
}

const Object* ObjectReader::readReferenced(uint32_t tag, size_t end) {
  if (tag == 0) return nullptr;
  const auto found = objects_.find(tag);
  if (found != objects_.end()) return found->second;
  // To an object outside this record, or to one that was stepped over.
  if (end > 0) cursor_.seek(end);
  return nullptr;
}

void ObjectReader::readDescribed(Object& object, const ClassDescription& description) {
  const bool hasOldPlaces = description.version < kFirstDescribedBranch && description.name == "TBranch";
  for (const ClassMember& member : description.members) {
    if (!cursor_.ok() || !object.unreadable.empty()) return;
    if (member.isBase()) {
      readClass(object, member.name, true);
    } else if (hasOldPlaces && member.name == "fBasketSeek") {
      add(member.name, readOldPlaces());
    } else {
      readMember(object, member);
    }
  }
}

void ObjectReader::readMember(Object& object, const ClassMember& member) {
  const int32_t code = member.type;
  if (storedNumberBytes(code) > 0) return readNumber(member);
  if (code > type::kFixedArray && storedNumberBytes(code - type::kFixedArray) > 0) {
    const auto count = static_cast<uint64_t>(std::max(0, member.arrayLength));
    return add(member.name, readNumbers(code - type::kFixedArray, count));
  }
  if (code > type::kCountedArray && storedNumberBytes(code - type::kCountedArray) > 0) {
    return add(member.name, readCounted(member));
  }
  switch (code) {
    case type::kTString:
      return add(member.name, readString(cursor_));
    case type::kCharStar:
      return add(member.name, cursor_.characters(cursor_.big<uint32_t>()));
    case type::kObject:
    case type::kAny:
    case type::kObjectInPlace:
    case type::kAnyInPlace:
    case type::kTObject:
    case type::kTNamed:
      return add(member.name, readObject(withoutStar(member.typeName)));
    case type::kObjectPointer:
    case type::kAnyPointer:
      return add(member.name, readPointer());
    case type::kFixedArray + type::kObject:
    case type::kFixedArray + type::kAny:
      return add(member.name, readObjects(member, false));
    case type::kFixedArray + type::kObjectPointer:
    case type::kFixedArray + type::kAnyPointer:
      return add(member.name, readObjects(member, true));
    default:
      return stepOver(object, member);
  }
}

// A member that is not understood; without a byte count the rest of the object is lost.
void ObjectReader::stepOver(Object& object, const ClassMember& member) {
  const Header header = readHeader();
  if (!header.hasCount) {
    object.unreadable = arena_.keep("member " + member.name + " of type " + member.typeName + " cannot be read");
    return;
  }
  cursor_.seek(header.end);
  add(member.name, {});
}

void ObjectReader::readNumber(const ClassMember& member) {
  if (isReal(member.type)) return add(member.name, readReal(cursor_, member.type));
  const int64_t number = readInteger(cursor_, member.type);
  if (member.type == type::kBits && (static_cast<uint32_t>(number) & kIsReferenced) != 0) cursor_.skip(2);
  add(member.name, number);
}

Value ObjectReader::readNumbers(int32_t code, uint64_t count) {
  if (count > cursor_.remaining() / storedNumberBytes(code)) {
    fail("an array is longer than its record");
    return {};
  }
  return NumberArray(cursor_.bytes(count * storedNumberBytes(code)), code);
}

std::optional<uint64_t> ObjectReader::countOf(std::string_view name) const {
  const auto read = std::span<const Object::Member>(open_).subspan(firstOpen_);
  const auto found = std::ranges::find(read, name, &Object::Member::name);
  const auto* number = found == read.end() ? nullptr : std::get_if<int64_t>(&found->value);
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

Value ObjectReader::readCounted(const ClassMember& member) {
  const bool isThere = cursor_.big<uint8_t>() != 0;
  const auto count = countOf(member.countName);
  if (!count) {
    fail("array " + member.name + " has no count");
    return {};
  }
  return readNumbers(member.type - type::kCountedArray, isThere ? *count : 0);
}

// Where a branch's baskets lie, as ROOT 3 and 4 write it: of four bytes each, whatever the description says, unless the
// flag is 2.
Value ObjectReader::readOldPlaces() {
  constexpr uint8_t kWide = 2;
  const bool isWide = cursor_.big<uint8_t>() == kWide;
  const auto count = countOf("fMaxBaskets");
  if (!count) {
    fail("array fBasketSeek has no count");
    return {};
  }
  return readNumbers(isWide ? type::kLong64 : type::kInt, *count);
}

Value ObjectReader::readObjects(const ClassMember& member, bool pointers) {
  std::vector<const Object*> objects;
  const std::string_view className = withoutStar(member.typeName);
  for (int32_t i = 0; i < member.arrayLength && cursor_.ok(); ++i) {
    objects.push_back(pointers ? readPointer() : readObject(className));
  }
  return arena_.keep(std::span<const Object* const>(objects));
}

ObjectReader::BuiltinReader ObjectReader::readerOf(std::string_view className) {
  if (className == "TObject") return &ObjectReader::readTObject;
  if (className == "TString") return &ObjectReader::readTString;
  if (className == "TObjArray") return &ObjectReader::readObjArray;
  if (className == "TList" || className == "THashList") return &ObjectReader::readList;
  if (className == "TBasket") return &ObjectReader::readBasket;
  if (className == "TTreeIndex") return &ObjectReader::readTreeIndex;
  return arrayType(className) != 0 ? &ObjectReader::readArray : nullptr;
}

void ObjectReader::readTString(Object& /*object*/, std::string_view /*className*/) {
  add("fString", readString(cursor_));
}

void ObjectReader::readTObject(Object& /*object*/, std::string_view /*className*/) {
  const auto version = cursor_.big<uint16_t>();
  if ((version & (kByteCountMask >> 16)) != 0) cursor_.skip(4);  // it was the upper half of a byte count
  add("fUniqueID", int64_t{cursor_.big<uint32_t>()});
  const auto bits = cursor_.big<uint32_t>();
  add("fBits", int64_t{bits});
  if ((bits & kIsReferenced) != 0) cursor_.skip(2);
}

void ObjectReader::readObjArray(Object& object, std::string_view /*className*/) {
  const Header header = readHeader();
  object.version = header.version;
  if (header.version > 2) readTObject(object, {});
  if (header.version > 1) readString(cursor_);
  const auto count = cursor_.big<uint32_t>();
  cursor_.skip(4);  // lower bound
  if (count > cursor_.remaining() / 4) return fail("a list is longer than its record");
  std::vector<const Object*> elements;
  elements.reserve(count);
  for (uint32_t i = 0; i < count && cursor_.ok(); ++i) elements.push_back(readPointer());
  add(kListElements, arena_.keep(std::span<const Object* const>(elements)));
  finish(header, object);
}

void ObjectReader::readList(Object& object, std::string_view /*className*/) {
  const Header header = readHeader();
  object.version = header.version;
  if (header.version <= 3) return fail("a TList of version " + std::to_string(header.version));
  readTObject(object, {});
  readString(cursor_);
  const auto count = cursor_.big<uint32_t>();
  if (count > cursor_.remaining() / 5) return fail("a list is longer than its record");
  std::vector<const Object*> elements;
  elements.reserve(count);
  for (uint32_t i = 0; i < count && cursor_.ok(); ++i) {
    elements.push_back(readPointer());
    readString(cursor_);  // option
  }
  add(kListElements, arena_.keep(std::span<const Object* const>(elements)));
  finish(header, object);
}

void ObjectReader::readArray(Object& /*object*/, std::string_view className) {
  const auto count = cursor_.big<uint32_t>();
  add("fArray", readNumbers(arrayType(className), count));
}

// A basket that stands in its branch: key, sizes, offsets, and the data as it would be in a record, key included.
void ObjectReader::readBasket(Object& object, std::string_view /*className*/) {
  const Key key = readKeyOfUnwritten(cursor_);
  const auto version = cursor_.big<uint16_t>();
  cursor_.skip(4);  // size of the buffer in memory
  int64_t ioBits = 0;
  const auto offsetsCapacity = cursor_.big<int32_t>();
  if (offsetsCapacity < 0) ioBits = cursor_.big<uint8_t>();
  const auto numEntries = cursor_.big<int32_t>();
  const auto last = cursor_.big<int32_t>();
  auto flag = cursor_.big<uint8_t>();
  if (numEntries < 0 || last < 0) return fail("a basket has negative sizes");
  const bool generated = flag >= 80;
  if (generated) flag = static_cast<uint8_t>(flag - 80);
  object.version = version;
  add("fKeylen", int64_t{key.keyBytes});
  add("fIOBits", ioBits);
  add("fNevBuf", int64_t{numEntries});
  add("fLast", int64_t{last});
  Value offsets;
  if (!generated && flag != 0 && flag % 10 != 2) {
    if (numEntries > 0) offsets = readNumbers(type::kInt, cursor_.big<uint32_t>());
    if (flag > 40) readNumbers(type::kInt, cursor_.big<uint32_t>());  // displacements
  }
  add("fEntryOffset", offsets);
  if (flag == 1 || flag > 10) {
    if (version <= 1) cursor_.skip(4);  // length of the array that follows
    add("@bytes", cursor_.bytes(static_cast<size_t>(last)));
  }
}

// The names alone: the index itself can be made again from the columns.
void ObjectReader::readTreeIndex(Object& object, std::string_view /*className*/) {
  const Header header = readHeader();
  const Header base = readHeader();
  if (!header.hasCount || !base.hasCount || base.end > header.end) return fail("an index of a tree has no length");
  object.version = header.version;
  cursor_.seek(base.end);
  add("fMajorName", readString(cursor_));
  add("fMinorName", readString(cursor_));
  cursor_.seek(header.end);
}

}  // namespace mlaas::root
