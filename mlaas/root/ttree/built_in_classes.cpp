#include "mlaas/root/ttree/built_in_classes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "mlaas/root/ttree/node_makers.h"

namespace mlaas::root {

namespace {

namespace type = element_type;

// The code of TArrayX's values; 0 for another class.
int32_t arrayCode(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, int32_t>, 7> kArrays = {{{"TArrayC", type::kChar},
                                                                            {"TArrayS", type::kShort},
                                                                            {"TArrayI", type::kInt},
                                                                            {"TArrayL", type::kLong64},
                                                                            {"TArrayL64", type::kLong64},
                                                                            {"TArrayF", type::kFloat},
                                                                            {"TArrayD", type::kDouble}}};
  const auto* found = std::ranges::find(kArrays, name, &std::pair<std::string_view, int32_t>::first);
  return found == kArrays.end() ? 0 : found->second;
}

// TRef: a TObject whose unique id is what it refers to, with a number of its process where other TObjects have none.
// uproot gives the rest names of its own.
ValueNode referenceNode() {
  return recordNode("TRef", false,
                    {bytesNode(2), numberNode(type::kUInt, "ref"), numberNode(type::kUShort, "@other1"),
                     numberNode(type::kUInt, "@other2")});
}

// Lists of objects: what stands before the objects.
ValueNode objectList(const std::string& name) {
  std::vector<ValueNode> members = {tObjectNode(), namedNode(stringNode("TString", false), "fName")};
  if (name == "TClonesArray") {
    members.push_back(stringNode("TString", false));  // the objects' class and its version
    members.back().isHidden = true;
  }
  members.push_back(numberNode(type::kInt, "fSize"));
  if (name == "TObjArray" || name == "TClonesArray") members.push_back(numberNode(type::kInt, "fLowerBound"));
  ValueNode tail = opaqueNode(name, "its objects can be of any class");
  tail.kind = ValueKind::kTail;
  members.push_back(std::move(tail));
  return recordNode(name, true, std::move(members));
}

ValueNode referenceArray() {
  ValueNode size = numberNode(type::kInt, "fSize");
  size.slot = 0;
  ValueNode references;
  references.kind = ValueKind::kCounted;
  references.name = "refs";
  references.countSlot = 0;
  references.children.push_back(numberNode(type::kInt));
  ValueNode node =
      recordNode("TRefArray", true,
                 {tObjectNode(), namedNode(stringNode("TString", false), "fName"), size, bytesNode(6), references});
  node.numSlots = 1;
  return node;
}

// TMatrixTSym: TMatrixTBase, and one triangle of its elements.
ValueNode symmetricMatrix(std::string name) {
  const int32_t code = name == "TMatrixTSym<double>" ? type::kDouble : type::kFloat;
  ValueNode rows = numberNode(type::kInt, "fNrows");
  rows.slot = 0;
  ValueNode head = recordNode("TMatrixTBase", true,
                              {tObjectNode(), rows, numberNode(type::kInt, "fNcols"), numberNode(type::kInt, "fRowLwb"),
                               numberNode(type::kInt, "fColLwb"), numberNode(type::kUInt, "fNelems"),
                               numberNode(type::kInt, "fNrowIndex"), numberNode(code, "fTol")});
  head.isBase = true;
  ValueNode elements;
  elements.kind = ValueKind::kCounted;
  elements.name = "fElements";
  elements.isTriangle = true;
  elements.countSlot = 0;
  elements.children.push_back(numberNode(code));
  ValueNode node = recordNode(std::move(name), false, {head, elements});
  node.numSlots = 1;
  return node;
}

}  // namespace

ValueNode elementLinkNode(std::string name) {
  ValueNode base = recordNode("ElementLinkBase", true,
                              {numberNode(type::kUInt, "m_persKey"), numberNode(type::kUInt, "m_persIndex")});
  base.isBase = true;
  return recordNode(std::move(name), true, {base});
}

std::optional<ValueNode> builtInClass(const std::string& name) {
  if (name == "TMatrixTSym<double>" || name == "TMatrixTSym<float>") return symmetricMatrix(name);
  if (name == "TObject") return tObjectNode();
  if (name == "TString") return stringNode(name, false);
  if (name == "TObjString") return recordNode(name, true, {tObjectNode(), stringNode("TString", false)});
  if (name == "TDatime") return recordNode(name, false, {numberNode(type::kUInt, "fDatime")});
  if (name == "TRef") return referenceNode();
  if (name == "TRefArray") return referenceArray();
  if (const int32_t code = arrayCode(name); code != 0) return listNode(numberNode(code), false, name);
  if (name == "TClonesArray" || name == "TObjArray" || name == "TList" || name == "THashList") return objectList(name);
  return std::nullopt;
}

}  // namespace mlaas::root
