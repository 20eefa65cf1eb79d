#include "mlaas/root/streamer/streamer_info.h"

#include <algorithm>

#include "mlaas/root/streamer/object_reader.h"

namespace mlaas::root {

namespace {

// A member that some kinds of element have and others do not.
int32_t integerOr0(const Object& object, std::string_view name) {
  const auto value = object.integer(name);
  return value.ok() ? static_cast<int32_t>(*value) : 0;
}

std::string textOrEmpty(const Object& object, std::string_view name) {
  auto value = object.text(name);
  return value.ok() ? *std::move(value) : std::string();
}

Result<ClassMember> memberOf(const Object& element) {
  ClassMember member;
  member.elementClass = element.className;
  MLAAS_TRY(member.name, element.text("fName"));
  MLAAS_TRY(member.title, element.text("fTitle"));
  MLAAS_TRY(const int64_t type, element.integer("fType"));
  MLAAS_TRY(const int64_t arrayLength, element.integer("fArrayLength"));
  MLAAS_TRY(const auto dimensions, element.integers("fMaxIndex"));
  MLAAS_TRY(member.typeName, element.text("fTypeName"));
  member.type = static_cast<int32_t>(type);
  member.arrayLength = static_cast<int32_t>(arrayLength);
  member.arrayRank = integerOr0(element, "fArrayDim");
  member.sizeBytes = integerOr0(element, "fSize");
  for (size_t i = 0; i < std::min(dimensions.size(), member.dimensions.size()); ++i) {
    member.dimensions[i] = static_cast<int32_t>(dimensions[i]);
  }
  member.baseVersion = integerOr0(element, "fBaseVersion");
  member.countName = textOrEmpty(element, "fCountName");
  member.countClass = textOrEmpty(element, "fCountClass");
  member.countVersion = integerOr0(element, "fCountVersion");
  member.stlType = integerOr0(element, "fSTLtype");
  member.stlContained = integerOr0(element, "fCtype");
  return member;
}

Result<ClassDescription> descriptionOf(const Object& info) {
  ClassDescription description;
  MLAAS_TRY(description.name, info.text("fName"));
  MLAAS_TRY(const int64_t version, info.integer("fClassVersion"));
  MLAAS_TRY(const int64_t checksum, info.integer("fCheckSum"));
  MLAAS_TRY(const auto elements, info.list("fElements"));
  description.version = static_cast<int32_t>(version);
  description.checksum = static_cast<uint32_t>(checksum);
  for (const Object* element : elements) {
    if (element == nullptr) continue;
    auto member = memberOf(*element);
    if (!member.ok()) return std::move(member).error().within(description.name);
    description.members.push_back(*std::move(member));
  }
  return description;
}

}  // namespace

Result<std::shared_ptr<const ClassRegistry>> readStreamerInfo(const File& file) {
  auto registry = std::make_shared<ClassRegistry>();
  if (!file.hasStreamerInfo()) return std::shared_ptr<const ClassRegistry>(std::move(registry));
  MLAAS_TRY(const Record record, file.readStreamerInfo());
  const ClassRegistry known;
  ObjectArena arena;
  ObjectReader reader(record.bytes, record.key.keyBytes, known, arena);
  const std::string where = file.url() + ": streamer info";
  auto list = reader.read("TList");
  if (!list.ok()) return std::move(list).error().within(where);
  const Value* elements = (*list)->find(kListElements);
  if (elements == nullptr) return Error(ErrorCode::kCorrupt, where + ": is not a list");
  for (const Object* info : std::get<std::vector<const Object*>>(*elements)) {
    // Schema evolution rules stand in the same list.
    if (info == nullptr || info->className != "TStreamerInfo") continue;
    auto description = descriptionOf(*info);
    if (!description.ok()) return std::move(description).error().within(where);
    registry->add(*std::move(description));
  }
  return std::shared_ptr<const ClassRegistry>(std::move(registry));
}

}  // namespace mlaas::root
