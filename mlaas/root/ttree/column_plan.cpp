#include "mlaas/root/ttree/column_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_set>

#include "mlaas/root/ttree/leaf_dimensions.h"
#include "mlaas/root/ttree/leaf_list.h"
#include "mlaas/root/ttree/value_columns.h"

namespace mlaas::root {

namespace {

namespace type = element_type;

constexpr size_t kVersionHeaderBytes = 6;  // byte count and version

// The encoding of the elements of "vector<float>"; nothing for another type.
std::optional<NumberEncoding> encodingOfVector(std::string_view name) {
  if (name.starts_with("std::")) name.remove_prefix(5);
  constexpr std::string_view kPrefix = "vector<";
  if (!name.starts_with(kPrefix) || !name.ends_with('>')) return std::nullopt;
  name = name.substr(kPrefix.size(), name.size() - kPrefix.size() - 1);
  name = name.substr(0, name.find(','));  // the allocator
  while (name.ends_with(' ')) name.remove_suffix(1);
  return encodingOfName(name);
}

// The part of a branch's name that is the member's: "fX" of "event.fX[3]".
std::string_view memberNameOf(const Branch& branch) {
  std::string_view name = branch.name;
  while (name.ends_with('.')) name.remove_suffix(1);
  name = name.substr(0, name.find('['));
  return name.substr(name.rfind('.') + 1);
}

// "branch.member"; a branch whose name ends with a dot gets no second one.
std::string memberPath(const std::string& branch, const std::string& member) {
  return branch + (branch.ends_with('.') ? "" : ".") + member;
}

class Planner {
 public:
  Planner(const TreeMetadata& tree, const ClassRegistry& registry, const ColumnPeeker& peek)
      : tree_(tree), registry_(registry), valuePlanner_(registry), peek_(peek) {
    columns_.reserve(tree.branches.size());
  }

  std::vector<ColumnPlan> plan() {
    for (size_t i = 0; i < tree_.branches.size(); ++i) planBranch(i);
    tellNamesApart();
    return std::move(columns_);
  }

 private:
  void planBranch(size_t index) {
    const Branch& branch = tree_.branches[index];
    if (branch.hasChildren) return;
    if (branch.leaves.size() > 1 && branch.className == "TBranch") return planLeaves(index);
    ColumnPlan& column = addColumn(index, branch.path);
    column.unsupported = whyUnreadable(branch);
    if (!column.unsupported.empty()) return;
    if (branch.className == "TBranch") {
      planLeaf(column, branch.leaves.front());
    } else if (branch.className == "TBranchElement") {
      planElement(column, branch);
    } else {
      column.storedType = branch.element.className;
      column.unsupported = "branches of class " + branch.className + " are not supported";
    }
    if (!column.unsupported.empty()) planValues(index);
  }

  // Puts the columns of objects and collections in place of the last one.
  void planValues(size_t index) {
    const Branch& branch = tree_.branches[index];
    if (branch.element.className.empty()) return;
    const ClassMember* member = memberOf(branch);
    if (member == nullptr && branch.element.id >= 0) return;
    auto columns = planValueColumns(branch, index, member, valuePlanner_, peek_);
    if (member != nullptr && !member->countName.empty()) nameCounter(columns, branch, member->countName);
    columns_.pop_back();
    std::ranges::move(columns, std::back_inserter(columns_));
  }

  // The branch beside `branch` that holds the member which counts its arrays.
  void nameCounter(std::vector<ColumnPlan>& columns, const Branch& branch, const std::string& member) const {
    const auto counter = std::ranges::find_if(tree_.branches, [&](const Branch& other) {
      return other.parent == branch.parent && !other.hasChildren && memberNameOf(other) == member;
    });
    for (ColumnPlan& column : columns) {
      if (!column.unsupported.empty()) continue;
      if (counter == tree_.branches.end()) {
        column.unsupported = "the tree has no branch of " + member + ", which counts its elements";
      } else {
        column.counterBranch = static_cast<int32_t>(counter - tree_.branches.begin());
      }
    }
  }

  std::string whyUnreadable(const Branch& branch) const {
    if (!branch.unreadable.empty()) return branch.unreadable;
    if (branch.leaves.empty()) return "the branch has no leaves";
    return {};
  }

  ColumnPlan& addColumn(size_t branch, std::string name) {
    columns_.emplace_back();
    columns_.back().name = std::move(name);
    columns_.back().branch = branch;
    return columns_.back();
  }

  static void planString(ColumnPlan& column, std::string storedType) {
    column.storedType = std::move(storedType);
    column.type = {DType::kUInt8, 1, {}, true};
    column.layout = EntryLayout::kString;
  }

