// Writes the files of the reading benchmark with ROOT: make_files CASE CODEC FILE.
// Cases: flat (1M x 30 float32), leaves (500k x 30 float32 in one branch), huge (2M x 30 float32 in one cluster, one basket a branch), nano (NanoAOD-like: 120 branches, 75 of them jagged, 200k events), physlite (1,500
// branches of vector<float> in baskets of about 1 kB), and flat_rntuple, nano_rntuple with the same values. `large` is
// the tree of flat_CODEC.root, beside FILE, 33 times over: 2 GB for zstd.
// Seeded: the same values each time. Floats are truncated as NanoAOD truncates, to 10 bits of mantissa.
#include <Compression.h>
#include <TChain.h>
#include <TFile.h>
#include <TTree.h>
#include <ROOT/RNTupleModel.hxx>
#include <ROOT/RNTupleWriteOptions.hxx>
#include <ROOT/RNTupleWriter.hxx>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int kFlatEntries = 1'000'000;
constexpr int kFlatColumns = 30;
constexpr int kLeavesEntries = 500'000;
constexpr int kHugeEntries = 2'000'000;
constexpr int kHugeBasketBytes = 16'000'000;
constexpr int kNanoEntries = 200'000;
constexpr int kPhysliteEntries = 2'000;
constexpr int kPhysliteColumns = 1'500;
constexpr int kPhysliteCluster = 100;  // entries; makes baskets of about 1 kB
constexpr int kMostElements = 40;
constexpr int kLargeCopies = 33;
const std::map<std::string, int> kCodecs = {{"zlib", 101}, {"lzma", 207}, {"lz4", 404}, {"zstd", 505}};

class Values {
 public:
  float next() {
    const auto value = static_cast<float>(gamma_(random_));
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    bits = (bits + (1U << 12)) & ~((1U << 13) - 1);
    float truncated = 0;
    std::memcpy(&truncated, &bits, sizeof truncated);
    return truncated;
  }
  int32_t integer(int32_t below) { return static_cast<int32_t>(random_() % static_cast<uint32_t>(below)); }
  int32_t count(double mean) { return std::min(kMostElements, std::poisson_distribution<int32_t>(mean)(random_)); }

 private:
  std::mt19937 random_{20240229};
  std::gamma_distribution<double> gamma_{2.0, 40.0};
};

// The NanoAOD-like event: 40 scalars (30 float, 5 int, 5 bool), 5 collections of a counter and 15 jagged columns
// (12 float, 3 int).
struct Collection {
  std::string name;
  double mean;
};
const std::vector<Collection> kCollections = {{"Electron", 1}, {"Muon", 1}, {"Jet", 6}, {"Tau", 1.5}, {"FatJet", 1}};
constexpr int kFloats = 30;
constexpr int kInts = 5;
constexpr int kBools = 5;
constexpr int kListFloats = 12;
constexpr int kListInts = 3;

// Fills `numEntries` entries of a tree whose branches hold the numbers of `row`.
void fill(TTree& tree, std::vector<float>& row, int numEntries) {
  Values values;
  for (int entry = 0; entry < numEntries; ++entry) {
    for (float& value : row) value = values.next();
    tree.Fill();
  }
  tree.Write();
}

void writeFlat() {
  TTree tree("Events", "flat floats");
  std::vector<float> row(kFlatColumns);
  for (int i = 0; i < kFlatColumns; ++i) {
    const std::string name = "x" + std::to_string(i);
    tree.Branch(name.c_str(), &row[i], (name + "/F").c_str());
  }
  fill(tree, row, kFlatEntries);
}

void writeLeaves() {
  TTree tree("Events", "leaves of one branch");
  std::vector<float> row(kFlatColumns);
  std::string leaves;
  for (int i = 0; i < kFlatColumns; ++i) leaves += "x" + std::to_string(i) + (i + 1 < kFlatColumns ? "/F:" : "/F");
  tree.Branch("b", row.data(), leaves.c_str());
  fill(tree, row, kLeavesEntries);
}

