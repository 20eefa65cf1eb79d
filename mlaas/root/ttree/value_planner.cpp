#include "mlaas/root/ttree/value_planner.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace mlaas::root {

namespace {

namespace type = element_type;

constexpr size_t kDeepestClass = 32;
constexpr size_t kMostNodes = 20000;  // of one tree: classes that contain each other grow without end
constexpr int32_t kNewest = -1;
constexpr int32_t kStlPointer = 71;                // TStreamerInfo::kSTLp
constexpr size_t kMostElements = size_t{1} << 24;  // of a fixed array

constexpr std::array kLists = {"vector",        "list",
                               "deque",         "forward_list",
                               "set",           "multiset",
                               "unordered_set", "unordered_multiset",
                               "RVec",          "ROOT::VecOps::RVec",
                               "VecOps::RVec",  "ROOT::RVec"};
constexpr std::array kMaps = {"map", "multimap", "unordered_map", "unordered_multimap"};

ValueNode opaque(std::string typeName, std::string reason) {
  ValueNode node;
  node.kind = ValueKind::kOpaque;
  node.typeName = std::move(typeName);
  node.reason = std::move(reason);
  return node;
}

ValueNode numberNode(const NumberEncoding& encoding) {
  ValueNode node;
  node.kind = ValueKind::kNumber;
  node.number = encoding;
  node.typeName = encoding.name;
  return node;
}

ValueNode number(int32_t code, std::string name = {}) {
  ValueNode node = numberNode(*encodingOfCode(code, ""));
  node.name = std::move(name);
  return node;
}

ValueNode bytes(uint32_t count) {
  ValueNode node;
  node.kind = ValueKind::kBytes;
  node.count = count;
  return node;
}

ValueNode tObject() {
  ValueNode node;
  node.kind = ValueKind::kTObject;
  node.typeName = "TObject";
  return node;
}

ValueNode stringNode(std::string typeName, bool withHeader) {
  ValueNode node;
  node.kind = typeName == "char*" ? ValueKind::kLongString : ValueKind::kString;
  node.hasHeader = withHeader;
  node.typeName = std::move(typeName);
  return node;
}

ValueNode named(ValueNode node, std::string name) {
  node.name = std::move(name);
  return node;
}

ValueNode recordNode(std::string typeName, bool withHeader, std::vector<ValueNode> members) {
  ValueNode node;
  node.kind = ValueKind::kRecord;
  node.hasHeader = withHeader;
  node.typeName = std::move(typeName);
  node.children = std::move(members);
  node.version = kNewest;
  return node;
}

ValueNode listOf(ValueNode element, bool withHeader, std::string typeName) {
  ValueNode node;
  node.kind = ValueKind::kList;
  node.hasHeader = withHeader;
  node.typeName = std::move(typeName);
  node.children.push_back(std::move(element));
  return node;
}

std::vector<ValueNode> membersOf(std::initializer_list<ValueNode> members) { return members; }

// The code of TArrayX's values; 0 for another class.
int32_t arrayCode(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, int32_t>, 7> kArrays = {{{"TArrayC", type::kChar},
                                                                            {"TArrayS", type::kShort},
                                                                            {"TArrayI", type::kInt},
                                                                            {"TArrayL", type::kLong64},
                                                                            {"TArrayL64", type::kLong64},
                                                                            {"TArrayF", type::kFloat},
                                                                            {"TArrayD", type::kDouble}}};
  const auto* found = std::ranges::find(kArrays, name, &std::pair<std::string_view, int32_t>::first);
  return found == kArrays.end() ? 0 : found->second;
}

// TRef: a TObject whose unique id is what it refers to, with a number of its process where other TObjects have none.
// uproot gives the rest names of its own.
ValueNode referenceNode() {
  return recordNode("TRef", false,
                    membersOf({bytes(2), number(type::kUInt, "ref"), number(type::kUShort, "@other1"),
                               number(type::kUInt, "@other2")}));
}

// ElementLink of ATLAS: files leave out the description of one that no list in them holds.
ValueNode elementLink(std::string name) {
  ValueNode base = recordNode("ElementLinkBase", true,
                              membersOf({number(type::kUInt, "m_persKey"), number(type::kUInt, "m_persIndex")}));
  base.isBase = true;
  return recordNode(std::move(name), true, membersOf({base}));
}

// Lists of objects: what stands before the objects.
ValueNode objectList(const std::string& name) {
  std::vector<ValueNode> members = {tObject(), named(stringNode("TString", false), "fName")};
  if (name == "TClonesArray") {
    members.push_back(stringNode("TString", false));  // the objects' class and its version
    members.back().isHidden = true;
  }
  members.push_back(number(type::kInt, "fSize"));
  if (name == "TObjArray" || name == "TClonesArray") members.push_back(number(type::kInt, "fLowerBound"));
  ValueNode tail = opaque(name, "its objects can be of any class");
  tail.kind = ValueKind::kTail;
  members.push_back(std::move(tail));
  return recordNode(name, true, std::move(members));
}

ValueNode referenceArray() {
  ValueNode size = number(type::kInt, "fSize");
  size.slot = 0;
  ValueNode references;
  references.kind = ValueKind::kCounted;
  references.name = "refs";
  references.countSlot = 0;
  references.children.push_back(number(type::kInt));
  ValueNode node =
      recordNode("TRefArray", true,
                 membersOf({tObject(), named(stringNode("TString", false), "fName"), size, bytes(6), references}));
  node.numSlots = 1;
  return node;
}

// TMatrixTSym: TMatrixTBase, and one triangle of its elements.
ValueNode symmetricMatrix(std::string name) {
  const int32_t code = name == "TMatrixTSym<double>" ? type::kDouble : type::kFloat;
  ValueNode rows = number(type::kInt, "fNrows");
  rows.slot = 0;
  ValueNode head = recordNode("TMatrixTBase", true,
                              membersOf({tObject(), rows, number(type::kInt, "fNcols"), number(type::kInt, "fRowLwb"),
                                         number(type::kInt, "fColLwb"), number(type::kUInt, "fNelems"),
                                         number(type::kInt, "fNrowIndex"), number(code, "fTol")}));
  head.isBase = true;
  ValueNode elements;
  elements.kind = ValueKind::kCounted;
  elements.name = "fElements";
  elements.isTriangle = true;
  elements.countSlot = 0;
  elements.children.push_back(number(code));
  ValueNode node = recordNode(std::move(name), false, membersOf({head, elements}));
  node.numSlots = 1;
  return node;
}

// The fixed dimensions of a member, or one of all its elements where they contradict its length.
std::vector<uint32_t> dimensionsOf(const ClassMember& member) {
  std::vector<uint32_t> dimensions;
  uint64_t product = 1;
  const int32_t rank = std::clamp(member.arrayRank, 0, static_cast<int32_t>(member.dimensions.size()));
  for (int32_t i = 0; i < rank; ++i) {
    const int32_t size = member.dimensions[static_cast<size_t>(i)];
    dimensions.push_back(static_cast<uint32_t>(std::max(size, 0)));
    product = std::min<uint64_t>(product * dimensions.back(), UINT32_MAX);
  }
  const auto length = static_cast<uint32_t>(std::max(member.arrayLength, 0));
  if (dimensions.empty() || product != length) return {length};
  return dimensions;
}

ValueNode arrayOf(ValueNode element, const ClassMember& member, bool withHeader) {
  const auto dimensions = dimensionsOf(member);
  if (member.arrayLength <= 0 || static_cast<size_t>(member.arrayLength) > kMostElements) {
    return opaque(member.typeName, "its array has " + std::to_string(member.arrayLength) + " elements");
  }
  for (auto size = dimensions.rbegin(); size != dimensions.rend(); ++size) {
    ValueNode array;
    array.kind = ValueKind::kArray;
    array.typeName = element.typeName;
    array.count = *size;
    array.children.push_back(std::move(element));
    element = std::move(array);
  }
  element.hasHeader = withHeader;
  return element;
}

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
  if (!type) return opaque(std::string(typeName), "the name of its type cannot be understood");
  return ofType(*type, true);
}

