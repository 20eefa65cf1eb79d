#include "mlaas/table/writer/npy_writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "mlaas/table/writer/column_files.h"
#include "mlaas/table/writer/csv_writer.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::table {
namespace {

namespace fs = std::filesystem;

class WriterTest : public testing::Test {
 protected:
  std::string path(const std::string& name = "") const { return folder_.path(name); }
  std::string contents(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  // What follows the header, as numbers.
  template <class T>
  std::vector<T> values(const std::string& name) const {
    std::string bytes = contents(name).substr(128);
    std::vector<T> out(bytes.size() / sizeof(T));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }

 private:
  io::TemporaryFolder folder_;
};

// Source: numpy.lib.format, "Format Version 1.0".
TEST_F(WriterTest, NpyHeaderHasTheNumberOfRows) {
  auto writer = NpyWriter::create(path("a.npy"), DType::kFloat32, {3}).value();
  writer.append(std::span<const float>(std::vector<float>{1, 2, 3, 4, 5, 6})).value();
  writer.close().value();
  std::string bytes = contents("a.npy");
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]), 118);
  EXPECT_TRUE(bytes.substr(10).starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3,), }"));
  EXPECT_EQ(bytes[127], '\n');
  EXPECT_EQ(values<float>("a.npy"), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST_F(WriterTest, NpyIsAbsentWithoutClose) {
  { auto writer = NpyWriter::create(path("a.npy"), DType::kInt8).value(); }
  EXPECT_TRUE(fs::is_empty(path()));
}

TEST_F(WriterTest, ColumnFilesJoinTheOffsetsOfBlocks) {
  ColumnType type{DType::kInt32, 1, {}, false};
  auto files = ColumnFiles::create(path(), "dir/x", type).value();
  files.append(makeJaggedColumn<int32_t>(std::vector<int64_t>{0, 2, 2}, std::vector<int32_t>{7, 8})).value();
  files.append(makeJaggedColumn<int32_t>(std::vector<int64_t>{0, 1}, std::vector<int32_t>{9})).value();
  files.close().value();
  EXPECT_EQ(values<int32_t>("dir.x.npy"), (std::vector<int32_t>{7, 8, 9}));
  EXPECT_EQ(values<int64_t>("dir.x.offsets.npy"), (std::vector<int64_t>{0, 2, 2, 3}));
}

TEST_F(WriterTest, ColumnFilesOfNoRowsHaveOneOffset) {
  auto files = ColumnFiles::create(path(), "x", {DType::kInt32, 1, {}, false}).value();
  files.close().value();
  EXPECT_EQ(values<int64_t>("x.offsets.npy"), (std::vector<int64_t>{0}));
  EXPECT_EQ(contents("x.npy").size(), 128U);
}

TEST(ColumnFileNames, NumberTheLevelsOfNestedColumns) {
  EXPECT_EQ(columnFileNames("a/b", {DType::kInt8, 0, {}, false}), (std::vector<std::string>{"a.b.npy"}));
  EXPECT_EQ(columnFileNames("a", {DType::kInt8, 1, {}, false}), (std::vector<std::string>{"a.npy", "a.offsets.npy"}));
  EXPECT_EQ(columnFileNames("a", {DType::kInt8, 2, {}, false}),
            (std::vector<std::string>{"a.npy", "a.offsets0.npy", "a.offsets1.npy"}));
}

TEST_F(WriterTest, CsvKeepsNumbersExact) {
  auto writer = CsvWriter::create(path("a.csv"), {"event", "score", "b,c"}).value();
  Column event = makeFlatColumn<uint64_t>(std::vector<uint64_t>{18446744073709551615U, 9007199254740993U});
  Column score = makeFlatColumn<float>(std::vector<float>{0.1F, 1e-30F});
  Column other = makeFlatColumn<int8_t>(std::vector<int8_t>{-1, 65});
  std::vector<Column> rows = {event, score, other};
  writer.append(rows).value();
  writer.close().value();
  EXPECT_EQ(contents("a.csv"), "event,score,\"b,c\"\n18446744073709551615,0.1,-1\n9007199254740993,1e-30,65\n");
}

TEST_F(WriterTest, CsvRefusesJaggedColumns) {
  auto writer = CsvWriter::create(path("a.csv"), {"x"}).value();
  Column jagged[] = {makeJaggedColumn<float>(std::vector<int64_t>{0, 1}, std::vector<float>{1})};
  EXPECT_EQ(writer.append(jagged).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mlaas::table