void writeHuge() {
  TTree tree("Events", "one cluster");
  tree.SetAutoFlush(kHugeEntries);
  std::vector<float> row(kFlatColumns);
  for (int i = 0; i < kFlatColumns; ++i) {
    const std::string name = "x" + std::to_string(i);
    tree.Branch(name.c_str(), &row[i], (name + "/F").c_str(), kHugeBasketBytes);
  }
  fill(tree, row, kHugeEntries);
}

void writeNano() {
  TTree tree("Events", "NanoAOD-like");
  std::vector<float> floats(kFloats);
  std::vector<int32_t> ints(kInts);
  std::unique_ptr<bool[]> bools(new bool[kBools]);
  for (int i = 0; i < kFloats; ++i) tree.Branch(("f" + std::to_string(i)).c_str(), &floats[i]);
  for (int i = 0; i < kInts; ++i) tree.Branch(("i" + std::to_string(i)).c_str(), &ints[i]);
  for (int i = 0; i < kBools; ++i) tree.Branch(("b" + std::to_string(i)).c_str(), &bools[i]);
  std::vector<int32_t> counts(kCollections.size());
  std::vector<std::vector<float>> listFloats(kCollections.size() * kListFloats, std::vector<float>(kMostElements));
  std::vector<std::vector<int32_t>> listInts(kCollections.size() * kListInts, std::vector<int32_t>(kMostElements));
  for (size_t c = 0; c < kCollections.size(); ++c) {
    const std::string& name = kCollections[c].name;
    tree.Branch(("n" + name).c_str(), &counts[c], ("n" + name + "/I").c_str());
    for (int k = 0; k < kListFloats; ++k) {
      const std::string column = name + "_f" + std::to_string(k);
      tree.Branch(column.c_str(), listFloats[c * kListFloats + k].data(), (column + "[n" + name + "]/F").c_str());
    }
    for (int k = 0; k < kListInts; ++k) {
      const std::string column = name + "_i" + std::to_string(k);
      tree.Branch(column.c_str(), listInts[c * kListInts + k].data(), (column + "[n" + name + "]/I").c_str());
    }
  }
  Values values;
  for (int entry = 0; entry < kNanoEntries; ++entry) {
    for (float& value : floats) value = values.next();
    for (int32_t& value : ints) value = values.integer(1000);
    for (int i = 0; i < kBools; ++i) bools[i] = values.integer(4) == 0;
    for (size_t c = 0; c < kCollections.size(); ++c) {
      counts[c] = values.count(kCollections[c].mean);
      for (int k = 0; k < kListFloats; ++k)
        for (int j = 0; j < counts[c]; ++j) listFloats[c * kListFloats + k][j] = values.next();
      for (int k = 0; k < kListInts; ++k)
        for (int j = 0; j < counts[c]; ++j) listInts[c * kListInts + k][j] = values.integer(8);
    }
    tree.Fill();
  }
  tree.Write();
}

void writePhyslite() {
  TTree tree("Events", "many branches of small baskets");
  tree.SetAutoFlush(kPhysliteCluster);
  std::vector<std::vector<float>> lists(kPhysliteColumns);
  for (int i = 0; i < kPhysliteColumns; ++i) tree.Branch(("c" + std::to_string(i)).c_str(), &lists[i], 1000, 0);
  Values values;
  for (int entry = 0; entry < kPhysliteEntries; ++entry) {
    const int32_t count = values.count(3);
    for (auto& list : lists) {
      list.resize(static_cast<size_t>(count));
      for (float& value : list) value = values.next();
    }
    tree.Fill();
  }
  tree.Write();
}

std::unique_ptr<ROOT::RNTupleWriter> writerOf(std::unique_ptr<ROOT::RNTupleModel> model, const std::string& path,
                                              int codec) {
  ROOT::RNTupleWriteOptions options;
  options.SetCompression(codec);
  return ROOT::RNTupleWriter::Recreate(std::move(model), "Events", path, options);
}

void writeFlatRNTuple(const std::string& path, int codec) {
  auto model = ROOT::RNTupleModel::Create();
  std::vector<std::shared_ptr<float>> row;
  for (int i = 0; i < kFlatColumns; ++i) row.push_back(model->MakeField<float>("x" + std::to_string(i)));
  auto writer = writerOf(std::move(model), path, codec);
  Values values;
  for (int entry = 0; entry < kFlatEntries; ++entry) {
    for (auto& value : row) *value = values.next();
    writer->Fill();
  }
}

