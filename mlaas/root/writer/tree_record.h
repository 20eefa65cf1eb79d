// The record of a TTree: its branches and leaves, and where the baskets lie. Built when all baskets are written.
// Source: docs/formats/tree-writing.md, "Tree".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/column.h"

namespace mlaas::root {

struct BasketPlace {
  int64_t firstEntry = 0;
  int32_t bytes = 0;  // in the file
  uint64_t offset = 0;
};

// What the entries of a branch look like.
enum class BranchKind : uint8_t {
  kLeaf,     // one value or a fixed array: every entry has the same length
  kCounted,  // as many elements as another branch says
  kObject,   // std::string or nested std::vector, streamed as a whole
};

struct BranchDescription {
  std::string name;
  ColumnType type;
  BranchKind kind = BranchKind::kLeaf;
  std::string counter;  // the branch that counts this one's elements, which comes before it; or empty
  bool isCounter = false;
  int64_t maxCount = 0;  // of a counter
  int64_t numEntries = 0;
  int64_t totalBytes = 0;  // keys and payloads of the baskets before compression
  int64_t storedBytes = 0;
  std::vector<BasketPlace> baskets;
};

struct TreeDescription {
  std::string name;
  std::string title;
  int64_t numEntries = 0;
  int64_t clusterEntries = 0;  // entries of every cluster but the last
  int64_t flushedBytes = 0;    // stored bytes up to the last full cluster
  int32_t compression = 0;
  std::vector<BranchDescription> branches;
};

// The classes of a branch and its leaf: "TBranch", "TLeafF".
std::string_view branchClass(const BranchDescription& branch);
std::string_view leafClass(const BranchDescription& branch);

// The C++ class of an object branch: "vector<vector<float> >", "string".
std::string objectClass(const ColumnType& type);

// `keyBytes` is the length of the record's key.
std::vector<std::byte> makeTreeRecord(const TreeDescription& tree, size_t keyBytes);

}  // namespace mlaas::root
