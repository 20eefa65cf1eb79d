// TTrees with a branch of every type, for tests/conformance/test_root_files.py: ROOT compiles this file, writes a tree in
// the codec, split level and basket size that the test asks for, and reads it back into flat columns.
#include <Math/Vector3D.h>
#include <Math/Vector4D.h>
#include <TClonesArray.h>
#include <TFile.h>
#include <TLorentzVector.h>
#include <TNtuple.h>
#include <TTree.h>
#include <TVector2.h>
#include <TVector3.h>

#include "made_values.h"

struct Point {
  float x = 0;
  int n = 0;
  double w = 0;
};

struct Base {
  virtual ~Base() = default;
  int fId = 0;
  float fEnergy = 0;
  ClassDef(Base, 1)
};

struct Second {
  virtual ~Second() = default;
  short fSecond = 0;
  ClassDef(Second, 3)
};

class Hit : public TObject {
 public:
  Float_t fPx = 0;
  Int_t fCount = 0;
  Bool_t fGood = false;
  Double32_t fPlain = 0;
  Double32_t fRange = 0;   //[-5000,5000,20]
  Double32_t fShort = 0;   //[0,0,10]
  Float16_t fHalf = 0;     //
  Float16_t fLimited = 0;  //[-5000,5000,16]
  Float_t fArray[3] = {};
  Int_t fMatrix[2][2] = {};
  std::vector<float> fValues;
  std::string fName;
  TString fTitle;
  ClassDefOverride(Hit, 2)
};

struct Event : public Base, public Second {
  ~Event() override { delete[] fCounted; }
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  int fNumber = 0;
  float* fCounted = nullptr;       //[fNumber]
  int fNumberPacked = 0;
  Double32_t* fPacked = nullptr;   //[fNumberPacked] [-5000,5000,14]
  Hit fBest;
  Point fPoint;
  std::vector<Hit> fHits;
  std::vector<Point> fPoints;
  std::map<int, float> fMap;
  std::vector<std::vector<int>> fNested;
  std::vector<std::string> fNames;
  ClassDefOverride(Event, 4)
};

// Arrays that members count: in a split collection another branch holds the number.
struct Trail {
  Trail() = default;
  Trail(const Trail& other) { *this = other; }
  ~Trail() {
    delete[] fDepths;
    delete[] fPacked;
    delete[] fPoints;
  }
  Trail& operator=(const Trail& other) {
    if (this == &other) return *this;
    fNumber = other.fNumber;
    fNumberPacked = other.fNumberPacked;
    fNumberPoints = other.fNumberPoints;
    fDepths = copied(fDepths, other.fDepths, fNumber);
    fPacked = copied(fPacked, other.fPacked, fNumberPacked);
    fPoints = copied(fPoints, other.fPoints, fNumberPoints);
    return *this;
  }
  template <class T>
  static T* copied(T* old, const T* values, int count) {
    delete[] old;
    T* made = count > 0 ? new T[count] : nullptr;
    std::copy_n(values, count, made);
    return made;
  }
  int fNumber = 0;
  short* fDepths = nullptr;       //[fNumber]
  int fNumberPacked = 0;
  Double32_t* fPacked = nullptr;  //[fNumberPacked] [-5000,5000,14]
  int fNumberPoints = 0;
  Point* fPoints = nullptr;       //[fNumberPoints]
  ClassDefNV(Trail, 1)
};

namespace made {

template <class F>
void members(Point& v, F f) {
  f("x", v.x);
  f("n", v.n);
  f("w", v.w);
}

template <class F>
void members(Hit& v, F f) {
  f("fPx", v.fPx);
  f("fCount", v.fCount);
  f("fGood", v.fGood);
  f("fPlain", v.fPlain);
  f("fRange", v.fRange);
  f("fShort", v.fShort);
  f("fHalf", v.fHalf);
  f("fLimited", v.fLimited);
  f("fArray", v.fArray);
  f("fMatrix", v.fMatrix);
  f("fValues", v.fValues);
  f("fName", v.fName);
  f("fTitle", v.fTitle);
}

template <class F>
void members(Trail& v, F f) {
  f("fDepths", Counted<short>{v.fDepths, v.fNumber});
  f("fPacked", Counted<double>{v.fPacked, v.fNumberPacked});
  f("fPoints", Counted<Point>{v.fPoints, v.fNumberPoints});
}

template <class F>
void members(Event& v, F f) {
  f("fId", v.fId);
  f("fEnergy", v.fEnergy);
  f("fSecond", v.fSecond);
  f("fCounted", Counted<float>{v.fCounted, v.fNumber});
  f("fPacked", Counted<double>{v.fPacked, v.fNumberPacked});
  f("fBest", v.fBest);
  f("fPoint", v.fPoint);
  f("fHits", v.fHits);
  f("fPoints", v.fPoints);
  f("fMap", v.fMap);
  f("fNested", v.fNested);
  f("fNames", v.fNames);
}

}  // namespace made

