#include "mlaas/root/streamer/older_classes.h"

#include <algorithm>
#include <vector>

#include "mlaas/root/streamer/known_classes.h"

namespace mlaas::root {

namespace {

// A version of a known class: that without the members that came later.
struct OlderRow {
  std::string_view name;
  int32_t version;
  std::vector<std::string_view> laterMembers;
};

std::vector<OlderRow> olderRows() {
  const std::vector<std::string_view> since20 = {"fIOFeatures"};
  std::vector<std::string_view> since19 = since20;
  since19.insert(since19.end(), {"fNClusterRange", "fClusterRangeEnd", "fClusterSize"});
  std::vector<std::string_view> since18 = since19;
  since18.insert(since18.end(), {"fFlushedBytes", "fAutoFlush"});
  std::vector<std::string_view> since17 = since18;
  since17.emplace_back("fDefaultEntryOffsetLen");
  return {{"TTree", 19, since20},   {"TTree", 18, since19},   {"TTree", 17, since18},    {"TTree", 16, since17},
          {"TBranch", 12, since20}, {"TBranch", 11, since20}, {"TBranchElement", 9, {}}, {"TAttLine", 1, {}},
          {"TAttFill", 1, {}},      {"TAttMarker", 2, {}},    {"TAttMarker", 1, {}}};
}

std::vector<ClassDescription> makeOlderClasses() {
  std::vector<ClassDescription> all;
  for (const OlderRow& row : olderRows()) {
    ClassDescription older = *findKnownClass(row.name);
    older.version = row.version;
    older.checksum = 0;
    std::erase_if(older.members, [&](const ClassMember& member) {
      return std::ranges::find(row.laterMembers, member.name) != row.laterMembers.end();
    });
    if (row.name == "TBranchElement") {
      // It was wider.
      const auto version = std::ranges::find(older.members, "fClassVersion", &ClassMember::name);
      version->type = element_type::kInt;
      version->sizeBytes = 4;
      version->typeName = "int";
    }
    all.push_back(std::move(older));
  }
  return all;
}

}  // namespace

const ClassDescription* findOlderClass(std::string_view name, int32_t version) {
  static const std::vector<ClassDescription> kClasses = makeOlderClasses();
  const auto found = std::ranges::find_if(
      kClasses, [&](const ClassDescription& older) { return older.name == name && older.version == version; });
  return found == kClasses.end() ? nullptr : &*found;
}

}  // namespace mlaas::root
