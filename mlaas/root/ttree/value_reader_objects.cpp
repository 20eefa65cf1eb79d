// What a ValueReader does where an object says its own class or length.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "mlaas/root/ttree/streamed_marks.h"
#include "mlaas/root/ttree/value_reader.h"

namespace mlaas::root {

// A class name of which the length stands before it and a zero behind it, then the object.
bool ValueReader::readNamed(const ValueNode& node, size_t depth, bool wanted) {
  uint8_t length = 0;
  if (!read(length) || !need(size_t{length} + 1)) return false;
  const std::string_view name(reinterpret_cast<const char*>(at_), length);
  if (name != node.typeName) {
    return failUnsupported("it holds an object of class " + std::string(name) + ", not " + node.typeName);
  }
  at_ += size_t{length} + 1;
  const ValueNode& object = node.children.front();
  return readValues(object, 1, depth + 1, isWanted(object, wanted));
}

bool ValueReader::readText(std::string_view& text) {
  uint8_t shortLength = 0;
  if (!read(shortLength)) return false;
  uint32_t length = shortLength;
  if (shortLength == kLongLength && !read(length)) return false;
  if (!need(length)) return false;
  text = {reinterpret_cast<const char*>(at_), length};
  at_ += length;
  return true;
}

// Name, class, number and first index of the objects; then these member by member, or each behind a byte that says
// whether it is there.
bool ValueReader::readClones(const ValueNode& node, size_t depth, bool wanted) {
  const ValueNode& object = node.children.front();
  uint32_t bits = 0;
  std::string_view name;
  std::string_view className;
  int32_t count = 0;
  int32_t lowerBound = 0;
  if (!skipTObject(1, &bits) || !readText(name) || !readText(className) || !read(count) || !read(lowerBound)) {
    return false;
  }
  if (count == INT32_MIN || static_cast<size_t>(std::abs(count)) > left()) {
    return fail("an array of " + std::to_string(count) + " objects has " + std::to_string(left()) + " bytes");
  }
  const auto numObjects = static_cast<size_t>(std::abs(count));
  if (className.substr(0, className.find(';')) != object.typeName) {
    return failUnsupported("it holds objects of class " + std::string(className) + ", not " + object.typeName);
  }
  const bool wantsObject = isWanted(object, wanted);
  if ((bits & kBypassStreamer) != 0) {
    if (wanted) addOffsets(depth, 1, numObjects);
    return readMemberWise(object, numObjects, depth + 1, wantsObject);
  }
  size_t numThere = 0;
  for (size_t i = 0; i < numObjects; ++i) {
    if (!readClone(object, depth + 1, wantsObject, numThere)) return false;
  }
  return !wanted || addOffsets(depth, 1, numThere);
}

bool ValueReader::readClone(const ValueNode& object, size_t depth, bool wanted, size_t& count) {
  uint8_t isThere = 0;
  if (!read(isThere)) return false;
  if (isThere == 0) return true;
  ++count;
  return readRecord(object, depth, wanted);
}

// A list behind a byte count and the tag of its class, or null.
bool ValueReader::readPointedList(const ValueNode& node, size_t depth, bool wanted) {
  uint32_t word = 0;
  uint32_t tag = 0;
  if (!read(word)) return false;
  if (word == 0) return !wanted || addOffsets(depth, 1, 0);
  const std::byte* listEnd = at_ + (word & ~kByteCountMask);
  if (listEnd - at_ < static_cast<ptrdiff_t>(sizeof(tag))) return fail("a byte count leaves no room for a class");
  if (!read(tag)) return false;
  if (tag == kNewClassTag) {
    const std::byte* zero = std::find(at_, listEnd, std::byte{0});
    if (zero == listEnd) return fail("a class name has no end");
    at_ = zero + 1;
  }
  const std::byte* outerEnd = std::exchange(end_, listEnd);
  const bool done = readContents(node, 1, depth, wanted, nullptr);
  end_ = outerEnd;
  return done && (at_ == listEnd || fail("a list behind a pointer is shorter than its byte count"));
}

// Null, or a byte count, a tag for the class, and the object.
bool ValueReader::readPointer(const ValueNode& node, size_t depth, bool wanted) {
  uint32_t word = 0;
  if (!read(word)) return false;
  if (word == 0) return !wanted || addOffsets(depth, 1, 0);
  if ((word & kByteCountMask) == 0 || word == kNewClassTag) {
    return !wanted || failUnsupported("a pointer refers to an object that was read before");
  }
  const size_t bytes = word & ~kByteCountMask;
  if (bytes > left() || bytes < sizeof(uint32_t)) return fail("a byte count goes past the end");
  const std::byte* objectEnd = at_ + bytes;
  if (!wanted) {
    at_ = objectEnd;
    return true;
  }
  if (node.children.front().kind == ValueKind::kNothing) return failNothing(node.children.front());
  uint32_t tag = 0;
  if (!read(tag)) return false;
  if ((tag & kClassMask) == 0) return failUnsupported("a pointer refers to an object that was read before");
  if (tag == kNewClassTag) {
    const std::byte* zero = std::find(at_, objectEnd, std::byte{0});
    const std::string_view name(reinterpret_cast<const char*>(at_), static_cast<size_t>(zero - at_));
    const ValueNode& object = node.children.front();
    if (zero == objectEnd || name != object.typeName) {
      return failUnsupported("a pointer to " + object.typeName + " holds a " + std::string(name));
    }
    at_ = zero + 1;
  }
  addOffsets(depth, 1, 1);
  const std::byte* outerEnd = std::exchange(end_, objectEnd);
  const bool done = readRecord(node.children.front(), depth + 1, true);
  end_ = outerEnd;
  return done && (at_ == objectEnd || fail("an object behind a pointer is shorter than its byte count"));
}

bool ValueReader::skipTObject(size_t count, uint32_t* bits) {
  constexpr size_t kBytes = 10;
  constexpr size_t kBitsAt = 6;
  for (size_t i = 0; i < count; ++i) {
    if (!need(kBytes)) return false;
    // Where a byte count stands before the version, its upper half looks like one.
    if ((peek<uint16_t>() & (kByteCountMask >> 16)) != 0) at_ += sizeof(uint32_t);
    if (!need(kBytes)) return false;
    const auto flags = loadNumber<uint32_t, std::endian::big>(at_ + kBitsAt);
    at_ += kBytes;
    if (bits != nullptr) *bits = flags;
    if ((flags & kIsReferenced) != 0 && !(need(2) && (at_ += 2, true))) return false;
  }
  return true;
}

// A byte count that fits, before what may be nothing at all.
bool ValueReader::isByteCountNext() const {
  if (left() < sizeof(uint32_t) || (peek<uint32_t>() & kByteCountMask) == 0) return false;
  const size_t count = peek<uint32_t>() & ~kByteCountMask;
  return count >= sizeof(uint16_t) && count <= left() - sizeof(uint32_t);
}

bool ValueReader::failNothing(const ValueNode& node) {
  return failUnsupported("it holds a value of " + node.typeName + ": " + node.reason);
}

bool ValueReader::skipOpaque(const ValueNode& node) {
  // Base classes without members leave no bytes where ROOT knew nothing about them.
  if (node.isBase && !isByteCountNext()) return true;
  if (left() < sizeof(uint32_t) || (peek<uint32_t>() & kByteCountMask) == 0) {
    return failUnsupported("it holds " + node.typeName + " without a length: " + node.reason);
  }
  Header header;
  if (!readHeader(header)) return false;
  at_ = header.end;
  return true;
}

}  // namespace mlaas::root