// Numbers of ROOT's vector classes: made by a constructor, taken by getters.
namespace made {

inline void makeVector(Random& random, TLorentzVector& v) {
  double n[4];
  make(random, n);
  v.SetPxPyPzE(n[0], n[1], n[2], n[3]);
}
inline void makeVector(Random& random, TVector2& v) {
  double n[2];
  make(random, n);
  v.Set(n[0], n[1]);
}
inline void makeVector(Random& random, TVector3& v) {
  double n[3];
  make(random, n);
  v.SetXYZ(n[0], n[1], n[2]);
}
inline void makeVector(Random& random, ROOT::Math::XYZVector& v) {
  double n[3];
  make(random, n);
  v.SetXYZ(n[0], n[1], n[2]);
}
inline void makeVector(Random& random, ROOT::Math::PtEtaPhiMVector& v) {
  v.SetCoordinates(double(random.below(1000)) / 3, double(random.below(400)) / 100 - 2,
                   double(random.below(600)) / 100 - 3, double(random.below(100)) / 7);
}

inline void takeVector(Node& node, const TLorentzVector& v) {
  node.kind = Node::kRecord;
  ++node.length;
  Node& p = node.child("fP");
  p.kind = Node::kRecord;
  ++p.length;
  takeNumber(p.child("fX"), v.Px());
  takeNumber(p.child("fY"), v.Py());
  takeNumber(p.child("fZ"), v.Pz());
  takeNumber(node.child("fE"), v.E());
}
inline void takeVector(Node& node, const TVector2& v) {
  node.kind = Node::kRecord;
  takeNumber(node.child("fX"), v.X());
  takeNumber(node.child("fY"), v.Y());
}
inline void takeVector(Node& node, const TVector3& v) {
  node.kind = Node::kRecord;
  takeNumber(node.child("fX"), v.X());
  takeNumber(node.child("fY"), v.Y());
  takeNumber(node.child("fZ"), v.Z());
}
inline void takeVector(Node& node, const ROOT::Math::XYZVector& v) {
  node.kind = Node::kRecord;
  Node& c = node.child("fCoordinates");
  c.kind = Node::kRecord;
  takeNumber(c.child("fX"), v.X());
  takeNumber(c.child("fY"), v.Y());
  takeNumber(c.child("fZ"), v.Z());
}
inline void takeVector(Node& node, const ROOT::Math::PtEtaPhiMVector& v) {
  node.kind = Node::kRecord;
  Node& c = node.child("fCoordinates");
  c.kind = Node::kRecord;
  takeNumber(c.child("fPt"), v.Coordinates().Pt());
  takeNumber(c.child("fEta"), v.Coordinates().Eta());
  takeNumber(c.child("fPhi"), v.Coordinates().Phi());
  takeNumber(c.child("fM"), v.Coordinates().M());
}

#define MADE_VECTOR(TYPE)                                                            \
  template <>                                                                        \
  inline void make<TYPE>(Random & random, TYPE & value) {                            \
    makeVector(random, value);                                                       \
  }                                                                                  \
  template <>                                                                        \
  inline void take<TYPE>(Node & node, const TYPE& value) {                           \
    takeVector(node, value);                                                         \
  }
MADE_VECTOR(TLorentzVector)
MADE_VECTOR(TVector2)
MADE_VECTOR(TVector3)
MADE_VECTOR(ROOT::Math::XYZVector)
MADE_VECTOR(ROOT::Math::PtEtaPhiMVector)

}  // namespace made

