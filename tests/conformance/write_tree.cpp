// Writes a tree with every type that our writer knows, for readers that are not ours: write_tree OUT NUM_ENTRIES
// Entry i has small numbers made from i, the extremes of each type among them; test_tree_writer.py knows the formulas.
#include <cstdlib>
#include <iostream>
#include <limits>

#include "mlaas/root/writer/tree_writer.h"

namespace {

using mlaas::Column;
using mlaas::DType;

// Entry i of a column of T: the type's minimum and maximum, then i.
template <class T>
T valueAt(int64_t i) {
  if (i % 7 == 0) return std::numeric_limits<T>::lowest();
  if (i % 7 == 1) return std::numeric_limits<T>::max();
  return static_cast<T>(i);
}

template <class T>
Column flatColumn(int64_t first, int64_t last) {
  std::vector<T> values;
  for (int64_t i = first; i < last; ++i) values.push_back(valueAt<T>(i));
  return mlaas::makeFlatColumn<T>(values);
}

Column boolColumn(int64_t first, int64_t last) {
  auto bytes = std::make_shared<mlaas::Buffer>(static_cast<size_t>(last - first));
  for (int64_t i = first; i < last; ++i) bytes->as<bool>()[static_cast<size_t>(i - first)] = i % 3 == 0;
  return {{DType::kBool, 0, {}, false}, last - first, {}, bytes};
}

// i % 5 elements in entry i: i * 10, i * 10 + 1, ...
template <class T>
Column jaggedColumn(int64_t first, int64_t last) {
  std::vector<int64_t> offsets = {0};
  std::vector<T> values;
  for (int64_t i = first; i < last; ++i) {
    for (int64_t k = 0; k < i % 5; ++k) values.push_back(static_cast<T>(i * 10 + k));
    offsets.push_back(static_cast<int64_t>(values.size()));
  }
  return mlaas::makeJaggedColumn<T>(offsets, values);
}

mlaas::Result<void> writeTree(const std::string& path, int64_t numEntries) {
  std::vector<mlaas::root::TreeColumn> columns = {
      {"i8", DType::kInt8, ""},          {"u8", DType::kUInt8, ""},        {"i16", DType::kInt16, ""},
      {"u16", DType::kUInt16, ""},       {"i32", DType::kInt32, ""},       {"u32", DType::kUInt32, ""},
      {"i64", DType::kInt64, ""},        {"u64", DType::kUInt64, ""},      {"f32", DType::kFloat32, ""},
      {"f64", DType::kFloat64, ""},      {"flag", DType::kBool, ""},       {"Jet_pt", DType::kFloat32, "nJet"},
      {"Jet_id", DType::kInt64, "nJet"}, {"Mu_pt", DType::kFloat64, "nMu"}};
  mlaas::root::TreeWriterOptions options;
  options.treeTitle = "every type";
  options.clusterEntries = 1000;
  MLAAS_TRY(auto writer, mlaas::root::TreeWriter::create(path, "tree", columns, options));
  constexpr int64_t kStep = 777;  // not a divisor of the clusters
  for (int64_t first = 0; first < numEntries; first += kStep) {
    int64_t last = std::min(numEntries, first + kStep);
    std::vector<Column> rows = {
        flatColumn<int8_t>(first, last),    flatColumn<uint8_t>(first, last),  flatColumn<int16_t>(first, last),
        flatColumn<uint16_t>(first, last),  flatColumn<int32_t>(first, last),  flatColumn<uint32_t>(first, last),
        flatColumn<int64_t>(first, last),   flatColumn<uint64_t>(first, last), flatColumn<float>(first, last),
        flatColumn<double>(first, last),    boolColumn(first, last),           jaggedColumn<float>(first, last),
        jaggedColumn<int64_t>(first, last), jaggedColumn<double>(first, last)};
    MLAAS_CHECK(writer.append(rows));
  }
  return writer.close();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: write_tree OUT NUM_ENTRIES\n";
    return 2;
  }
  auto written = writeTree(argv[1], std::atoll(argv[2]));
  if (written.ok()) return 0;
  std::cerr << written.error().what() << '\n';
  return 1;
}
