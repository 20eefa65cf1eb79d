#include "mlaas/root/ttree/value_columns.h"

#include <algorithm>
#include <set>

#include "mlaas/root/ttree/learned_values.h"

namespace mlaas::root {

namespace {

constexpr size_t kMostColumns = 4096;  // of one branch
constexpr int32_t kSplitClones = 31;
constexpr int32_t kSplitCollection = 41;

// The bytes of an entry.
ValueNode rootOf(const Branch& branch, const ClassMember* member, ValuePlanner& planner) {
  const BranchElement& element = branch.element;
  if (branch.className == "TBranchObject") {
    ValueNode node;
    node.kind = ValueKind::kNamed;
    node.typeName = element.className;
    node.children.push_back(planner.ofClass(element.className, -1, 0));
    return node;
  }
  if (member == nullptr) {
    ValueNode node = planner.ofTypeName(element.className);
    if (node.kind == ValueKind::kRecord) {
      // The branch tells which version of the class it holds.
      ValueNode versioned = planner.ofClass(element.className, element.classVersion, element.checksum);
      if (versioned.kind == ValueKind::kRecord) node = std::move(versioned);
    }
    // A whole object stands there without its header, unless its class has a streamer of its own.
    const bool isBare = node.kind == ValueKind::kRecord && element.type == 0;
    if (node.kind == ValueKind::kString || isBare) node.hasHeader = false;
    return node;
  }
  if (member->type == element_type::kTObject) return ValuePlanner::ofTObject();
  ValueNode node = planner.ofMember(*member);
  if (element.type != kSplitClones && element.type != kSplitCollection) return node;
  ValueNode rest;
  rest.kind = ValueKind::kRest;
  rest.typeName = node.typeName;
  rest.children.push_back(std::move(node));
  return rest;
}

// "branch.member"; a branch's name may end with the dot.
std::string columnName(const Branch& branch, const std::string& member) {
  if (member.empty()) return branch.path;
  return branch.path + (branch.path.ends_with('.') ? "" : ".") + member;
}

// The type of the member that the path ends in, or of the branch where it passes none.
const std::string& storedTypeOf(const ValuePath& path) {
  const auto isMember = [](const ValueNode* node) { return !node->name.empty(); };
  const auto member = std::ranges::find_if(path.nodes.rbegin(), path.nodes.rend(), isMember);
  const ValueNode& node = member == path.nodes.rend() ? *path.nodes.front() : **member;
  return node.typeName.empty() ? path.nodes.back()->typeName : node.typeName;
}

struct Unreadable {
  std::string name;
  const ValueNode* node;
  const ValueNode* member;  // that it is in, or the root
};

void findUnreadable(const ValueNode& node, const ValueNode* member, const std::string& prefix,
                    std::vector<Unreadable>& found) {
  const std::string name = node.name.empty() || prefix.empty() ? prefix + node.name : prefix + "." + node.name;
  if (member == nullptr || !node.name.empty()) member = &node;
  if (node.kind == ValueKind::kOpaque || node.kind == ValueKind::kTail) found.push_back({name, &node, member});
  for (const ValueNode& child : node.children) findUnreadable(child, member, name, found);
}

}  // namespace

std::vector<ColumnPlan> planValueColumns(const Branch& branch, size_t index, const ClassMember* member,
                                         ValuePlanner& planner, const ColumnPeeker& peek) {
  planner.start();
  ValueNode root = rootOf(branch, member, planner);
  learnClones(root, index, planner, peek);
  learnEmpties(root, branch, index, peek);
  return columnsOfTree(branch, index, std::move(root));
}

std::vector<ColumnPlan> columnsOfTree(const Branch& branch, size_t index, ValueNode unfinished) {
  auto root = std::make_shared<ValueNode>(std::move(unfinished));
  finishTree(*root);
  std::vector<ColumnPlan> columns;
  std::set<std::string> names;
  // Where a class and its base name the same, the class's own stands.
  for (uint32_t leaf = std::min<uint32_t>(root->endLeaf, kMostColumns); leaf-- > 0;) {
    ValuePath path = pathTo(*root, leaf);
    ColumnPlan column;
    column.name = columnName(branch, path.name);
    if (!names.insert(column.name).second) continue;
    column.type = std::move(path.type);
    column.storedType = storedTypeOf(path);
    column.branch = index;
    column.layout = EntryLayout::kValues;
    column.values = root;
    column.leaf = leaf;
    columns.push_back(std::move(column));
  }
  std::ranges::reverse(columns);
  std::vector<Unreadable> unreadable;
  findUnreadable(*root, nullptr, {}, unreadable);
  for (const Unreadable& one : unreadable) {
    ColumnPlan column;
    column.name = columnName(branch, one.name);
    if (!names.insert(column.name).second) continue;
    column.storedType = (one.member->typeName.empty() ? one.node : one.member)->typeName;
    column.branch = index;
    column.unsupported = one.node->reason;
    columns.push_back(std::move(column));
  }
  if (root->endLeaf > kMostColumns) {
    ColumnPlan& column = columns.emplace_back();
    column.name = columnName(branch, "...");
    column.storedType = root->typeName;
    column.branch = index;
    column.unsupported = "it has " + std::to_string(root->endLeaf) + " numbers and strings; the first " +
                         std::to_string(kMostColumns) + " are columns";
  }
  if (columns.empty()) {
    ColumnPlan& column = columns.emplace_back();
    column.name = branch.path;
    column.storedType = root->typeName;
    column.branch = index;
    column.unsupported = "there is no number or string in " + (root->typeName.empty() ? "it" : root->typeName);
  }
  return columns;
}

}  // namespace mlaas::root