// Branches that ROOT streams as objects: name and type.
#define OBJECT_BRANCHES(X)                                                       \
  X(vBool, std::vector<bool>)                                                    \
  X(vChar, std::vector<char>)                                                    \
  X(vUChar, std::vector<unsigned char>)                                          \
  X(vShort, std::vector<short>)                                                  \
  X(vUShort, std::vector<unsigned short>)                                        \
  X(vInt, std::vector<int>)                                                      \
  X(vUInt, std::vector<unsigned int>)                                            \
  X(vLong, std::vector<long>)                                                    \
  X(vULong, std::vector<unsigned long>)                                          \
  X(vLong64, std::vector<Long64_t>)                                              \
  X(vULong64, std::vector<ULong64_t>)                                            \
  X(vFloat, std::vector<float>)                                                  \
  X(vDouble, std::vector<double>)                                                \
  X(vString, std::vector<std::string>)                                           \
  X(vvFloat, std::vector<std::vector<float>>)                                    \
  X(vvBool, std::vector<std::vector<bool>>)                                      \
  X(vvString, std::vector<std::vector<std::string>>)                             \
  X(vvvInt, std::vector<std::vector<std::vector<int>>>)                          \
  X(vPoint, std::vector<Point>)                                                  \
  X(vHit, std::vector<Hit>)                                                      \
  X(lDouble, std::list<double>)                                                  \
  X(dInt, std::deque<int>)                                                       \
  X(sInt, std::set<int>)                                                         \
  X(sString, std::set<std::string>)                                              \
  X(mIntFloat, std::map<int, float>)                                             \
  X(mStringDoubles, std::map<std::string, std::vector<double>>)                  \
  X(mStringString, std::map<std::string, std::string>)                           \
  X(mmShortInt, std::multimap<short, int>)                                       \
  X(vmIntFloat, std::vector<std::map<int, float>>)                               \
  X(msInt, std::multiset<int>)                                                   \
  X(pIntDouble, std::pair<int, double>)                                          \
  X(vpIntDouble, std::vector<std::pair<int, double>>)                            \
  X(vpStringVector, std::vector<std::pair<std::string, std::vector<float>>>)     \
  X(stdText, std::string)                                                        \
  X(tText, TString)                                                              \
  X(point, Point)                                                                \
  X(hit, Hit)                                                                    \
  X(vTrail, std::vector<Trail>)                                                  \
  X(event, Event)                                                                \
  X(lorentz, TLorentzVector)                                                     \
  X(vector2, TVector2)                                                           \
  X(vector3, TVector3)                                                           \
  X(xyz, ROOT::Math::XYZVector)                                                  \
  X(ptEtaPhiM, ROOT::Math::PtEtaPhiMVector)                                      \
  X(vLorentz, std::vector<TLorentzVector>)                                       \
  X(vXyz, std::vector<ROOT::Math::XYZVector>)                                    \
  X(vPtEtaPhiM, std::vector<ROOT::Math::PtEtaPhiMVector>)

struct Objects {
#define DECLARE(NAME, ...) __VA_ARGS__* NAME = new __VA_ARGS__;
  OBJECT_BRANCHES(DECLARE)
#undef DECLARE
  TClonesArray* clones = new TClonesArray("Hit");
};

// Branches of leaves: name, leaf list and type of the variable.
#define LEAF_BRANCHES(X)                     \
  X(bO, "bO/O", Bool_t)                      \
  X(bB, "bB/B", Char_t)                      \
  X(bb, "bb/b", UChar_t)                     \
  X(bS, "bS/S", Short_t)                     \
  X(bs, "bs/s", UShort_t)                    \
  X(bI, "bI/I", Int_t)                       \
  X(bi, "bi/i", UInt_t)                      \
  X(bL, "bL/L", Long64_t)                    \
  X(bl, "bl/l", ULong64_t)                   \
  X(bG, "bG/G", Long_t)                      \
  X(bg, "bg/g", ULong_t)                     \
  X(bF, "bF/F", Float_t)                     \
  X(bD, "bD/D", Double_t)                    \
  X(half, "half/f", Float16_t)               \
  X(halfRange, "halfRange/f[-5000,5000,16]", Float16_t) \
  X(halfBits, "halfBits/f[0,0,12]", Float16_t)          \
  X(packed, "packed/d", Double32_t)                     \
  X(packedRange, "packedRange/d[-5000,5000,20]", Double32_t) \
  X(packedBits, "packedBits/d[0,0,8]", Double32_t)      \
  X(aI, "aI[3]/I", Int_t[3])                 \
  X(aF, "aF[2][3]/F", Float_t[2][3])         \
  X(aO, "aO[5]/O", Bool_t[5])                \
  X(aD, "aD[2][2][2]/D", Double_t[2][2][2])  \
  X(aHalf, "aHalf[4]/f[-5000,5000,16]", Float16_t[4])   \
  X(aPacked, "aPacked[4]/d", Double32_t[4])

