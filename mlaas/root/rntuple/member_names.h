// Names of the members of a record, as uproot gives them.
// Threads: pure function.
// Source:  docs/formats/rntuple.md, "Columns".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/root/rntuple/schema.h"

namespace mlaas::root {

struct Member {
  uint32_t field = 0;
  std::string name;
};

// The members of the record `field`, those of its base classes (":_0", ...) among them at the place of the base. A
// tuple's "_0" becomes "0"; members of one name get the names of their classes before them, "Base::x", as many as tell
// them apart.
std::vector<Member> membersOf(const Schema& schema, uint32_t field);

}  // namespace mlaas::root
