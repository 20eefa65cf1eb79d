#include "mlaas/dataset/identity_duplicates.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace mlaas::dataset {

namespace {

constexpr size_t kFirstSlots = 1024;
constexpr size_t kMostExamples = 10;

// A quarter of the memory is for the hashes of duplicates, which a whole sample listed twice may have.
size_t slotsFor(size_t memoryBytes) {
  return std::max(kFirstSlots, std::bit_floor(memoryBytes / 2 / sizeof(uint64_t)));
}

}  // namespace

DuplicateFinder::DuplicateFinder(size_t memoryBytes) : mostSlots_(slotsFor(memoryBytes)), slots_(kFirstSlots) {}

double DuplicateFinder::fraction() const { return 1.0 / (static_cast<double>(mask_) + 1); }

bool DuplicateFinder::add(uint64_t hash) {
  ++numEvents_;
  // 0 marks a free slot.
  if (hash == 0) hash = uint64_t{1} << 63;
  if (!isLookedAt(hash)) return false;
  if (insert(hash)) {
    if (2 * numUsed_ > slots_.size()) grow();
    return false;
  }
  duplicates_.push_back(hash);
  if (duplicates_.size() > mostSlots_ / 2) halve();
  return true;
}

bool DuplicateFinder::wantsExamples() const { return examples_.size() < kMostExamples; }

void DuplicateFinder::describe(uint64_t hash, const std::string& text) {
  if (examples_.size() < kMostExamples && isLookedAt(hash)) examples_.push_back({hash, text});
}

bool DuplicateFinder::insert(uint64_t hash) {
  // The lowest bits may all be 0: the highest ones choose the place.
  const int shift = 64 - std::countr_zero(slots_.size());
  for (size_t slot = hash >> shift;; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot] == hash) return false;
    if (slots_[slot] != 0) continue;
    slots_[slot] = hash;
    ++numUsed_;
    return true;
  }
}

void DuplicateFinder::grow() {
  if (slots_.size() >= mostSlots_) return halve();
  const auto old = std::exchange(slots_, std::vector<uint64_t>(2 * slots_.size()));
  numUsed_ = 0;
  for (const uint64_t hash : old) {
    if (hash != 0) insert(hash);
  }
}

void DuplicateFinder::halve() {
  mask_ = 2 * mask_ + 1;
  const auto old = std::exchange(slots_, std::vector<uint64_t>(slots_.size()));
  numUsed_ = 0;
  for (const uint64_t hash : old) {
    if (hash != 0 && isLookedAt(hash)) insert(hash);
  }
  std::erase_if(duplicates_, [&](uint64_t hash) { return !isLookedAt(hash); });
  std::erase_if(examples_, [&](const Example& example) { return !isLookedAt(example.hash); });
}

nlohmann::ordered_json DuplicateFinder::toJson() const {
  nlohmann::ordered_json json = {
      {"events", numEvents_}, {"fraction_looked_at", fraction()}, {"duplicates", numDuplicates()}};
  json["examples"] = nlohmann::ordered_json::array();
  for (const auto& example : examples_) json["examples"].push_back(example.text);
  return json;
}

}  // namespace mlaas::dataset