// Branches whose entries n counts.
#define COUNTED_BRANCHES(X)                      \
  X(cO, "cO[n]/O", Bool_t, 1)                    \
  X(cB, "cB[n]/B", Char_t, 1)                    \
  X(cS, "cS[n]/s", UShort_t, 1)                  \
  X(cI, "cI[n]/I", Int_t, 1)                     \
  X(cL, "cL[n]/L", Long64_t, 1)                  \
  X(cF, "cF[n]/F", Float_t, 1)                   \
  X(cD, "cD[n]/D", Double_t, 1)                  \
  X(cHalf, "cHalf[n]/f", Float16_t, 1)           \
  X(cHalfRange, "cHalfRange[n]/f[-5000,5000,16]", Float16_t, 1) \
  X(cPacked, "cPacked[n]/d", Double32_t, 1)      \
  X(cPackedRange, "cPackedRange[n]/d[-5000,5000,20]", Double32_t, 1) \
  X(cMatrix, "cMatrix[n][3]/F", Float_t, 3)      \
  X(cCube, "cCube[n][2][2]/I", Int_t, 4)

constexpr int kMostCounted = 6;

struct Leaves {
#define DECLARE_ARRAY(NAME, LEAVES, TYPE, WIDTH) TYPE NAME[kMostCounted * WIDTH];
  template <class T>
  using Same = T;
#define DECLARE(NAME, LEAVES, ...) Same<__VA_ARGS__> NAME;
  LEAF_BRANCHES(DECLARE)
  Int_t n = 0;
  COUNTED_BRANCHES(DECLARE_ARRAY)
#undef DECLARE
#undef DECLARE_ARRAY
  Char_t text[400] = {};
  struct {
    Int_t i;
    Float_t f;
    Double_t d[2];
    Short_t s;
  } several;
};

