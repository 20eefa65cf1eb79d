#include "mlaas/root/ttree/value_planner.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "mlaas/root/ttree/built_in_classes.h"
#include "mlaas/root/ttree/node_makers.h"

namespace mlaas::root {

namespace {

namespace type = element_type;

constexpr size_t kDeepestClass = 32;
constexpr size_t kMostNodes = 20000;  // of one tree: classes that contain each other grow without end
constexpr int32_t kNewest = -1;
constexpr int32_t kStlPointer = 71;  // TStreamerInfo::kSTLp

constexpr std::array kLists = {"vector",        "list",
                               "deque",         "forward_list",
                               "set",           "multiset",
                               "unordered_set", "unordered_multiset",
                               "RVec",          "ROOT::VecOps::RVec",
                               "VecOps::RVec",  "ROOT::RVec"};
constexpr std::array kMaps = {"map", "multimap", "unordered_map", "unordered_multimap"};

std::string withoutStars(std::string name) {
  while (!name.empty() && (name.back() == '*' || name.back() == ' ')) name.pop_back();
  return name;
}

// A class's text with ROOT's own number types as C++ names them: descriptions carry either.
std::string inPlainNumbers(TypeName name) {
  if (name.name == "Double32_t") name.name = "double";
  if (name.name == "Float16_t") name.name = "float";
  for (TypeName& argument : name.arguments) {
    const auto plain = parseTypeName(inPlainNumbers(argument));
    if (plain) argument = *plain;
  }
  return name.text();
}

}  // namespace

ValuePlanner::ValuePlanner(const ClassRegistry& registry) : registry_(registry) {
  for (const auto& [name, versions] : registry.all()) {
    if (const auto parsed = parseTypeName(name)) spellings_.emplace(parsed->text(), name);
  }
  // A file can describe both PxPyPzE4D<double> and PxPyPzE4D<Double32_t>: each stands for itself first.
  for (const auto& [name, versions] : registry.all()) {
    if (const auto parsed = parseTypeName(name)) spellings_.emplace(inPlainNumbers(*parsed), name);
  }
}

void ValuePlanner::start() {
  numNodes_ = 0;
  open_.clear();
  scopes_.clear();
}

ValueNode ValuePlanner::ofTypeName(std::string_view typeName) {
  const auto type = parseTypeName(typeName);
  if (!type) return opaqueNode(std::string(typeName), "the name of its type cannot be understood");
  return ofType(*type, true);
}

ValueNode ValuePlanner::ofTObject() {
  ValueNode flags = numberNode(type::kBits, "fBits");
  flags.hasReferences = true;
  return recordNode("TObject", false, {bytesNode(2), numberNode(type::kUInt, "fUniqueID"), flags});
}

ValueNode ValuePlanner::ofType(const TypeName& type, bool withHeader) {
  if (++numNodes_ > kMostNodes) return opaqueNode(type.text(), "its classes contain each other without end");
  if (type.pointers > 0 && !(type.name == "char" && type.pointers == 1)) {
    TypeName object = type;
    object.pointers = 0;
    return pointerTo(ofType(object, true));
  }
  if (type.name == "char" && type.pointers == 1) return stringNode("char*", false);
  if (type.name == "string" || type.name == "basic_string") return stringNode("string", withHeader);
  if (type.name == "TString") return stringNode("TString", false);
  if (type.arguments.empty()) {
    if (const auto encoding = encodingOfName(type.name)) return numberNode(*encoding);
  } else {
    ValueNode collection = ofCollection(type, withHeader);
    if (collection.kind != ValueKind::kOpaque || !collection.reason.empty()) return collection;
  }
  return ofClass(type.text(), kNewest, 0);
}

ValueNode ValuePlanner::ofCollection(const TypeName& type, bool withHeader) {
  const std::string text = type.text();
  if (std::ranges::find(kLists, type.name) != kLists.end()) {
    return listNode(ofType(type.arguments[0], false), withHeader, text);
  }
  if (std::ranges::find(kMaps, type.name) != kMaps.end() && type.arguments.size() >= 2) {
    ValueNode map = listNode(ofPair(type.arguments[0], type.arguments[1], true), withHeader, text);
    map.isMap = true;
    return map;
  }
  if (type.name == "pair" && type.arguments.size() == 2) return ofPair(type.arguments[0], type.arguments[1], false);
  if (type.name == "bitset") return listNode(numberNode(type::kBool), withHeader, text);
  return opaqueNode(text, {});
}

ValueNode ValuePlanner::ofPair(const TypeName& first, const TypeName& second, bool isMap) {
  ValueNode pair = recordNode(
      "pair<" + first.text() + "," + second.text() + ">", !isMap,
      {namedNode(ofType(first, true), isMap ? "0" : "first"), namedNode(ofType(second, true), isMap ? "1" : "second")});
  return pair;
}

ValueNode ValuePlanner::pointerTo(ValueNode object) {
  if (object.kind != ValueKind::kRecord && object.kind != ValueKind::kOpaque) {
    object = opaqueNode(object.typeName, "pointers to it are not supported");
  }
  ValueNode node;
  node.kind = ValueKind::kPointer;
  node.typeName = object.typeName + "*";
  node.children.push_back(std::move(object));
  return node;
}

void ValuePlanner::setClones(ValueNode& record, const std::string& className) {
  const size_t semicolon = className.find(';');
  int32_t version = kNewest;
  if (semicolon != std::string::npos) {
    std::from_chars(className.data() + semicolon + 1, className.data() + className.size(), version);
  }
  ValueNode object = ofClass(className.substr(0, semicolon), version > 0 ? version : kNewest, 0);
  if (object.kind != ValueKind::kRecord) {
    record.children.back().reason = "its objects are of class " + className + ": " + object.reason;
    return;
  }
  ValueNode clones;
  clones.kind = ValueKind::kClones;
  clones.typeName = record.typeName;
  clones.children.push_back(std::move(object));
  record.children.clear();
  record.children.push_back(std::move(clones));
}

const ClassDescription* ValuePlanner::find(const std::string& name, int32_t version, uint32_t checksum) const {
  if (version != kNewest) return registry_.find(name, version, checksum);
  const auto& all = registry_.all();
  const auto found = all.find(name);
  if (found == all.end()) return registry_.find(name, version, checksum);
  return &*std::ranges::max_element(found->second, {}, &ClassDescription::version);
}

ValueNode ValuePlanner::ofClass(const std::string& name, int32_t version, uint32_t checksum) {
  if (auto builtIn = builtInClass(name)) return *std::move(builtIn);
  const ClassDescription* description = find(name, version, checksum);
  if (description == nullptr) {
    const auto parsed = parseTypeName(name);
    auto spelling = parsed ? spellings_.find(parsed->text()) : spellings_.end();
    if (parsed && spelling == spellings_.end()) spelling = spellings_.find(inPlainNumbers(*parsed));
    if (spelling != spellings_.end()) description = find(spelling->second, version, checksum);
  }
  if (description != nullptr) return describe(*description, false);
  if (name.starts_with("ElementLink<")) return elementLinkNode(name);
  return opaqueNode(name, "the file does not describe class " + name);
}

ValueNode ValuePlanner::describe(const ClassDescription& description, bool isBase) {
  const std::string& name = description.name;
  const bool isCollection = description.members.size() == 1 && description.members.front().name == "This";
  if (isCollection) return opaqueNode(name, name + " is a collection whose elements the file does not describe");
  if (std::ranges::find(open_, name) != open_.end()) return opaqueNode(name, "class " + name + " contains itself");
  if (open_.size() >= kDeepestClass || numNodes_ > kMostNodes) {
    return opaqueNode(name, "its classes contain each other without end");
  }
  open_.push_back(name);
  if (!isBase) scopes_.emplace_back();
  ValueNode node = recordNode(name, true, {});
  node.version = description.version;
  node.checksum = description.checksum;
  node.isBase = isBase;
  addMembers(node, description);
  addOtherVersions(node, description);
  if (!isBase) {
    node.numSlots = static_cast<int32_t>(scopes_.back().slots.size());
    scopes_.pop_back();
  }
  open_.pop_back();
  return node;
}

// What the file describes of the class beside `description`: files that were merged can hold objects of each.
void ValuePlanner::addOtherVersions(ValueNode& node, const ClassDescription& description) {
  const auto versions = registry_.all().find(description.name);
  if (versions == registry_.all().end()) return;
  for (const ClassDescription& other : versions->second) {
    if (other.version == description.version && other.checksum == description.checksum) continue;
    ValueNode record = recordNode(description.name, true, {});
    record.version = other.version;
    record.checksum = other.checksum;
    record.isBase = node.isBase;
    if (!node.isBase) scopes_.emplace_back();
    addMembers(record, other);
    if (!node.isBase) {
      record.numSlots = static_cast<int32_t>(scopes_.back().slots.size());
      scopes_.pop_back();
    }
    finishTree(record);
    node.others.push_back(std::move(record));
  }
}

void ValuePlanner::addMembers(ValueNode& node, const ClassDescription& description) {
  // Counters stand before what they count, but any number could be one: find those that are.
  for (const ClassMember& member : description.members) {
    if (member.countName.empty()) continue;
    auto& slots = scopes_.back().slots;
    slots.emplace(member.countName, static_cast<int32_t>(slots.size()));
  }
  for (const ClassMember& member : description.members) {
    if (member.elementClass == "TStreamerArtificial") continue;
    if (++numNodes_ > kMostNodes) return;
    ValueNode child = ofMember(member);
    child.name = member.isBase() ? std::string() : member.name;
    if (const auto slot = scopes_.back().slots.find(member.name); slot != scopes_.back().slots.end()) {
      if (child.kind == ValueKind::kNumber) child.slot = slot->second;
    }
    node.children.push_back(std::move(child));
  }
}

ValueNode ValuePlanner::ofBase(const ClassMember& member) {
  if (auto builtIn = builtInClass(member.name)) {
    if (builtIn->kind == ValueKind::kList) builtIn->name = "fArray";
    return *std::move(builtIn);
  }
  const int32_t version = member.baseVersion;
  const auto checksum = static_cast<uint32_t>(member.dimensions[1]);
  const ClassDescription* description = registry_.find(member.name, version, checksum);
  if (description == nullptr) description = find(member.name, kNewest, 0);
  if (description == nullptr) {
    ValueNode node = opaqueNode(member.name, "the file does not describe class " + member.name);
    node.isBase = true;
    return node;
  }
  return describe(*description, true);
}

ValueNode ValuePlanner::ofMember(const ClassMember& member) {
  if (scopes_.empty()) scopes_.emplace_back();
  const int32_t code = member.type;
  if (member.isBase() || code == type::kBase) return ofBase(member);
  // Older files give collections the code of what a function of the class writes.
  if (member.elementClass.starts_with("TStreamerSTL")) return stlMember(member);
  if (encodingOfCode(code, "")) return plainMember(member, code);
  if (code > type::kFixedArray && code < type::kCountedArray) {
    const int32_t inner = code - type::kFixedArray;
    if (inner == type::kCharStar) return arrayNode(stringNode("char*", false), member, false);
    if (encodingOfCode(inner, "")) return arrayNode(plainMember(member, inner), member, false);
  }
  if (code > type::kCountedArray && code < type::kCountedArray + type::kFixedArray) {
    const int32_t inner = code - type::kCountedArray;
    if (encodingOfCode(inner, "")) return countedMember(member, plainMember(member, inner), false);
  }
  switch (code) {
    case type::kCharStar:
      return stringNode("char*", false);
    case type::kTString:
      return stringNode("TString", false);
    case type::kFixedArray + type::kTString:
      return arrayNode(stringNode("TString", false), member, false);
    case type::kStl:
    case type::kStl + type::kFixedArray:
    case type::kStlString:
    case kStlPointer:
    case kStlPointer + type::kFixedArray:
      return stlMember(member);
    case type::kStreamLoop:
      return countedMember(member, ofClass(withoutStars(member.typeName), kNewest, 0), true);
    case type::kStreamLoop + type::kFixedArray:
      return opaqueNode(member.typeName, "fixed arrays of counted arrays of objects are not supported");
    default:
      return objectMember(member);
  }
}

ValueNode ValuePlanner::plainMember(const ClassMember& member, int32_t code) {
  ValueNode node = numberNode(*encodingOfCode(code, member.title));
  node.hasReferences = code == type::kBits;
  return node;
}

ValueNode ValuePlanner::countedMember(const ClassMember& member, ValueNode element, bool isLoop) {
  const auto& slots = scopes_.back().slots;
  const auto slot = slots.find(member.countName);
  const bool isBranch = open_.empty();  // a member that is planned without its object
  if (slot == slots.end() && !isBranch) return opaqueNode(member.typeName, "the member that counts it is not there");
  ValueNode node;
  node.kind = isLoop ? ValueKind::kLoop : ValueKind::kCounted;
  node.hasHeader = isLoop;
  node.hasFlag = !isLoop;
  node.typeName = member.typeName;
  node.countSlot = isBranch ? 0 : slot->second;
  node.isCountedOutside = isBranch;
  if (element.kind == ValueKind::kRecord && element.children.empty()) {
    element = opaqueNode(element.typeName, "the file describes no member of class " + element.typeName);
  }
  node.children.push_back(std::move(element));
  return node;
}

ValueNode ValuePlanner::stlMember(const ClassMember& member) {
  const auto parsed = parseTypeName(withoutStars(member.typeName));
  if (!parsed) return opaqueNode(member.typeName, "the name of its type cannot be understood");
  ValueNode node = ofType(*parsed, true);
  // The elements of an enumeration are numbers whose type has no description.
  if (node.kind == ValueKind::kList && node.children.front().kind == ValueKind::kOpaque &&
      parsed->arguments.size() == 1 && parsed->arguments.front().arguments.empty()) {
    if (const auto encoding = encodingOfCode(member.stlContained, "")) node.children.front() = numberNode(*encoding);
  }
  node.isPointer = node.kind == ValueKind::kList && member.typeName.ends_with('*');
  if (member.arrayLength == 0) return node;
  node.hasHeader = false;
  return arrayNode(std::move(node), member, true);
}

ValueNode ValuePlanner::objectMember(const ClassMember& member) {
  const bool isArray =
      member.type > type::kFixedArray + type::kObject - 1 && member.type < type::kStl && member.arrayLength > 0;
  const int32_t code = isArray ? member.type - type::kFixedArray : member.type;
  ValueNode node;
  switch (code) {
    case type::kObject:
    case type::kAny:
    case type::kObjectInPlace:
    case type::kAnyInPlace:
    case type::kTObject:
    case type::kTNamed:
      node = ofTypeName(withoutStars(member.typeName));
      break;
    case type::kObjectPointer:
    case type::kAnyPointer:
      node = pointerTo(ofTypeName(withoutStars(member.typeName)));
      break;
    default:
      return opaqueNode(member.typeName,
                        "members of kind " + std::to_string(member.type) + " are written by a function of their class");
  }
  return isArray ? arrayNode(std::move(node), member, false) : node;
}

}  // namespace mlaas::root
