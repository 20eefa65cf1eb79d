// Makes the tree of values of a class, a class's member or a C++ type from the file's class descriptions.
// What the descriptions do not tell becomes ValueKind::kOpaque with its reason; the rest can be read around it.
// Errors:  nothing where a type's name cannot be taken apart.
// Threads: one planner per thread; the registry must outlive it.
// Source:  docs/formats/ttree.md, "Objects and collections".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mlaas/root/streamer/class_registry.h"
#include "mlaas/root/ttree/type_name.h"
#include "mlaas/root/ttree/value_node.h"

namespace mlaas::root {

class ValuePlanner {
 public:
  explicit ValuePlanner(const ClassRegistry& registry);

  // Forgets how large the last tree was: to be called before the next.
  void start();
  // A whole object or collection as it stands in a branch or in another object: collections with their header.
  ValueNode ofTypeName(std::string_view typeName);
  // An object of a class. Version and checksum choose the description; version -1 takes the newest.
  ValueNode ofClass(const std::string& name, int32_t version, uint32_t checksum);
  // A member as it stands among the others of its class.
  ValueNode ofMember(const ClassMember& member);
  // Puts the objects of a TClonesArray into the plan of its record, once their class is known: "Hit;2", with its version.
  void setClones(ValueNode& record, const std::string& className);
  // TObject with its two numbers as leaves.
  static ValueNode ofTObject();

 private:
  // The counters of the object that is being planned.
  struct Scope {
    std::map<std::string, int32_t, std::less<>> slots;
  };

  ValueNode ofType(const TypeName& type, bool withHeader);
  ValueNode ofCollection(const TypeName& type, bool withHeader);
  ValueNode ofPair(const TypeName& first, const TypeName& second, bool isMap);
  ValueNode describe(const ClassDescription& description, bool isBase);
  void addOtherVersions(ValueNode& node, const ClassDescription& description);
  void addMembers(ValueNode& record, const ClassDescription& description);
  ValueNode ofBase(const ClassMember& member);
  ValueNode plainMember(const ClassMember& member, int32_t code);
  ValueNode countedMember(const ClassMember& member, ValueNode element, bool isLoop);
  ValueNode stlMember(const ClassMember& member);
  ValueNode objectMember(const ClassMember& member);
  ValueNode pointerTo(ValueNode object);
  const ClassDescription* find(const std::string& name, int32_t version, uint32_t checksum) const;

  const ClassRegistry& registry_;
  std::map<std::string, std::string, std::less<>> spellings_;  // a class's text -> its name in the registry
  std::vector<std::string> open_;                              // classes that are being planned
  std::vector<Scope> scopes_;
  size_t numNodes_ = 0;
};

}  // namespace mlaas::root