ValueNode ValuePlanner::ofTObject() {
  ValueNode flags = number(type::kBits, "fBits");
  flags.hasReferences = true;
  return recordNode("TObject", false, membersOf({bytes(2), number(type::kUInt, "fUniqueID"), flags}));
}

ValueNode ValuePlanner::ofType(const TypeName& type, bool withHeader) {
  if (++numNodes_ > kMostNodes) return opaque(type.text(), "its classes contain each other without end");
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
    return listOf(ofType(type.arguments[0], false), withHeader, text);
  }
  if (std::ranges::find(kMaps, type.name) != kMaps.end() && type.arguments.size() >= 2) {
    ValueNode map = listOf(ofPair(type.arguments[0], type.arguments[1], true), withHeader, text);
    map.isMap = true;
    return map;
  }
  if (type.name == "pair" && type.arguments.size() == 2) return ofPair(type.arguments[0], type.arguments[1], false);
  if (type.name == "bitset") return listOf(number(type::kBool), withHeader, text);
  return opaque(text, {});
}

ValueNode ValuePlanner::ofPair(const TypeName& first, const TypeName& second, bool isMap) {
  ValueNode pair = recordNode("pair<" + first.text() + "," + second.text() + ">", !isMap,
                              membersOf({named(ofType(first, true), isMap ? "0" : "first"),
                                         named(ofType(second, true), isMap ? "1" : "second")}));
  return pair;
}

