// Reads every kind of field and column from ntuples that ROOT wrote with values known from a formula:
// tests/fuzz/make_rntuple_seeds.py. Each entry is compared as text: "[1 2]" for lists, "'x'" for strings.
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "mlaas/table/table.h"

namespace mlaas::table {
namespace {

constexpr int64_t kEntries = 60;

// A number, or the elements of a fixed array, of element `i`.
std::string valueText(const Column& column, size_t i) {
  std::ostringstream text;
  visitDType(column.type.dtype, [&](auto zero) {
    const auto values = column.valuesAs<decltype(zero)>();
    const size_t count = column.type.valuesPerElement();
    for (size_t j = 0; j < count; ++j) text << (j > 0 ? "," : "") << +values[i * count + j];
  });
  return text.str();
}

// Element `i` of level `level`.
std::string elementText(const Column& column, size_t level, size_t i) {
  if (level == column.offsets.size()) return valueText(column, i);
  const auto first = static_cast<size_t>(column.offsetsAt(level)[i]);
  const auto last = static_cast<size_t>(column.offsetsAt(level)[i + 1]);
  if (column.type.isString && level + 1 == column.offsets.size()) {
    const auto characters = column.valuesAs<uint8_t>();
    return "'" +
           std::string(characters.begin() + static_cast<std::ptrdiff_t>(first),
                       characters.begin() + static_cast<std::ptrdiff_t>(last)) +
           "'";
  }
  std::string text = "[";
  for (size_t j = first; j < last; ++j) text += (j > first ? " " : "") + elementText(column, level + 1, j);
  return text + "]";
}

std::string repeated(int count, const std::string& element) {
  std::string text = "[";
  for (int j = 0; j < count; ++j) text += (j > 0 ? " " : "") + element;
  return text + "]";
}

std::string text(auto value) {
  std::ostringstream stream;
  stream << +value;
  return stream.str();
}

using Expected = std::function<std::string(int)>;

class Ntuple {
 public:
  explicit Ntuple(const std::string& file, const std::string& name)
      : table_(openTable(MLAAS_SOURCE_DIR "/tests/fuzz/corpus/fuzz_rntuple_file/" + file, name).value()) {}

  // Expects the type and the values, read whole and in parts that cut clusters and pages.
  void expect(const std::string& name, const std::string& type, const Expected& expected) const {
    const size_t index = table_->findColumn(name).value();
    EXPECT_EQ(table_->columns()[index].type.name(), type) << name;
    for (const int64_t step : {kEntries, int64_t{7}, int64_t{1}}) {
      for (int64_t first = 0; first < kEntries; first += step) {
        const EntryRange range{first, std::min(kEntries, first + step)};
        const Column column = table_->read(range, {index}).value().front();
        for (int64_t i = 0; i < range.size(); ++i) {
          ASSERT_EQ(elementText(column, 0, static_cast<size_t>(i)), expected(static_cast<int>(first + i)))
              << name << " entry " << first + i << " of " << range.first << " to " << range.last;
        }
      }
    }
  }

  const Table& table() const { return *table_; }

