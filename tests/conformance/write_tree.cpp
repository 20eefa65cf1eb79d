// Writes a table with every type that our writers know, for readers that are not ours:
//   write_tree OUT NUM_ENTRIES ttree|rntuple [COMPRESSION [BIG_BYTES]]
// Entry i has small values made from i, the extremes of each type among them; written_table.py knows the formulas.
// With BIG_BYTES there is one column more, "noise", of as many bytes in all, that no codec makes smaller.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>

#include "mlaas/root/writer/table_writer.h"

namespace {

using mlaas::Column;
using mlaas::ColumnType;
using mlaas::DType;
using mlaas::Result;
using mlaas::root::OutputColumn;

// Entry i of a column of T: the type's minimum and maximum, then i.
template <class T>
T valueAt(int64_t i) {
  if (i % 7 == 0) return std::numeric_limits<T>::lowest();
  if (i % 7 == 1) return std::numeric_limits<T>::max();
  return static_cast<T>(i);
}

struct Range {
  int64_t first;
  int64_t last;
};

// A column whose levels have counts[level](parent) elements and whose values are value(k) for the k-th of an entry.
class ColumnMaker {
 public:
  ColumnMaker(ColumnType type, Range range) : type_(std::move(type)), range_(range) {}

  template <class T, class Value>
  Column fixed(Value&& value) const {
    std::vector<T> values;
    auto each = static_cast<int64_t>(type_.valuesPerElement());
    for (int64_t i = range_.first; i < range_.last; ++i)
      for (int64_t k = 0; k < each; ++k) values.push_back(static_cast<T>(value(i, k)));
    return {type_, range_.last - range_.first, {}, buffer(values)};
  }

  // count(i) elements in entry i, each of the type's shape.
  template <class T, class Count, class Value>
  Column jagged(Count&& count, Value&& value) const {
    std::vector<int64_t> offsets = {0};
    std::vector<T> values;
    auto each = static_cast<int64_t>(type_.valuesPerElement());
    for (int64_t i = range_.first; i < range_.last; ++i) {
      for (int64_t k = 0; k < count(i) * each; ++k) values.push_back(static_cast<T>(value(i, k)));
      offsets.push_back(offsets.back() + count(i));
    }
    return {type_, range_.last - range_.first, {buffer(offsets)}, buffer(values)};
  }

  // outer(i) lists in entry i, the k-th of which has inner(i, k) values.
  template <class T, class Outer, class Inner, class Value>
  Column nested(Outer&& outer, Inner&& inner, Value&& value) const {
    std::vector<int64_t> outerOffsets = {0};
    std::vector<int64_t> innerOffsets = {0};
    std::vector<T> values;
    for (int64_t i = range_.first; i < range_.last; ++i) {
      for (int64_t k = 0; k < outer(i); ++k) {
        for (int64_t m = 0; m < inner(i, k); ++m) values.push_back(static_cast<T>(value(i, k, m)));
        innerOffsets.push_back(static_cast<int64_t>(values.size()));
      }
      outerOffsets.push_back(outerOffsets.back() + outer(i));
    }
    return {type_, range_.last - range_.first, {buffer(outerOffsets), buffer(innerOffsets)}, buffer(values)};
  }