  static void planNumbers(ColumnPlan& column, const NumberEncoding& encoding, int jaggedDepth,
                          std::vector<uint32_t> shape) {
    column.storedType = encoding.name;
    column.encoding = encoding;
    column.type = {encoding.dtype, jaggedDepth, std::move(shape), false};
  }

  // A string that is a member or an entry of its own; false for anything else.
  static bool planStringMember(ColumnPlan& column, std::string_view typeName, const BranchElement& element) {
    const bool isWhole = element.id < 0;
    if (typeName.starts_with("const ")) typeName.remove_prefix(6);
    const bool isStdString = typeName == "string" || typeName == "std::string" ||
                             typeName.starts_with("basic_string<char>") || typeName.starts_with("basic_string<char,");
    const bool isStl = element.streamerType == type::kStl || element.streamerType == type::kStlString;
    if (!(isWhole && (isStdString || typeName == "TString")) && !(isStl && isStdString) &&
        element.streamerType != type::kTString && element.streamerType != type::kCharStar) {
      return false;
    }
    planString(column, std::string(typeName));
    if (!isWhole && isStl) column.headerBytes = kVersionHeaderBytes;
    column.wideLength = element.streamerType == type::kCharStar;
    return true;
  }

  // A branch with one plain leaf.
  void planLeaf(ColumnPlan& column, const Leaf& leaf) {
    if (leaf.className == "TLeafC") return planString(column, "char*");
    const auto encoding = encodingOfLeaf(leaf.className, leaf.isUnsigned, leaf.title);
    if (!encoding) {
      column.storedType = leaf.className;
      column.unsupported = "leaves of class " + leaf.className + " are not supported";
      return;
    }
    const LeafDimensions dimensions = dimensionsOf(leaf);
    planNumbers(column, *encoding, dimensions.isJagged ? 1 : 0, dimensions.fixed);
    if (dimensions.isJagged) {
      column.layout = EntryLayout::kCounted;
      nameCounter(column, leaf);
    } else {
      column.entryBytes = column.storedElementBytes();
    }
  }

  // A branch with several leaves: each entry is a record of them.
  void planLeaves(size_t index) {
    const Branch& branch = tree_.branches[index];
    const size_t first = columns_.size();
    std::string unsupported = whyUnreadable(branch);
    size_t offset = 0;
    const bool isFixed = std::ranges::all_of(
        branch.leaves, [](const Leaf& leaf) { return leaf.className != "TLeafC" && !dimensionsOf(leaf).isJagged; });
    if (!isFixed && unsupported.empty()) return planLeafTree(index);
    for (const Leaf& leaf : branch.leaves) {
      ColumnPlan& column = addColumn(index, memberPath(branch.path, leaf.name));
      planLeaf(column, leaf);
      if (!column.unsupported.empty() && unsupported.empty()) unsupported = column.name + ": " + column.unsupported;
      column.offsetInEntry = offset;
      offset += column.storedElementBytes();
    }
    for (size_t i = first; i < columns_.size(); ++i) {
      columns_[i].entryBytes = offset;
      if (columns_[i].unsupported.empty()) columns_[i].unsupported = unsupported;
    }
  }

  // Several leaves, some of them of no fixed size.
  void planLeafTree(size_t index) {
    const Branch& branch = tree_.branches[index];
    auto tree = leafListTree(branch);
    if (!tree.ok()) {
      addColumn(index, branch.path).unsupported = tree.error().what();
      return;
    }
    std::ranges::move(columnsOfTree(branch, index, *std::move(tree)), std::back_inserter(columns_));
  }

  // The description of the member that a TBranchElement holds; nullptr for a whole object.
  const ClassMember* memberOf(const Branch& branch) const {
    const BranchElement& element = branch.element;
    if (element.id < 0) return nullptr;
    const ClassDescription* description = registry_.find(element.className, element.classVersion, element.checksum);
    if (description == nullptr || static_cast<size_t>(element.id) >= description->members.size()) return nullptr;
    const ClassMember& member = description->members[static_cast<size_t>(element.id)];
    // A base class's branch can have the name of its object.
    const bool isIt = member.name == memberNameOf(branch) || (member.isBase() && element.streamerType == type::kBase);
    return isIt ? &member : nullptr;
  }

  // The type of what a TBranchElement holds, as C++ names it: the class of a whole object, else the member's type.
  std::string typeNameOf(const Branch& branch) const {
    const ClassMember* member = memberOf(branch);
    if (member != nullptr) return member->typeName;
    return branch.element.id < 0 ? branch.element.className : std::string();
  }

  // What a member's comment says: the range of its values.
  std::string_view titleOf(const Branch& branch) const {
    const ClassMember* member = memberOf(branch);
    return member == nullptr ? std::string_view() : member->title;
  }