 private:
  std::shared_ptr<const Table> table_;
};

class RNTupleKinds : public testing::TestWithParam<const char*> {
 protected:
  Ntuple ntuple_{GetParam(), "kinds"};
};

TEST_P(RNTupleKinds, NumbersAndStrings) {
  ntuple_.expect("i", "int32", [](int n) { return text(n); });
  ntuple_.expect("s", "string", [](int n) { return "'" + text(n * n) + "'"; });
  ntuple_.expect("e", "int16", [](int n) { return n % 2 == 0 ? "-3" : "300"; });
  ntuple_.expect("k", "uint32", [](int n) { return text(1000 * n); });
}

TEST_P(RNTupleKinds, Collections) {
  ntuple_.expect("v", "var * float32", [](int n) { return repeated(n % 4, text(n + 0.5)); });
  ntuple_.expect("vs", "var * string",
                 [](int n) { return repeated(n % 3, "'" + std::string(static_cast<size_t>(n % 5), 'x') + "'"); });
  ntuple_.expect("vv", "var * var * int16", [](int n) {
    return n % 3 == 0 ? "[]" : n % 3 == 1 ? "[[]]" : "[[] [" + text(n) + "]]";
  });
  ntuple_.expect("m.0", "var * int32", [](int n) { return repeated(n % 2, text(n)); });
  ntuple_.expect("m.1", "var * float32", [](int n) { return repeated(n % 2, text(-n)); });
}

TEST_P(RNTupleKinds, FixedArrays) {
  ntuple_.expect("a", "float32[3][2]", [](int n) {
    std::string elements;
    for (int j = 0; j < 6; ++j) elements += (j > 0 ? "," : "") + text(n + 10 * j);
    return elements;
  });
  ntuple_.expect("av", "var * var * uint8",
                 [](int n) { return "[" + repeated(n % 3, text(n)) + " " + repeated((n + 1) % 3, text(n)) + "]"; });
  ntuple_.expect("b", "bool[11]", [](int n) {
    std::string bits;
    for (int j = 0; j < 11; ++j) bits += (j > 0 ? "," : "") + text(n * 31 >> j & 1);
    return bits;
  });
}

TEST_P(RNTupleKinds, ValuesThatMayBeMissing) {
  ntuple_.expect("o", "var * float64", [](int n) { return repeated(n % 2 == 0, text(n)); });
  ntuple_.expect("u", "var * int64", [](int n) { return repeated(n % 3 != 0, text(n)); });
  ntuple_.expect("w._0", "var * int32", [](int n) { return repeated(n % 3 == 0, text(n)); });
  ntuple_.expect("w._1", "var * string", [](int n) { return repeated(n % 3 != 0, "'" + text(n) + "'"); });
}

TEST_P(RNTupleKinds, Records) {
  ntuple_.expect("t.0", "uint16", [](int n) { return text(n); });
  ntuple_.expect("t.1", "var * bool", [](int n) { return repeated(n % 4, text(n % 2)); });
  ntuple_.expect("p.x", "var * float32", [](int n) { return repeated(n % 3, text(n + 0.25)); });
  ntuple_.expect("p.n", "var * int32", [](int n) { return repeated(n % 3, text(n)); });
  ntuple_.expect("d.id", "int32", [](int n) { return text(-n); });
  // Equal names get the class that tells them apart, as uproot names them.
  ntuple_.expect("d.SeedBase::same", "float32", [](int n) { return text(n); });
  ntuple_.expect("d.same", "float64", [](int n) { return text(2 * n); });
  ntuple_.expect("d.points.n", "var * int32", [](int n) { return repeated(n % 2, "2"); });
}

TEST_P(RNTupleKinds, ProjectedFields) {
  ntuple_.expect("px", "var * float32", [](int n) { return repeated(n % 3, text(n + 0.25)); });
  ntuple_.expect("np", "int64", [](int n) { return text(n % 3); });
}

TEST_P(RNTupleKinds, SharedOffsets) {
  const Table& table = ntuple_.table();
  const std::vector<size_t> columns = {table.findColumn("p.x").value(), table.findColumn("p.n").value(),
                                       table.findColumn("px").value()};
  for (const EntryRange range : {EntryRange{0, kEntries}, {3, 19}, {20, 40}}) {
    const auto read = table.read(range, columns).value();
    EXPECT_EQ(read[0].offsets[0], read[1].offsets[0]);
    EXPECT_EQ(read[0].offsets[0], read[2].offsets[0]);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RNTupleKinds, testing::Values("kinds.root", "kinds_zstd.root"),
                         [](const auto& file) { return file.index == 0 ? "Uncompressed" : "Zstd"; });

TEST(RNTupleEncodings, Integers) {
  const Ntuple ntuple("encodings.root", "encodings");
  const auto signedText = [](int64_t factor) {
    return [factor](int n) { return text((n % 2 == 0 ? n : -n) * factor); };
  };
  for (const std::string split : {"", "Split"}) {
    ntuple.expect("int16_" + split + "Int16", "int16", signedText(500));
    ntuple.expect("int32_" + split + "Int32", "int32", signedText(30000000));
    ntuple.expect("int64_" + split + "Int64", "int64", signedText(int64_t{1} << 56));
    ntuple.expect("uint16_" + split + "UInt16", "uint16", [](int n) { return text(n * 1000); });
    ntuple.expect("uint32_" + split + "UInt32", "uint32",
                  [](int n) { return text(static_cast<uint32_t>(n) * 70000000U); });
    ntuple.expect("uint64_" + split + "UInt64", "uint64",
                  [](int n) { return text(static_cast<uint64_t>(n) * (uint64_t{1} << 58)); });
  }
}

TEST(RNTupleEncodings, Reals) {
  const Ntuple ntuple("encodings.root", "encodings");
  const auto expected = [](int n) { return text((n % 2 == 0 ? n : -n) * 1.0); };
  for (const std::string name : {"f_Real32", "f_SplitReal32", "f_Real16"}) ntuple.expect(name, "float32", expected);
  for (const std::string name : {"d_Real64", "d_SplitReal64"}) ntuple.expect(name, "float64", expected);
  // Integers below 64 need no more bits of the fraction than these have; with 10 bits one is left.
  for (const std::string name : {"truncated17", "truncated31"}) ntuple.expect(name, "float32", expected);
  ntuple.expect("truncated10", "float32", [](int n) {
    int magnitude = n;
    for (int top = 1; top <= n; top *= 2) magnitude = n / std::max(top / 2, 1) * std::max(top / 2, 1);
    return text((n % 2 == 0 ? magnitude : -magnitude) * 1.0);
  });
}

TEST(RNTupleEncodings, QuantizedReals) {
  const Ntuple ntuple("encodings.root", "encodings");
  for (const int bits : {1, 7, 20, 32}) {
    const double most = static_cast<double>((uint64_t{1} << bits) - 1);
    ntuple.expect("quantized" + text(bits), "float32", [&](int n) {
      const double steps = static_cast<double>(static_cast<uint64_t>(n * (most / 59) + 0.5));
      return text(static_cast<float>(steps * 59 / most));
    });
  }
}

TEST(RNTupleEncodings, Indexes) {
  const Ntuple ntuple("encodings.root", "encodings");
  for (const std::string name : {"v_Index32", "v_Index64", "v_SplitIndex32", "v_SplitIndex64"}) {
    ntuple.expect(name, "var * uint8", [](int n) { return repeated(n % 5, text(n)); });
  }
}

TEST(RNTupleLateFields, BeginWithZeros) {
  const Ntuple ntuple("late.root", "late");
  ntuple.expect("i", "int32", [](int n) { return text(n); });
  ntuple.expect("x", "float64", [](int n) { return text(n < 30 ? 0 : n); });
  ntuple.expect("v", "var * int16", [](int n) { return repeated(n < 30 ? 0 : n % 3, text(n)); });
  ntuple.expect("s", "string", [](int n) { return n < 30 ? "''" : "'" + text(n) + "'"; });
  ntuple.expect("a", "int32[2][2]", [](int n) {
    return n < 30 ? "0,0,0,0" : text(n) + "," + text(n + 1) + "," + text(n + 2) + "," + text(n + 3);
  });
  ntuple.expect("av", "var * var * float32", [](int n) {
    return n < 30 ? "[[] []]" : "[" + repeated(n % 2, text(n)) + " " + repeated((n + 1) % 2, text(n)) + "]";
  });
  ntuple.expect("w._0", "var * int32", [](int n) { return repeated(n >= 30 && n % 2 == 0, text(n)); });
  ntuple.expect("w._1", "var * float32", [](int n) { return repeated(n >= 30 && n % 2 == 1, text(n)); });
}

TEST(RNTupleRepresentations, ChangeFromClusterToCluster) {
  const Ntuple ntuple("representations.root", "representations");
  ntuple.expect("f", "float32", [](int n) { return text(n); });
  ntuple.expect("d", "float64", [](int n) { return text(n); });
  ntuple.expect("i", "int32", [](int n) { return text(-n); });
  ntuple.expect("s", "string", [](int n) { return "'" + text(n) + "'"; });
  ntuple.expect("v", "var * float32", [](int n) { return repeated(n % 3, text(n)); });
}

TEST(RNTupleStreamedObjects, HaveAColumnForEachMember) {
  const Ntuple ntuple("streamed.root", "streamed");
  ntuple.expect("i", "int32", [](int n) { return text(n); });
  ntuple.expect("st.number", "int32", [](int n) { return text(7 * n); });
  ntuple.expect("st.list", "var * float32", [](int n) { return repeated(n % 3, text(n)); });
}

}  // namespace
}  // namespace mlaas::table