 private:
  template <class T>
  static mlaas::SharedBuffer buffer(const std::vector<T>& values) {
    auto made = std::make_shared<mlaas::Buffer>(values.size() * sizeof(T));
    std::copy(values.begin(), values.end(), made->template as<T>().begin());
    return made;
  }
  ColumnType type_;
  Range range_;
};

// A column and how to make a range of it.
struct Source {
  OutputColumn column;
  std::function<Column(const ColumnType&, Range)> make;
};

template <class T>
Source flatSource(const std::string& name) {
  return {{name, {mlaas::kDTypeOf<T>, 0, {}, false}}, [](const ColumnType& type, Range range) {
            return ColumnMaker(type, range).fixed<T>([](int64_t i, int64_t) { return valueAt<T>(i); });
          }};
}

// i % 5 elements in entry i: i * 10, i * 10 + 1, ...
template <class T>
Source jaggedSource(const std::string& name, const std::string& counter, DType counterType,
                    std::vector<uint32_t> shape = {}) {
  return {{name, {mlaas::kDTypeOf<T>, 1, std::move(shape), false}, counter, counterType},
          [](const ColumnType& type, Range range) {
            return ColumnMaker(type, range)
                .jagged<T>([](int64_t i) { return i % 5; }, [](int64_t i, int64_t k) { return i * 10 + k; });
          }};
}

// i % 4 lists in entry i, the k-th with (i + k) % 3 values i + k + m.
template <class T>
Source nestedSource(const std::string& name) {
  return {{name, {mlaas::kDTypeOf<T>, 2, {}, false}}, [](const ColumnType& type, Range range) {
            return ColumnMaker(type, range)
                .nested<T>([](int64_t i) { return i % 4; }, [](int64_t i, int64_t k) { return (i + k) % 3; },
                           [](int64_t i, int64_t k, int64_t m) { return i + k + m; });
          }};
}

Source boolSource() {
  return {{"flag", {DType::kBool, 0, {}, false}}, [](const ColumnType& type, Range range) {
            return ColumnMaker(type, range).fixed<bool>([](int64_t i, int64_t) { return i % 3 == 0; });
          }};
}

// Entry i: the values i + 0, i + 1, ..., i + 5.
Source matrixSource() {
  return {{"matrix", {DType::kFloat32, 0, {2, 3}, false}}, [](const ColumnType& type, Range range) {
            return ColumnMaker(type, range).fixed<float>([](int64_t i, int64_t k) { return i + k; });
          }};
}

// Entry i: i * 37 % 300 letters from 'a' on.
Source stringSource() {
  return {{"text", {DType::kUInt8, 1, {}, true}}, [](const ColumnType& type, Range range) {
            return ColumnMaker(type, range)
                .jagged<uint8_t>([](int64_t i) { return i * 37 % 300; },
                                 [](int64_t i, int64_t k) { return 'a' + (i + k) % 26; });
          }};
}

// i % 4 strings in entry i, the k-th with (i + k) % 3 letters.
Source labelsSource() {
  return {{"labels", {DType::kUInt8, 2, {}, true}}, [](const ColumnType& type, Range range) {
            return ColumnMaker(type, range)
                .nested<uint8_t>([](int64_t i) { return i % 4; }, [](int64_t i, int64_t k) { return (i + k) % 3; },
                                 [](int64_t i, int64_t k, int64_t m) { return 'a' + (i + k + m) % 26; });
          }};
}

// Random numbers: splitmix64 of the entry.
Source noiseSource(int64_t perEntry) {
  return {{"noise", {DType::kUInt64, 0, {static_cast<uint32_t>(perEntry)}, false}},
          [perEntry](const ColumnType& type, Range range) {
            return ColumnMaker(type, range).fixed<uint64_t>([perEntry](int64_t i, int64_t k) {
              uint64_t z = static_cast<uint64_t>(i * perEntry + k) * 0x9E3779B97F4A7C15;
              z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
              z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
              return z ^ (z >> 31);
            });
          }};
}

std::vector<Source> allSources() {
  return {flatSource<int8_t>("i8"),
          flatSource<uint8_t>("u8"),
          flatSource<int16_t>("i16"),
          flatSource<uint16_t>("u16"),
          flatSource<int32_t>("i32"),
          flatSource<uint32_t>("u32"),
          flatSource<int64_t>("i64"),
          flatSource<uint64_t>("u64"),
          flatSource<float>("f32"),
          flatSource<double>("f64"),
          boolSource(),
          jaggedSource<float>("Jet_pt", "nJet", DType::kInt32),
          jaggedSource<int64_t>("Jet_id", "nJet", DType::kInt32),
          jaggedSource<double>("Mu_pt", "nMu", DType::kUInt16),
          jaggedSource<int16_t>("Mu_cells", "nMu", DType::kUInt16, {2, 2}),
          matrixSource(),
          stringSource(),
          nestedSource<float>("hits"),
          nestedSource<int8_t>("bytes"),
          nestedSource<int64_t>("longs"),
          nestedSource<uint16_t>("shorts"),
          labelsSource()};
}

Result<void> writeTable(const std::string& path, int64_t numEntries, mlaas::root::TableKind kind,
                        mlaas::root::TableWriterOptions options, int64_t bigBytes) {
  auto sources = allSources();
  if (bigBytes > 0) sources.push_back(noiseSource(bigBytes / 8 / std::max<int64_t>(numEntries, 1)));
  std::vector<OutputColumn> columns;
  for (const Source& source : sources) columns.push_back(source.column);
  MLAAS_TRY(auto writer, mlaas::root::makeTableWriter(kind, path, "tree", columns, options));
  const int64_t step = bigBytes > 0 ? 20 : 777;  // not a divisor of the clusters
  for (int64_t first = 0; first < numEntries; first += step) {
    Range range{first, std::min(numEntries, first + step)};
    std::vector<Column> rows;
    for (const Source& source : sources) rows.push_back(source.make(source.column.type, range));
    MLAAS_CHECK(writer->append(rows));
  }
  return writer->close();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    std::cerr << "usage: write_tree OUT NUM_ENTRIES ttree|rntuple [COMPRESSION [BIG_BYTES]]\n";
    return 2;
  }
  mlaas::root::TableWriterOptions options;
  options.title = "every type";
  options.clusterEntries = 1000;
  auto compression = mlaas::root::parseCompression(argc > 4 ? argv[4] : "zstd");
  if (compression.ok()) options.compression = *compression;
  auto kind = std::string(argv[3]) == "rntuple" ? mlaas::root::TableKind::kRNTuple : mlaas::root::TableKind::kTTree;
  auto written = compression.ok()
                     ? writeTable(argv[1], std::atoll(argv[2]), kind, options, argc > 5 ? std::atoll(argv[5]) : 0)
                     : Result<void>(compression.error());
  if (written.ok()) return 0;
  std::cerr << written.error().what() << '\n';
  return 1;
}
