// Finds events whose identity stands twice, in bounded memory: all identities are looked at as long as their hashes fit,
// beyond that a half, a quarter, ... of them, chosen by the hash, so that both of a pair are looked at or none.
// Two hashes of 64 bits are taken for the same event; among 10^9 events chance makes 0.03 such pairs.
// Threads: one.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mlaas::dataset {

class DuplicateFinder {
 public:
  explicit DuplicateFinder(size_t memoryBytes);

  // Adds an event; returns whether it stood already, among those that are looked at.
  bool add(uint64_t hash);
  // Whether describe() keeps another one.
  bool wantsExamples() const;
  // Names the event added last, where that returned true; the first few are kept.
  void describe(uint64_t hash, const std::string& text);

  int64_t numEvents() const { return numEvents_; }
  int64_t numDuplicates() const { return static_cast<int64_t>(duplicates_.size()); }
  // The fraction of all identities that was looked at: 1, 1/2, 1/4, ...
  double fraction() const;
  nlohmann::ordered_json toJson() const;

 private:
  struct Example {
    uint64_t hash;
    std::string text;
  };
  bool isLookedAt(uint64_t hash) const { return (hash & mask_) == 0; }
  bool insert(uint64_t hash);
  void grow();
  void halve();

  const size_t mostSlots_;
  uint64_t mask_ = 0;            // of the hash's lowest bits
  int64_t numEvents_ = 0;        // all that were added
  std::vector<uint64_t> slots_;  // open addressing; 0: free
  size_t numUsed_ = 0;
  std::vector<uint64_t> duplicates_;  // the hash of every further event of an identity
  std::vector<Example> examples_;
};

}  // namespace mlaas::dataset