namespace {

void makeEntry(made::Random& random, Leaves& leaves, Objects& objects) {
#define MAKE(NAME, ...) made::make(random, leaves.NAME);
  LEAF_BRANCHES(MAKE)
  leaves.n = static_cast<Int_t>(random.below(kMostCounted + 1));
  COUNTED_BRANCHES(MAKE)
#undef MAKE
  const std::string text = made::makeText(random);
  std::snprintf(leaves.text, sizeof leaves.text, "%s", text.c_str());
  made::make(random, leaves.several.i);
  made::make(random, leaves.several.f);
  made::make(random, leaves.several.d);
  made::make(random, leaves.several.s);
#define MAKE(NAME, ...) made::make(random, *objects.NAME);
  OBJECT_BRANCHES(MAKE)
#undef MAKE
  objects.clones->Clear("C");
  const int count = static_cast<int>(random.below(4));
  for (int i = 0; i < count; ++i) made::make(random, *static_cast<Hit*>(objects.clones->ConstructedAt(i)));
}

std::map<std::string, made::Node> nodes;

void takeLeaves(const Leaves& leaves) {
#define TAKE(NAME, ...) made::take(nodes[#NAME], leaves.NAME);
  LEAF_BRANCHES(TAKE)
#undef TAKE
  made::take(nodes["n"], leaves.n);
#define TAKE(NAME, LEAVES, TYPE, WIDTH)                                  \
  {                                                                      \
    made::Node& node = nodes[#NAME];                                     \
    made::takeList(node, static_cast<size_t>(leaves.n));                 \
    for (int i = 0; i < leaves.n; ++i) {                                 \
      if (WIDTH == 1) made::takeNumber(node.child(), leaves.NAME[i]);    \
      if (WIDTH == 3) {                                                  \
        TYPE row[3];                                                     \
        std::copy_n(leaves.NAME + 3 * i, 3, row);                        \
        made::take(node.child(), row);                                   \
      }                                                                  \
      if (WIDTH == 4) {                                                  \
        TYPE square[2][2];                                               \
        std::copy_n(leaves.NAME + 4 * i, 4, &square[0][0]);              \
        made::take(node.child(), square);                                \
      }                                                                  \
    }                                                                    \
  }
  COUNTED_BRANCHES(TAKE)
#undef TAKE
  made::takeText(nodes["text"], leaves.text, std::strlen(leaves.text));
  made::take(nodes["several.i"], leaves.several.i);
  made::take(nodes["several.f"], leaves.several.f);
  made::take(nodes["several.d"], leaves.several.d);
  made::take(nodes["several.s"], leaves.several.s);
}

void takeObjects(const Objects& objects) {
#define TAKE(NAME, ...) made::take(nodes[#NAME], *objects.NAME);
  OBJECT_BRANCHES(TAKE)
#undef TAKE
  made::Node& clones = nodes["clones"];
  made::takeList(clones, static_cast<size_t>(objects.clones->GetEntriesFast()));
  for (int i = 0; i < objects.clones->GetEntriesFast(); ++i) {
    made::take(clones.child(), *static_cast<Hit*>(objects.clones->At(i)));
  }
}

}  // namespace

// Writes a tree "t". `flush`: entries of a cluster (0: ROOT's own choice); `offsetsLeftOut`: kGenerateOffsetMap, of the
// branches of leaves alone, since ROOT 6.40 cannot read others back with it.
void writeTree(const char* path, int compression, int split, int basketBytes, int entries, int flush,
               bool offsetsLeftOut) {
  TFile file(path, "RECREATE");
  file.SetCompressionSettings(compression);
  TTree tree("t", "every type");
  if (offsetsLeftOut) {
    ROOT::TIOFeatures features;
    features.Set("kGenerateOffsetMap");
    tree.SetIOFeatures(features);
  }
  Leaves leaves;
  Objects objects;
#define BRANCH(NAME, LEAVES, ...) tree.Branch(#NAME, &leaves.NAME, LEAVES, basketBytes);
  LEAF_BRANCHES(BRANCH)
  tree.Branch("n", &leaves.n, "n/I", basketBytes);
  COUNTED_BRANCHES(BRANCH)
#undef BRANCH
  tree.Branch("text", leaves.text, "text/C", basketBytes);
  tree.Branch("several", &leaves.several, "i/I:f/F:d[2]/D:s/S", basketBytes);
  if (!offsetsLeftOut) {
#define BRANCH(NAME, ...) tree.Branch(#NAME, &objects.NAME, basketBytes, split);
    OBJECT_BRANCHES(BRANCH)
#undef BRANCH
    tree.Branch("clones", &objects.clones, basketBytes, split);
  }
  if (flush != 0) tree.SetAutoFlush(flush);
  made::Random random(1);
  for (int i = 0; i < entries; ++i) {
    makeEntry(random, leaves, objects);
    tree.Fill();
  }
  tree.Write();
}

// Reads the tree back and writes its values into a folder, as made_values.h says.
void dumpTree(const char* path, const char* folder) {
  TFile file(path);
  auto* tree = file.Get<TTree>("t");
  Leaves leaves;
  Objects objects;
#define BRANCH(NAME, ...) tree->SetBranchAddress(#NAME, &leaves.NAME);
  LEAF_BRANCHES(BRANCH)
  tree->SetBranchAddress("n", &leaves.n);
  COUNTED_BRANCHES(BRANCH)
#undef BRANCH
  tree->SetBranchAddress("text", leaves.text);
  tree->SetBranchAddress("several", &leaves.several);
  const bool hasObjects = tree->GetBranch("clones") != nullptr;
  if (hasObjects) {
#define BRANCH(NAME, ...) tree->SetBranchAddress(#NAME, &objects.NAME);
    OBJECT_BRANCHES(BRANCH)
#undef BRANCH
    tree->SetBranchAddress("clones", &objects.clones);
  }
  nodes.clear();
  for (Long64_t i = 0; i < tree->GetEntries(); ++i) {
    tree->GetEntry(i);
    takeLeaves(leaves);
    if (hasObjects) takeObjects(objects);
  }
  made::Dump dump(folder);
  for (const auto& [name, node] : nodes) dump.write(name, node);
}

#ifdef __CLING__
#pragma link off all globals;
#pragma link off all classes;
#pragma link off all functions;
#pragma link C++ class Point+;
#pragma link C++ class Base+;
#pragma link C++ class Second+;
#pragma link C++ class Hit+;
#pragma link C++ class Event+;
#pragma link C++ class vector<Point>+;
#pragma link C++ class Trail+;
#pragma link C++ class vector<Trail>+;
#pragma link C++ class vector<Hit>+;
#pragma link C++ class vector<vector<bool> >+;
#pragma link C++ class vector<vector<float> >+;
#pragma link C++ class vector<vector<int> >+;
#pragma link C++ class vector<vector<string> >+;
#pragma link C++ class vector<vector<vector<int> > >+;
#pragma link C++ class list<double>+;
#pragma link C++ class deque<int>+;
#pragma link C++ class set<int>+;
#pragma link C++ class multiset<int>+;
#pragma link C++ class set<string>+;
#pragma link C++ class map<int,float>+;
#pragma link C++ class map<string,vector<double> >+;
#pragma link C++ class map<string,string>+;
#pragma link C++ class multimap<short,int>+;
#pragma link C++ class vector<map<int,float> >+;
#pragma link C++ class pair<int,double>+;
#pragma link C++ class vector<pair<int,double> >+;
#pragma link C++ class pair<string,vector<float> >+;
#pragma link C++ class vector<pair<string,vector<float> > >+;
#pragma link C++ class vector<TLorentzVector>+;
#pragma link C++ class vector<ROOT::Math::XYZVector>+;
#pragma link C++ class vector<ROOT::Math::PtEtaPhiMVector>+;
#pragma link C++ function writeTree;
#pragma link C++ function dumpTree;
#endif
