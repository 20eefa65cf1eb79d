// A range of entries of a tree or an ntuple.
#pragma once

#include <cstdint>

namespace mlaas::root {

// Entries [first, last), counted from 0.
struct EntryRange {
  int64_t first = 0;
  int64_t last = 0;
  int64_t size() const { return last - first; }
  bool operator==(const EntryRange&) const = default;
};

}  // namespace mlaas::root