  // A member of a split object, or a collection written whole.
  void planElement(ColumnPlan& column, const Branch& branch) {
    const BranchElement& element = branch.element;
    const std::string typeName = typeNameOf(branch);
    column.storedType = typeName.empty() ? element.className : typeName;
    if (element.type <= 0) {
      const ClassMember* member = memberOf(branch);
      const auto encoding = encodingOfVector(typeName);
      if (encoding && (member == nullptr || member->arrayLength == 0)) {
        planNumbers(column, *encoding, 1, {});
        column.storedType = typeName;
        column.layout = EntryLayout::kCounted;
        column.headerBytes = 10;
        return;
      }
      if (planStringMember(column, typeName, element)) return;
    }
    planNumberElement(column, branch);
  }

  void planNumberElement(ColumnPlan& column, const Branch& branch) {
    const BranchElement& element = branch.element;
    const bool isCount = element.type == 3 || element.type == 4;
    const bool inCollection = element.type == 31 || element.type == 41;
    int32_t code = element.streamerType;
    const bool isCountedPointer = code > type::kCountedArray && code < type::kCountedArray + type::kFixedArray;
    if (isCountedPointer) {
      code -= type::kCountedArray;
    } else if (code > type::kFixedArray && code < type::kCountedArray) {
      code -= type::kFixedArray;
    }
    const bool isPacked = !isCount && (code == type::kDouble32 || code == type::kFloat16);
    if (isPacked && registry_.find(element.className, element.classVersion, element.checksum) == nullptr) {
      column.unsupported = "the file does not describe class " + element.className + ", which tells how it is packed";
      return;
    }
    const auto encoding = encodingOfCode(isCount ? type::kInt : code, titleOf(branch));
    if (!encoding || (element.type != 0 && !isCount && !inCollection) || (isCountedPointer && inCollection)) {
      column.unsupported = "values of type " + column.storedType + " (branch type " + std::to_string(element.type) +
                           ", element type " + std::to_string(element.streamerType) + ") are not supported";
      return;
    }
    const bool isJagged = inCollection || isCountedPointer;
    const auto shape = isCount ? std::vector<uint32_t>{} : dimensionsOf(branch.leaves.front()).fixed;
    planNumbers(column, *encoding, isJagged ? 1 : 0, shape);
    column.mayHaveReferences = code == type::kBits;
    if (isJagged) {
      column.layout = EntryLayout::kCounted;
      column.headerBytes = isCountedPointer ? 1 : 0;
    } else {
      column.entryBytes = column.storedElementBytes();
    }
  }

  // A name that is there again gets a number, so that each column can be asked for: "x", "x;2".
  void tellNamesApart() {
    std::unordered_set<std::string_view> names;
    names.reserve(columns_.size());
    if (std::ranges::all_of(columns_, [&](const ColumnPlan& column) { return names.insert(column.name).second; })) {
      return;
    }
    std::map<std::string, int> timesSeen;
    for (ColumnPlan& column : columns_) {
      const int times = ++timesSeen[column.name];
      if (times > 1) column.name += ";" + std::to_string(times);
    }
  }

  // The branches that have a leaf of some name; few trees ask for any.
  const std::multimap<std::string_view, size_t>& branchesOfLeaves() {
    if (!branchOfLeaf_.empty()) return branchOfLeaf_;
    for (size_t i = 0; i < tree_.branches.size(); ++i) {
      for (const Leaf& leaf : tree_.branches[i].leaves) branchOfLeaf_.emplace(leaf.name, i);
    }
    return branchOfLeaf_;
  }

  // The branch of the leaf that counts: a sibling's before any other's.
  void nameCounter(ColumnPlan& column, const Leaf& leaf) {
    if (leaf.counter.empty()) return;
    const int32_t parent = tree_.branches[column.branch].parent;
    auto [found, end] = branchesOfLeaves().equal_range(leaf.counter);
    for (; found != end; ++found) {
      const Branch& branch = tree_.branches[found->second];
      const bool isSibling = branch.parent == parent;
      if (column.counterBranch < 0 || isSibling) {
        column.counterBranch = static_cast<int32_t>(found->second);
        column.counter = branch.path;
      }
      if (isSibling) break;
    }
  }

  const TreeMetadata& tree_;
  const ClassRegistry& registry_;
  ValuePlanner valuePlanner_;
  const ColumnPeeker& peek_;
  std::multimap<std::string_view, size_t> branchOfLeaf_;  // made by branchesOfLeaves()
  std::vector<ColumnPlan> columns_;
};

}  // namespace

std::vector<ColumnPlan> planColumns(const TreeMetadata& tree, const ClassRegistry& registry, const ColumnPeeker& peek) {
  return Planner(tree, registry, peek).plan();
}

}  // namespace mlaas::root