void writeNanoRNTuple(const std::string& path, int codec) {
  auto model = ROOT::RNTupleModel::Create();
  std::vector<std::shared_ptr<float>> floats;
  std::vector<std::shared_ptr<int32_t>> ints;
  std::vector<std::shared_ptr<bool>> bools;
  std::vector<std::shared_ptr<std::vector<float>>> listFloats;
  std::vector<std::shared_ptr<std::vector<int32_t>>> listInts;
  std::vector<std::shared_ptr<int32_t>> counts;
  for (int i = 0; i < kFloats; ++i) floats.push_back(model->MakeField<float>("f" + std::to_string(i)));
  for (int i = 0; i < kInts; ++i) ints.push_back(model->MakeField<int32_t>("i" + std::to_string(i)));
  for (int i = 0; i < kBools; ++i) bools.push_back(model->MakeField<bool>("b" + std::to_string(i)));
  for (const Collection& collection : kCollections) {
    counts.push_back(model->MakeField<int32_t>("n" + collection.name));
    for (int k = 0; k < kListFloats; ++k)
      listFloats.push_back(model->MakeField<std::vector<float>>(collection.name + "_f" + std::to_string(k)));
    for (int k = 0; k < kListInts; ++k)
      listInts.push_back(model->MakeField<std::vector<int32_t>>(collection.name + "_i" + std::to_string(k)));
  }
  auto writer = writerOf(std::move(model), path, codec);
  Values values;
  for (int entry = 0; entry < kNanoEntries; ++entry) {
    for (auto& value : floats) *value = values.next();
    for (auto& value : ints) *value = values.integer(1000);
    for (auto& value : bools) *value = values.integer(4) == 0;
    for (size_t c = 0; c < kCollections.size(); ++c) {
      *counts[c] = values.count(kCollections[c].mean);
      for (int k = 0; k < kListFloats; ++k) {
        listFloats[c * kListFloats + k]->resize(static_cast<size_t>(*counts[c]));
        for (float& value : *listFloats[c * kListFloats + k]) value = values.next();
      }
      for (int k = 0; k < kListInts; ++k) {
        listInts[c * kListInts + k]->resize(static_cast<size_t>(*counts[c]));
        for (int32_t& value : *listInts[c * kListInts + k]) value = values.integer(8);
      }
    }
    writer->Fill();
  }
}

void writeLarge(const std::string& source, const std::string& path, int codec) {
  TChain chain("Events");
  for (int i = 0; i < kLargeCopies; ++i) chain.Add(source.c_str());
  TFile file(path.c_str(), "RECREATE", "", codec);
  // Copies baskets as they are.
  if (chain.Merge(&file, 0, "fast keep") == 0) throw std::runtime_error("cannot merge " + source);
}

void write(const std::string& name, int codec, const std::string& path) {
  if (name == "flat_rntuple") return writeFlatRNTuple(path, codec);
  if (name == "nano_rntuple") return writeNanoRNTuple(path, codec);
  const std::map<std::string, void (*)()> trees = {{"flat", writeFlat},
                                                   {"leaves", writeLeaves},
                                                   {"huge", writeHuge},
                                                   {"nano", writeNano},
                                                   {"physlite", writePhyslite}};
  TFile file(path.c_str(), "RECREATE", "", codec);
  if (file.IsZombie()) throw std::runtime_error("cannot write " + path);
  trees.at(name)();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr,
                 "usage: make_files flat|leaves|huge|nano|physlite|flat_rntuple|nano_rntuple|large CODEC FILE\n");
    return 2;
  }
  try {
    const std::string path = argv[3];
    if (std::string(argv[1]) == "large") {
      writeLarge("flat_" + std::string(argv[2]) + ".root", path + ".part", kCodecs.at(argv[2]));
    } else {
      write(argv[1], kCodecs.at(argv[2]), path + ".part");
    }
    if (std::rename((path + ".part").c_str(), path.c_str()) != 0) throw std::runtime_error("cannot rename to " + path);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_files: %s\n", error.what());
    return 1;
  }
  return 0;
}