ValueNode ValuePlanner::pointerTo(ValueNode object) {
  if (object.kind != ValueKind::kRecord && object.kind != ValueKind::kOpaque) {
    object = opaque(object.typeName, "pointers to it are not supported");
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

bool ValuePlanner::isBuiltin(const std::string& name, ValueNode& node) {
  if (name == "TMatrixTSym<double>" || name == "TMatrixTSym<float>") {
    node = symmetricMatrix(name);
  } else if (name == "TObject") {
    node = tObject();
  } else if (name == "TString") {
    node = stringNode(name, false);
  } else if (name == "TObjString") {
    node = recordNode(name, true, membersOf({tObject(), stringNode("TString", false)}));
  } else if (name == "TDatime") {
    node = recordNode(name, false, membersOf({number(type::kUInt, "fDatime")}));
  } else if (name == "TRef") {
    node = referenceNode();
  } else if (name == "TRefArray") {
    node = referenceArray();
  } else if (const int32_t code = arrayCode(name); code != 0) {
    node = listOf(number(code), false, name);
  } else if (name == "TClonesArray" || name == "TObjArray" || name == "TList" || name == "THashList") {
    node = objectList(name);
  } else {
    return false;
  }
  return true;
}

const ClassDescription* ValuePlanner::find(const std::string& name, int32_t version, uint32_t checksum) const {
  if (version != kNewest) return registry_.find(name, version, checksum);
  const auto& all = registry_.all();
  const auto found = all.find(name);
  if (found == all.end()) return registry_.find(name, version, checksum);
  return &*std::ranges::max_element(found->second, {}, &ClassDescription::version);
}

ValueNode ValuePlanner::ofClass(const std::string& name, int32_t version, uint32_t checksum) {
  ValueNode node;
  if (isBuiltin(name, node)) return node;
  const ClassDescription* description = find(name, version, checksum);
  if (description == nullptr) {
    const auto parsed = parseTypeName(name);
    auto spelling = parsed ? spellings_.find(parsed->text()) : spellings_.end();
    if (parsed && spelling == spellings_.end()) spelling = spellings_.find(inPlainNumbers(*parsed));
    if (spelling != spellings_.end()) description = find(spelling->second, version, checksum);
  }
  if (description != nullptr) return describe(*description, false);
  if (name.starts_with("ElementLink<")) return elementLink(name);
  return opaque(name, "the file does not describe class " + name);
}

ValueNode ValuePlanner::describe(const ClassDescription& description, bool isBase) {
  const std::string& name = description.name;
  const bool isCollection = description.members.size() == 1 && description.members.front().name == "This";
  if (isCollection) return opaque(name, name + " is a collection whose elements the file does not describe");
  if (std::ranges::find(open_, name) != open_.end()) return opaque(name, "class " + name + " contains itself");
  if (open_.size() >= kDeepestClass || numNodes_ > kMostNodes) {
    return opaque(name, "its classes contain each other without end");
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
  ValueNode node;
  if (isBuiltin(member.name, node)) {
    if (node.kind == ValueKind::kList) node.name = "fArray";
    return node;
  }
  const int32_t version = member.baseVersion;
  const auto checksum = static_cast<uint32_t>(member.dimensions[1]);
  const ClassDescription* description = registry_.find(member.name, version, checksum);
  if (description == nullptr) description = find(member.name, kNewest, 0);
  if (description == nullptr) {
    node = opaque(member.name, "the file does not describe class " + member.name);
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
    if (inner == type::kCharStar) return arrayOf(stringNode("char*", false), member, false);
    if (encodingOfCode(inner, "")) return arrayOf(plainMember(member, inner), member, false);
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
      return arrayOf(stringNode("TString", false), member, false);
    case type::kStl:
    case type::kStl + type::kFixedArray:
    case type::kStlString:
    case kStlPointer:
    case kStlPointer + type::kFixedArray:
      return stlMember(member);
    case type::kStreamLoop:
    case type::kStreamLoop + type::kFixedArray:
      return countedMember(member, ofClass(withoutStars(member.typeName), kNewest, 0), true);
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
  if (slot == slots.end()) return opaque(member.typeName, "the member that counts it is not there");
  ValueNode node;
  node.kind = isLoop ? ValueKind::kLoop : ValueKind::kCounted;
  node.hasHeader = isLoop;
  node.hasFlag = !isLoop;
  node.typeName = member.typeName;
  node.countSlot = slot->second;
  node.children.push_back(std::move(element));
  return node;
}

ValueNode ValuePlanner::stlMember(const ClassMember& member) {
  const auto parsed = parseTypeName(withoutStars(member.typeName));
  if (!parsed) return opaque(member.typeName, "the name of its type cannot be understood");
  ValueNode node = ofType(*parsed, true);
  // The elements of an enumeration are numbers whose type has no description.
  if (node.kind == ValueKind::kList && node.children.front().kind == ValueKind::kOpaque &&
      parsed->arguments.size() == 1 && parsed->arguments.front().arguments.empty()) {
    if (const auto encoding = encodingOfCode(member.stlContained, "")) node.children.front() = numberNode(*encoding);
  }
  node.isPointer = node.kind == ValueKind::kList && member.typeName.ends_with('*');
  if (member.arrayLength == 0) return node;
  node.hasHeader = false;
  return arrayOf(std::move(node), member, true);
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
      return opaque(member.typeName,
                    "members of kind " + std::to_string(member.type) + " are written by a function of their class");
  }
  return isArray ? arrayOf(std::move(node), member, false) : node;
}

}  // namespace mlaas::root
