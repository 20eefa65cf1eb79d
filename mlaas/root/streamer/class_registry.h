// The class descriptions that are used for one file: its own first, then those known beforehand.
// Threads: immutable after it is filled.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/root/streamer/class_description.h"

namespace mlaas::root {

class ClassRegistry {
 public:
  void add(ClassDescription description);

  // The description of version `version` of a class; of version 0 or less (no ClassDef) that with `checksum`, or the
  // only one. nullptr where neither the file nor knownClasses() has it.
  const ClassDescription* find(std::string_view name, int32_t version, uint32_t checksum) const;

  const std::map<std::string, std::vector<ClassDescription>, std::less<>>& all() const { return classes_; }

 private:
  std::map<std::string, std::vector<ClassDescription>, std::less<>> classes_;  // all versions of a name
};

}  // namespace mlaas::root
