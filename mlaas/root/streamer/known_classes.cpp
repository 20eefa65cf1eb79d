#include "mlaas/root/streamer/known_classes.h"

#include <algorithm>
#include <string>

namespace mlaas::root {

namespace {

ClassMember member(std::string elementClass, std::string name, std::string title, int32_t type, int32_t sizeBytes,
                   std::string typeName) {
  ClassMember made;
  made.elementClass = std::move(elementClass);
  made.name = std::move(name);
  made.title = std::move(title);
  made.type = type;
  made.sizeBytes = sizeBytes;
  made.typeName = std::move(typeName);
  return made;
}

ClassMember base(std::string name, std::string title, int32_t type, int32_t sizeBytes, int32_t version,
                 uint32_t checksum) {
  ClassMember made = member("TStreamerBase", std::move(name), std::move(title), type, sizeBytes, "BASE");
  made.baseVersion = version;
  made.dimensions[1] = static_cast<int32_t>(checksum);
  return made;
}

ClassMember basic(std::string name, std::string title, int32_t type, int32_t sizeBytes, std::string typeName) {
  return member("TStreamerBasicType", std::move(name), std::move(title), type, sizeBytes, std::move(typeName));
}

ClassMember array(std::string name, std::string title, int32_t type, int32_t sizeBytes, std::string typeName,
                  int32_t length) {
  ClassMember made = basic(std::move(name), std::move(title), type, sizeBytes, std::move(typeName));
  made.arrayLength = length;
  made.arrayRank = 1;
  made.dimensions[0] = length;
  return made;
}

ClassMember counted(std::string name, std::string title, int32_t type, std::string typeName, std::string countName,
                    std::string countClass, int32_t countVersion) {
  ClassMember made = member("TStreamerBasicPointer", std::move(name), std::move(title), type, 8, std::move(typeName));
  made.countName = std::move(countName);
  made.countClass = std::move(countClass);
  made.countVersion = countVersion;
  return made;
}

// The tables are one member a line.
// clang-format off

// Bases and attributes.
std::vector<ClassDescription> baseFamily() {
  return {
      {"TObject", 1, 0x901BC02D, {
        basic("fUniqueID", "object unique identifier", 13, 4, "unsigned int"),
        basic("fBits", "bit field status word", 15, 4, "unsigned int")
      }},
      {"TNamed", 1, 0xDFB74A3C, {
        base("TObject", "Basic ROOT object", 66, 16, 1, 0x901BC02D),
        member("TStreamerString", "fName", "object identifier", 65, 24, "TString"),
        member("TStreamerString", "fTitle", "object title", 65, 24, "TString")
      }},
      {"TAttLine", 2, 0x94074549, {
        basic("fLineColor", "Line color", 2, 2, "short"),
        basic("fLineStyle", "Line style", 2, 2, "short"),
        basic("fLineWidth", "Line width", 2, 2, "short")
      }},
      {"TAttFill", 2, 0xFFD92A92, {
        basic("fFillColor", "Fill area color", 2, 2, "short"),
        basic("fFillStyle", "Fill area style", 2, 2, "short")
      }},
      {"TAttMarker", 3, 0x291D8BEC, {
        basic("fMarkerColor", "Marker color", 2, 2, "short"),
        basic("fMarkerStyle", "Marker style", 2, 2, "short"),
        basic("fMarkerSize", "Marker size", 5, 4, "float")
      }},
      {"ROOT::TIOFeatures", 1, 0x1AA12F10, {
        basic("fIOBits", "", 11, 1, "unsigned char")
      }},
  };
}

// The tree itself.
std::vector<ClassDescription> treeFamily() {
  return {
      {"TTree", 20, 0x7264E07F, {
        base("TNamed", "The basis for a named object (name, title)", 67, 64, 1, 0xDFB74A3C),
        base("TAttLine", "Line attributes", 0, 16, 2, 0x94074549),
        base("TAttFill", "Fill area attributes", 0, 16, 2, 0xFFD92A92),
        base("TAttMarker", "Marker attributes", 0, 16, 3, 0x291D8BEC),
        basic("fEntries", "Number of entries", 16, 8, "Long64_t"),
        basic("fTotBytes", "Total number of bytes in all branches before compression", 16, 8, "Long64_t"),
        basic("fZipBytes", "Total number of bytes in all branches after compression", 16, 8, "Long64_t"),
        basic("fSavedBytes", "Number of autosaved bytes", 16, 8, "Long64_t"),
        basic("fFlushedBytes", "Number of auto-flushed bytes", 16, 8, "Long64_t"),
        basic("fWeight", "Tree weight (see TTree::SetWeight)", 8, 8, "double"),
        basic("fTimerInterval", "Timer interval in milliseconds", 3, 4, "int"),
        basic("fScanField", "Number of runs before prompting in Scan", 3, 4, "int"),
        basic("fUpdate", "Update frequency for EntryLoop", 3, 4, "int"),
        basic("fDefaultEntryOffsetLen", "Initial Length of fEntryOffset table in the basket buffers", 3, 4, "int"),
        basic("fNClusterRange", "Number of Cluster range in addition to the one defined by 'AutoFlush'", 6, 4, "int"),
        basic("fMaxEntries", "Maximum number of entries in case of circular buffers", 16, 8, "Long64_t"),
        basic("fMaxEntryLoop", "Maximum number of entries to process", 16, 8, "Long64_t"),
        basic("fMaxVirtualSize", "Maximum total size of buffers kept in memory", 16, 8, "Long64_t"),
        basic("fAutoSave", "Autosave tree when fAutoSave entries written or -fAutoSave (compressed) bytes produced", 16, 8, "Long64_t"),
        basic("fAutoFlush", "Auto-flush tree when fAutoFlush entries written or -fAutoFlush (compressed) bytes produced", 16, 8, "Long64_t"),
        basic("fEstimate", "Number of entries to estimate histogram limits", 16, 8, "Long64_t"),
        counted("fClusterRangeEnd", "[fNClusterRange] Last entry of a cluster range.", 56, "Long64_t*", "fNClusterRange", "TTree", 20),
        counted("fClusterSize", "[fNClusterRange] Number of entries in each cluster for a given range.", 56, "Long64_t*", "fNClusterRange", "TTree", 20),
        member("TStreamerObjectAny", "fIOFeatures", "IO features to define for newly-written baskets and branches.", 62, 1, "ROOT::TIOFeatures"),
        member("TStreamerObject", "fBranches", "List of Branches", 61, 64, "TObjArray"),
        member("TStreamerObject", "fLeaves", "Direct pointers to individual branch leaves", 61, 64, "TObjArray"),
        member("TStreamerObjectPointer", "fAliases", "List of aliases for expressions based on the tree branches.", 64, 8, "TList*"),
        member("TStreamerObjectAny", "fIndexValues", "Sorted index values", 62, 24, "TArrayD"),
        member("TStreamerObjectAny", "fIndex", "Index of sorted values", 62, 24, "TArrayI"),
        member("TStreamerObjectPointer", "fTreeIndex", "Pointer to the tree Index (if any)", 64, 8, "TVirtualIndex*"),
        member("TStreamerObjectPointer", "fFriends", "pointer to list of friend elements", 64, 8, "TList*"),
        member("TStreamerObjectPointer", "fUserInfo", "pointer to a list of user objects associated to this Tree", 64, 8, "TList*"),
        member("TStreamerObjectPointer", "fBranchRef", "Branch supporting the TRefTable (if any)", 64, 8, "TBranchRef*")
      }},
      {"TNtuple", 2, 0xB8A51CAB, {
        base("TTree", "Tree descriptor (the main ROOT I/O class)", 0, 768, 20, 0x7264E07F),
        basic("fNvar", "Number of columns", 3, 4, "int")
      }},
      {"TNtupleD", 1, 0x8DE8D873, {
        base("TTree", "Tree descriptor (the main ROOT I/O class)", 0, 768, 20, 0x7264E07F),
        basic("fNvar", "Number of columns", 3, 4, "int")
      }},
  };
}

// Branches.
std::vector<ClassDescription> branchFamily() {
  return {
      {"TBranch", 13, 0x10978AAC, {
        base("TNamed", "The basis for a named object (name, title)", 67, 64, 1, 0xDFB74A3C),
        base("TAttFill", "Fill area attributes", 0, 16, 2, 0xFFD92A92),
        basic("fCompress", "Compression level and algorithm", 3, 4, "int"),
        basic("fBasketSize", "Initial Size of  Basket Buffer", 3, 4, "int"),
        basic("fEntryOffsetLen", "Initial Length of fEntryOffset table in the basket buffers", 3, 4, "int"),
        basic("fWriteBasket", "Last basket number written", 3, 4, "int"),
        basic("fEntryNumber", "Current entry number (last one filled in this branch)", 16, 8, "Long64_t"),
        member("TStreamerObjectAny", "fIOFeatures", "IO features for newly-created baskets.", 62, 1, "ROOT::TIOFeatures"),
        basic("fOffset", "Offset of this branch", 3, 4, "int"),
        basic("fMaxBaskets", "Maximum number of Baskets so far", 6, 4, "int"),
        basic("fSplitLevel", "Branch split level", 3, 4, "int"),
        basic("fEntries", "Number of entries", 16, 8, "Long64_t"),
        basic("fFirstEntry", "Number of the first entry in this branch", 16, 8, "Long64_t"),
        basic("fTotBytes", "Total number of bytes in all leaves before compression", 16, 8, "Long64_t"),
        basic("fZipBytes", "Total number of bytes in all leaves after compression", 16, 8, "Long64_t"),
        member("TStreamerObject", "fBranches", "-> List of Branches of this branch", 61, 64, "TObjArray"),
        member("TStreamerObject", "fLeaves", "-> List of leaves of this branch", 61, 64, "TObjArray"),
        member("TStreamerObject", "fBaskets", "-> List of baskets of this branch", 61, 64, "TObjArray"),
        counted("fBasketBytes", "[fMaxBaskets] Length of baskets on file", 43, "int*", "fMaxBaskets", "TBranch", 13),
        counted("fBasketEntry", "[fMaxBaskets] Table of first entry in each basket", 56, "Long64_t*", "fMaxBaskets", "TBranch", 13),
        counted("fBasketSeek", "[fMaxBaskets] Addresses of baskets on file", 56, "Long64_t*", "fMaxBaskets", "TBranch", 13),
        member("TStreamerString", "fFileName", "Name of file where buffers are stored (\"\" if in same file as Tree header)", 65, 24, "TString")
      }},
      {"TBranchElement", 10, 0xE74F5E63, {
        base("TBranch", "Branch descriptor", 0, 600, 13, 0x10978AAC),
        member("TStreamerString", "fClassName", "Class name of referenced object", 65, 24, "TString"),
        member("TStreamerString", "fParentName", "Name of parent class", 65, 24, "TString"),
        member("TStreamerString", "fClonesName", "Name of class in TClonesArray or (STL) collection (if any)", 65, 24, "TString"),
        basic("fCheckSum", "CheckSum of class", 13, 4, "unsigned int"),
        basic("fClassVersion", "Version number of class", 2, 2, "short"),
        basic("fID", "element serial number in fInfo", 3, 4, "int"),
        basic("fType", "Branch type", 3, 4, "int"),
        basic("fStreamerType", "branch streamer type", 3, 4, "int"),
        basic("fMaximum", "Maximum entries for a TClonesArray or variable array", 3, 4, "int"),
        member("TStreamerObjectPointer", "fBranchCount", "pointer to primary branchcount branch", 64, 8, "TBranchElement*"),
        member("TStreamerObjectPointer", "fBranchCount2", "pointer to secondary branchcount branch", 64, 8, "TBranchElement*")
      }},
      {"TBranchObject", 1, 0xA4720F49, {
        base("TBranch", "Branch descriptor", 0, 600, 13, 0x10978AAC),
        member("TStreamerString", "fClassName", "Class name of referenced object", 65, 24, "TString")
      }},
      {"TBranchRef", 1, 0x2360B3FD, {
        base("TBranch", "Branch descriptor", 0, 600, 13, 0x10978AAC),
        member("TStreamerObjectPointer", "fRefTable", "pointer to the TRefTable", 64, 8, "TRefTable*")
      }},
  };
}

// Leaves: the types of a branch.
std::vector<ClassDescription> leafFamily() {
  return {
      {"TLeaf", 2, 0x6D1E8152, {
        base("TNamed", "The basis for a named object (name, title)", 67, 64, 1, 0xDFB74A3C),
        basic("fLen", "Number of fixed length elements in the leaf's data.", 3, 4, "int"),
        basic("fLenType", "Number of bytes for this data type", 3, 4, "int"),
        basic("fOffset", "Offset in ClonesArray object (if one)", 3, 4, "int"),
        basic("fIsRange", "(=true if leaf has a range, false otherwise).  This is equivalent to being a 'leafcount'.  For a TLeafElement the range information is actually store in the TBranchElement.", 18, 1, "bool"),
        basic("fIsUnsigned", "(=true if unsigned, false otherwise)", 18, 1, "bool"),
        member("TStreamerObjectPointer", "fLeafCount", "Pointer to Leaf count if variable length (we do not own the counter)", 64, 8, "TLeaf*")
      }},
      {"TLeafB", 1, 0x0F1E4B5E, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 1, 1, "char"),
        basic("fMaximum", "Maximum value if leaf range is specified", 1, 1, "char")
      }},
      {"TLeafC", 1, 0xFBE3B2F3, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 3, 4, "int"),
        basic("fMaximum", "Maximum value if leaf range is specified", 3, 4, "int")
      }},
      {"TLeafD", 1, 0x118E8776, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 8, 8, "double"),
        basic("fMaximum", "Maximum value if leaf range is specified", 8, 8, "double")
      }},
      {"TLeafD32", 2, 0xE1DC6401, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 9, 8, "Double32_t"),
        basic("fMaximum", "Maximum value if leaf range is specified", 9, 8, "Double32_t")
      }},
      {"TLeafElement", 1, 0xA04F8893, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fID", "element serial number in fInfo", 3, 4, "int"),
        basic("fType", "leaf type", 3, 4, "int")
      }},
      {"TLeafF", 1, 0x3ADD9D72, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 5, 4, "float"),
        basic("fMaximum", "Maximum value if leaf range is specified", 5, 4, "float")
      }},
      {"TLeafF16", 2, 0xEB35F883, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 19, 4, "Float16_t"),
        basic("fMaximum", "Maximum value if leaf range is specified", 19, 4, "Float16_t")
      }},
      {"TLeafG", 1, 0xECA71CB7, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 4, 8, "long"),
        basic("fMaximum", "Maximum value if leaf range is specified", 4, 8, "long")
      }},
      {"TLeafI", 1, 0x7E6AAE19, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 3, 4, "int"),
        basic("fMaximum", "Maximum value if leaf range is specified", 3, 4, "int")
      }},
      {"TLeafL", 1, 0xDE320862, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 16, 8, "Long64_t"),
        basic("fMaximum", "Maximum value if leaf range is specified", 16, 8, "Long64_t")
      }},
      {"TLeafO", 1, 0x02AE48D3, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 18, 1, "bool"),
        basic("fMaximum", "Maximum value if leaf range is specified", 18, 1, "bool")
      }},
      {"TLeafObject", 4, 0x26BA7C4C, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fVirtual", "Support for polymorphism, when set classname is written with object.", 18, 1, "bool")
      }},
      {"TLeafS", 1, 0x150CEECF, {
        base("TLeaf", "Leaf: description of a Branch data type", 0, 112, 2, 0x6D1E8152),
        basic("fMinimum", "Minimum value if leaf range is specified", 2, 2, "short"),
        basic("fMaximum", "Maximum value if leaf range is specified", 2, 2, "short")
      }},
  };
}

