#include "mlaas/root/writer/streamer_record.h"

#include <algorithm>
#include <cstdlib>

#include "mlaas/root/streamer/known_classes.h"
#include "mlaas/root/writer/object_writer.h"

namespace mlaas::root {

namespace {

constexpr uint32_t kIsCompiled = 0x00010000;  // ROOT sets it on every description

// The base class TStreamerElement of every element. ROOT gives a base class no size.
void writeElementBase(ObjectWriter& writer, const ClassMember& member) {
  writer.frame(4, [&] {
    writer.named(member.name, member.title, 0);
    writer.number(member.type);
    writer.number(member.isBase() ? int32_t{0} : member.sizeBytes);
    writer.number(member.arrayLength);
    writer.number(member.arrayRank);
    for (int32_t dimension : member.dimensions) writer.number(dimension);
    writer.text(member.typeName);
  });
}

void writeMember(ObjectWriter& writer, const ClassMember& member) {
  bool isStl = member.elementClass == "TStreamerSTL";
  int16_t version = member.isBase() || isStl ? 3 : 2;
  writer.object(member.elementClass, version, [&] {
    writeElementBase(writer, member);
    if (member.isBase()) {
      writer.number(member.baseVersion);
    } else if (member.elementClass == "TStreamerBasicPointer") {
      writer.number(member.countVersion);
      writer.text(member.countName);
      writer.text(member.countClass);
    } else if (isStl) {
      writer.number(member.stlType);
      writer.number(member.stlContained);
    }
  });
}

void writeClass(ObjectWriter& writer, const ClassDescription& description) {
  writer.object("TStreamerInfo", 10, [&] {
    writer.named(description.name, "", kIsCompiled);
    writer.number(description.checksum);
    writer.number(std::abs(description.version));
    writer.object("TObjArray", 3, [&] {
      writer.rootObject(0);
      writer.text("");
      writer.number(static_cast<int32_t>(description.members.size()));
      writer.number(int32_t{0});  // fLowerBound
      for (const ClassMember& member : description.members) writeMember(writer, member);
    });
  });
}

// Adds a class and, before it, what it consists of.
void collect(const std::string& name, std::vector<const ClassDescription*>& found) {
  const ClassDescription* description = findKnownClass(name);
  if (description == nullptr || std::ranges::find(found, description) != found.end()) return;
  for (const ClassMember& member : description->members) {
    if (member.isBase()) {
      collect(member.name, found);
    } else if (!member.typeName.ends_with('*')) {
      collect(member.typeName, found);
    }
  }
  found.push_back(description);
}

}  // namespace

RecordKey streamerRecordKey() {
  return {.className = "TList", .name = "StreamerInfo", .title = "Doubly linked list", .listed = false, .tail = {}};
}

std::vector<std::byte> makeStreamerRecord(std::span<const std::string> classes,
                                          std::span<const ClassDescription> others, size_t keyBytes) {
  std::vector<const ClassDescription*> found;
  for (const std::string& name : classes) collect(name, found);
  for (const ClassDescription& other : others) found.push_back(&other);
  ObjectWriter writer(keyBytes);
  writer.frame(5, [&] {  // TList
    writer.rootObject(0);
    writer.text("");
    writer.number(static_cast<int32_t>(found.size()));
    for (const ClassDescription* description : found) {
      writeClass(writer, *description);
      writer.number(uint8_t{0});  // the option of a list's entry: empty
    }
  });
  return writer.bytes();
}

}  // namespace mlaas::root
