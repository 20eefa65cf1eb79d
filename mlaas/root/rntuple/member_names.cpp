#include "mlaas/root/rntuple/member_names.h"

#include <algorithm>
#include <map>

namespace mlaas::root {

namespace {

// Base classes of base classes; deeper ones are left out.
constexpr int kMostBases = 16;
// Names of one record's members together, beyond which equal ones are left equal.
constexpr size_t kMostNameBytes = size_t{4} << 20;

// A member and the types of the classes around it, the innermost first, the record itself left out.
struct Candidate {
  uint32_t field = 0;
  std::string name;
  std::vector<std::string_view> classes;
};

bool isNumbered(std::string_view name, std::string_view prefix) {
  return name.size() > prefix.size() && name.starts_with(prefix) &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()), name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

void collect(const Schema& schema, uint32_t record, std::vector<std::string_view>& classes,
             std::vector<Candidate>& members) {
  for (const uint32_t id : schema.fields[record].children) {
    const Field& field = schema.fields[id];
    const bool isBase = isNumbered(field.name, ":_") && field.role == FieldRole::kRecord;
    if (isBase && classes.size() < kMostBases) {
      classes.insert(classes.begin(), field.typeName);
      collect(schema, id, classes, members);
      classes.erase(classes.begin());
    } else {
      members.push_back({id, isNumbered(field.name, "_") ? field.name.substr(1) : field.name, classes});
    }
  }
}

// The name with `count` classes before it, the outermost first.
std::string withClasses(const Candidate& member, size_t count) {
  std::string name;
  const size_t shown = std::min(count, member.classes.size());
  for (size_t i = 0; i < shown; ++i) name += std::string(member.classes[member.classes.size() - 1 - i]) + "::";
  return name + member.name;
}

// Drops the outermost classes that all of `group` share.
void dropCommonClasses(const std::vector<Candidate*>& group) {
  while (true) {
    for (const Candidate* member : group) {
      if (member->classes.empty() || member->classes.back() != group.front()->classes.back()) return;
    }
    for (Candidate* member : group) member->classes.pop_back();
  }
}

// Gives members of one name the classes that tell them apart; `nameBytes` counts what all names of the record take.
void tellApart(const std::vector<Candidate*>& group, size_t& nameBytes) {
  dropCommonClasses(group);
  std::vector<size_t> shown(group.size(), 0);
  std::vector<std::string> names(group.size(), group.front()->name);
  for (int round = 0; round < kMostBases; ++round) {
    std::map<std::string, int> counts;
    for (const std::string& name : names) ++counts[name];
    if (counts.size() == names.size()) break;
    for (size_t i = 0; i < group.size() && nameBytes < kMostNameBytes; ++i) {
      if (counts[names[i]] == 1) continue;
      names[i] = withClasses(*group[i], ++shown[i]);
      nameBytes += names[i].size();
    }
  }
  for (size_t i = 0; i < group.size(); ++i) group[i]->name = names[i];
}

}  // namespace

std::vector<Member> membersOf(const Schema& schema, uint32_t field) {
  std::vector<std::string_view> classes;
  std::vector<Candidate> candidates;
  collect(schema, field, classes, candidates);
  std::map<std::string, std::vector<Candidate*>> byName;
  for (Candidate& member : candidates) byName[member.name].push_back(&member);
  size_t nameBytes = 0;
  for (auto& [name, group] : byName) {
    if (group.size() > 1) tellApart(group, nameBytes);
  }
  std::vector<Member> members;
  members.reserve(candidates.size());
  for (Candidate& member : candidates) members.push_back({member.field, std::move(member.name)});
  return members;
}

}  // namespace mlaas::root
