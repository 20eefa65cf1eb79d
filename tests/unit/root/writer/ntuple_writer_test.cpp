#include "mlaas/root/writer/ntuple_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/io/temporary_folder.h"

namespace mlaas::root {
namespace {

class NtupleWriterTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path(name); }
  static std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  bool empty() const { return std::filesystem::is_empty(path("")); }

 private:
  io::TemporaryFolder folder_;
};

const std::vector<OutputColumn> kColumns = {{"event", {DType::kUInt64, 0, {}, false}},
                                            {"Jet_pt", {DType::kFloat32, 1, {}, false}}};

std::vector<Column> rows(std::vector<uint64_t> events, std::vector<int64_t> offsets, std::vector<float> values) {
  return {makeFlatColumn<uint64_t>(events), makeJaggedColumn<float>(offsets, values)};
}

TEST_F(NtupleWriterTest, SameRowsGiveTheSameBytesHoweverTheyArrive) {
  TableWriterOptions options;
  options.clusterEntries = 2;
  for (int i = 0; i < 2; ++i) {
    std::filesystem::create_directories(path(std::to_string(i)));
    auto writer = NtupleWriter::create(path(std::to_string(i) + "/a.root"), "t", kColumns, options).value();
    if (i == 0) {
      writer.append(rows({1, 2, 3}, {0, 2, 2, 3}, {1, 2, 3})).value();
    } else {
      writer.append(rows({1}, {0, 2}, {1, 2})).value();
      writer.append(rows({}, {0}, {})).value();
      writer.append(rows({2, 3}, {0, 0, 1}, {3})).value();
    }
    EXPECT_EQ(writer.numEntries(), 3);
    writer.close().value();
  }
  EXPECT_EQ(contents(path("0/a.root")), contents(path("1/a.root")));
}

TEST_F(NtupleWriterTest, LeavesNothingBehindWithoutClose) {
  {
    auto writer = NtupleWriter::create(path("a.root"), "t", kColumns).value();
    writer.append(rows({1}, {0, 1}, {1})).value();
    EXPECT_FALSE(empty());
  }
  EXPECT_TRUE(empty());
}

TEST_F(NtupleWriterTest, RefusesWhatAnRNTupleCannotHold) {
  auto code = [&](const std::string& name, std::vector<OutputColumn> columns) {
    return NtupleWriter::create(path("a.root"), name, std::move(columns)).error().code();
  };
  const ColumnType number{DType::kInt8, 0, {}, false};
  for (const char* name : {"", "a.b", "a/b", "a b", "a\\b", "a\nb"}) {
    EXPECT_EQ(code(name, kColumns), ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(code("t", {{name, number}}), ErrorCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(code("t", {{"a", number}, {"a", number}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("t", {{"a", {DType::kInt8, 0, {3, 0}, false}}}), ErrorCode::kUnsupported);
  EXPECT_TRUE(empty());
}

TEST_F(NtupleWriterTest, RefusesRowsOfAnotherShape) {
  auto writer = NtupleWriter::create(path("a.root"), "t", kColumns).value();
  auto good = rows({1}, {0, 1}, {1});
  std::vector<Column> tooFew = {good[0]};
  std::vector<Column> wrongType = {good[1], good[0]};
  std::vector<Column> wrongLength = {good[0], rows({1, 2}, {0, 1, 2}, {1, 2})[1]};
  for (const auto& bad : {tooFew, wrongType, wrongLength})
    EXPECT_EQ(writer.append(bad).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mlaas::root