// What streamer info consists of.
std::vector<ClassDescription> streamerFamily() {
  return {
      {"TStreamerInfo", 10, 0x90566883, {
        base("TNamed", "The basis for a named object (name, title)", 67, 64, 1, 0xDFB74A3C),
        basic("fCheckSum", "Checksum of original class", 13, 4, "unsigned int"),
        basic("fClassVersion", "Class version identifier", 3, 4, "int"),
        member("TStreamerObjectPointer", "fElements", "Array of TStreamerElements", 64, 8, "TObjArray*")
      }},
      {"TStreamerElement", 4, 0xDD0EB253, {
        base("TNamed", "The basis for a named object (name, title)", 67, 64, 1, 0xDFB74A3C),
        basic("fType", "element type", 3, 4, "int"),
        basic("fSize", "sizeof element", 3, 4, "int"),
        basic("fArrayLength", "cumulative size of all array dims", 3, 4, "int"),
        basic("fArrayDim", "number of array dimensions", 3, 4, "int"),
        array("fMaxIndex", "Maximum array index for array dimension \"dim\"", 23, 20, "int", 5),
        member("TStreamerString", "fTypeName", "Data type name of data member", 65, 24, "TString")
      }},
      {"TStreamerBase", 3, 0x092715B0, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253),
        basic("fBaseVersion", "version number of the base class (used during memberwise streaming)", 3, 4, "int")
      }},
      {"TStreamerBasicType", 2, 0xF5D5AC4D, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253)
      }},
      {"TStreamerBasicPointer", 2, 0x0318803B, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253),
        basic("fCountVersion", "version number of the class with the counter", 3, 4, "int"),
        member("TStreamerString", "fCountName", "name of data member holding the array count", 65, 24, "TString"),
        member("TStreamerString", "fCountClass", "name of the class with the counter", 65, 24, "TString")
      }},
      {"TStreamerLoop", 2, 0xF350B8DC, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253),
        basic("fCountVersion", "version number of the class with the counter", 3, 4, "int"),
        member("TStreamerString", "fCountName", "name of data member holding the array count", 65, 24, "TString"),
        member("TStreamerString", "fCountClass", "name of the class with the counter", 65, 24, "TString")
      }},
      {"TStreamerObject", 2, 0x626AC134, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253)
      }},
      {"TStreamerObjectAny", 2, 0x08F7EF50, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253)
      }},
      {"TStreamerObjectPointer", 2, 0x5DE72D4B, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253)
      }},
      {"TStreamerObjectAnyPointer", 1, 0x3600167F, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253)
      }},
      {"TStreamerString", 2, 0xA0AA915E, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253)
      }},
      {"TStreamerSTL", 3, 0x89F908D6, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253),
        basic("fSTLtype", "type of STL vector", 3, 4, "int"),
        basic("fCtype", "STL contained type", 3, 4, "int")
      }},
      {"TStreamerSTLstring", 2, 0x262EEFA1, {
        base("TStreamerSTL", "Streamer element of type STL container", 0, 192, 3, 0x89F908D6)
      }},
      {"TStreamerArtificial", 0, 0x5629BBC9, {
        base("TStreamerElement", "Base class for one element (data member) to be Streamed", 0, 184, 4, 0xDD0EB253)
      }},
  };
}
// clang-format on

std::vector<ClassDescription> makeKnownClasses() {
  std::vector<ClassDescription> all;
  for (auto family : {baseFamily, treeFamily, branchFamily, leafFamily, streamerFamily}) {
    auto classes = family();
    std::move(classes.begin(), classes.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::span<const ClassDescription> knownClasses() {
  static const std::vector<ClassDescription> kClasses = makeKnownClasses();
  return kClasses;
}

const ClassDescription* findKnownClass(std::string_view name) {
  const auto classes = knownClasses();
  const auto found =
      std::find_if(classes.begin(), classes.end(), [&](const auto& known) { return known.name == name; });
  return found == classes.end() ? nullptr : &*found;
}

}  // namespace mlaas::root
