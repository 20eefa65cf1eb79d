// Reads every kind of column that is supported from files that ROOT wrote with values known from a formula:
// tests/fuzz/make_ttree_seeds.py.
#include <gtest/gtest.h>

#include <numeric>

#include "mlaas/base/task_pool.h"
#include "mlaas/table/table.h"

namespace mlaas::table {
namespace {

constexpr int64_t kEntries = 60;

class ColumnTypes : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    table_ = openTable(std::string(MLAAS_SOURCE_DIR "/tests/fuzz/corpus/fuzz_ttree_file/") + GetParam() + ".root", "t")
                 .value();
    ASSERT_EQ(table_->numEntries(), kEntries);
  }

  Column read(const std::string& name, EntryRange range = {0, kEntries}) {
    return table_->read(range, {table_->findColumn(name).value()}).value().front();
  }

  // Expects values of type T, `perEntry` an entry, each expected(entry, index).
  template <class T>
  void expectFixed(const std::string& name, size_t perEntry, auto expected) {
    const Column column = read(name);
    ASSERT_EQ(column.type.dtype, kDTypeOf<T>) << name;
    const auto values = column.valuesAs<T>();
    ASSERT_EQ(values.size(), kEntries * perEntry) << name;
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(values[i], static_cast<T>(expected(static_cast<int>(i / perEntry), static_cast<int>(i % perEntry))))
          << name << " " << i;
    }
  }

  // Expects size(entry) values in each entry, each expected(entry, index); also when read in pieces.
  template <class T>
  void expectJagged(const std::string& name, auto size, auto expected) {
    for (const int64_t step : {kEntries, int64_t{7}}) {
      for (int64_t first = 0; first < kEntries; first += step) {
        const EntryRange range{first, std::min(kEntries, first + step)};
        const Column column = read(name, range);
        ASSERT_EQ(column.type.name(), "var * " + std::string(dtypeName(kDTypeOf<T>)));
        const auto offsets = column.offsetsAt(0);
        const auto values = column.valuesAs<T>();
        for (int64_t i = 0; i < range.size(); ++i) {
          const auto entry = static_cast<int>(first + i);
          const auto at = static_cast<size_t>(offsets[static_cast<size_t>(i)]);
          ASSERT_EQ(offsets[static_cast<size_t>(i) + 1], offsets[static_cast<size_t>(i)] + size(entry))
              << name << " " << entry;
          for (int j = 0; j < size(entry); ++j)
            ASSERT_EQ(values[at + static_cast<size_t>(j)], static_cast<T>(expected(entry, j)));
        }
      }
    }
  }

  std::shared_ptr<const Table> table_;
};

TEST_P(ColumnTypes, Numbers) {
  expectFixed<int32_t>("n", 1, [](int i, int) { return i % 5; });
  expectFixed<bool>("o", 1, [](int i, int) { return i % 2; });
  expectFixed<uint64_t>("e", 1, [](int i, int) { return (uint64_t{1} << 60) + static_cast<uint64_t>(i); });
  expectFixed<int16_t>("s", 1, [](int i, int) { return -i; });
  expectFixed<uint8_t>("c", 1, [](int i, int) { return 200 + i % 50; });
}

TEST_P(ColumnTypes, FixedArrays) {
  EXPECT_EQ(read("m").type.shape, (std::vector<uint32_t>{2, 3}));
  expectFixed<double>("m", 6, [](int i, int j) { return i + 10 * j; });
}

TEST_P(ColumnTypes, LeavesOfOneBranch) {
  expectFixed<float>("p.a", 1, [](int i, int) { return i; });
  expectFixed<int32_t>("p.b", 1, [](int i, int) { return -i; });
}

TEST_P(ColumnTypes, CountedArrays) {
  expectJagged<float>(
      "x", [](int i) { return i % 5; },
      [](int i, int j) { return static_cast<float>(i) + 0.5F * static_cast<float>(j); });
}

TEST_P(ColumnTypes, Vectors) {
  expectJagged<float>(
      "v", [](int i) { return i % 3; }, [](int i, int) { return static_cast<float>(i) + 0.25F; });
  expectJagged<int16_t>(
      "w", [](int i) { return i % 4; }, [](int i, int) { return i; });
}

TEST_P(ColumnTypes, Strings) {
  const Column column = read("str");
  EXPECT_EQ(column.type.name(), "string");
  const auto characters = column.valuesAs<uint8_t>();
  const auto offsets = column.offsetsAt(0);
  for (size_t i = 0; i < kEntries; ++i) {
    const std::string text(characters.begin() + offsets[i], characters.begin() + offsets[i + 1]);
    EXPECT_EQ(text, std::to_string(i * i));
  }
}

// Columns of one branch are decoded in one pass over its baskets, here too.
TEST_P(ColumnTypes, LeavesOfOneBranchTogether) {
  const std::vector<size_t> columns = {table_->findColumn("p.b").value(), table_->findColumn("x").value(),
                                       table_->findColumn("p.a").value()};
  EXPECT_EQ(table_->readGroup(columns[0]), table_->readGroup(columns[2]));
  EXPECT_NE(table_->readGroup(columns[0]), table_->readGroup(columns[1]));
  TaskPool pool(2);
  for (TaskPool* one : {static_cast<TaskPool*>(nullptr), &pool}) {
    for (const EntryRange range : {EntryRange{0, kEntries}, EntryRange{7, 31}}) {
      const auto read = table_->read(range, columns, one).value();
      const auto b = read[0].valuesAs<int32_t>();
      const auto a = read[2].valuesAs<float>();
      ASSERT_EQ(a.size(), static_cast<size_t>(range.size()));
      ASSERT_EQ(b.size(), a.size());
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i], static_cast<float>(range.first + static_cast<int64_t>(i)));
        EXPECT_EQ(b[i], -static_cast<int32_t>(range.first) - static_cast<int32_t>(i));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ColumnTypes, testing::Values("zlib", "lzma", "lz4", "zstd", "offsets_left_out"),
                         [](const auto& codec) { return std::string(codec.param); });

}  // namespace
}  // namespace mlaas::table
