#include "mlaas/root/streamer/streamer_info.h"

#include <algorithm>

#include "mlaas/root/streamer/object_reader.h"

namespace mlaas::root {

namespace {

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
  member.arrayRank = static_cast<int32_t>(element.integerOr("fArrayDim", 0));
  member.sizeBytes = static_cast<int32_t>(element.integerOr("fSize", 0));
  for (size_t i = 0; i < std::min(dimensions.size(), member.dimensions.size()); ++i) {
    member.dimensions[i] = static_cast<int32_t>(dimensions.integer(i));
  }
  member.baseVersion = static_cast<int32_t>(element.integerOr("fBaseVersion", 0));
  member.countName = element.textOrEmpty("fCountName");
  member.countClass = element.textOrEmpty("fCountClass");
  member.countVersion = static_cast<int32_t>(element.integerOr("fCountVersion", 0));
  member.stlType = static_cast<int32_t>(element.integerOr("fSTLtype", 0));
  member.stlContained = static_cast<int32_t>(element.integerOr("fCtype", 0));
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
  for (const Object* info : std::get<std::span<const Object* const>>(*elements)) {
    // Schema evolution rules stand in the same list.
    if (info == nullptr || info->className != "TStreamerInfo") continue;
    auto description = descriptionOf(*info);
    if (!description.ok()) return std::move(description).error().within(where);
    registry->add(*std::move(description));
  }
  return std::shared_ptr<const ClassRegistry>(std::move(registry));
}

}  // namespace mlaas::root
