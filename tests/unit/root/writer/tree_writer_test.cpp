#include "mlaas/root/writer/tree_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "mlaas/base/byte_cursor.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::root {
namespace {

class TreeWriterTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path(name); }
  static std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  size_t numFiles() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path("")), {}));
  }

 private:
  io::TemporaryFolder folder_;
};

OutputColumn number(std::string name, DType dtype, std::string counter = "") {
  int depth = counter.empty() ? 0 : 1;
  return {std::move(name), {dtype, depth, {}, false}, std::move(counter)};
}

template <class T>
Column flat(std::vector<T> values) {
  return makeFlatColumn<T>(values);
}

Column jagged(std::vector<int64_t> offsets, std::vector<float> values) {
  return makeJaggedColumn<float>(offsets, values);
}

uint32_t bigAt(const std::string& bytes, size_t at) {
  return loadNumber<uint32_t, std::endian::big>(reinterpret_cast<const std::byte*>(bytes.data()) + at);
}

TEST_F(TreeWriterTest, HeaderDescribesTheWholeFile) {
  auto writer = TreeWriter::create(path("a.root"), "Scores", {number("score", DType::kFloat32)}).value();
  Column rows[] = {flat<float>({0.25F, 0.5F})};
  writer.append(rows).value();
  writer.close().value();
  std::string bytes = contents(path("a.root"));
  EXPECT_EQ(bytes.substr(0, 4), "root");
  EXPECT_EQ(bigAt(bytes, 12), bytes.size()) << "fEND";
  EXPECT_EQ(bigAt(bytes, 16) + bigAt(bytes, 20), bytes.size()) << "the free list is the last record";
  EXPECT_EQ(bigAt(bytes, bytes.size() - 8), bytes.size()) << "the free segment starts at the end";
}

// Every record starts where the one before it ends, up to the end of the file.
TEST_F(TreeWriterTest, RecordsFollowEachOther) {
  TableWriterOptions options;
  options.clusterEntries = 10;
  auto writer = TreeWriter::create(path("a.root"), "Scores", {number("score", DType::kFloat64)}, options).value();
  std::vector<double> values(25);
  std::iota(values.begin(), values.end(), 0.0);
  Column rows[] = {flat(values)};
  writer.append(rows).value();
  writer.close().value();
  std::string bytes = contents(path("a.root"));
  size_t at = 100;
  int numBaskets = 0;
  while (at < bytes.size()) {
    numBaskets += bytes.substr(at + 34, 8) == "\x07TBasket" ? 1 : 0;
    at += bigAt(bytes, at);
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_EQ(numBaskets, 3);
}

TEST_F(TreeWriterTest, SameRowsGiveTheSameBytesHoweverTheyArrive) {
  std::vector<OutputColumn> columns = {number("event", DType::kUInt64), number("Jet_pt", DType::kFloat32, "nJet")};
  Column whole[] = {flat<uint64_t>({1, 2, 3}), jagged({0, 2, 2, 3}, {1, 2, 3})};
  Column first[] = {flat<uint64_t>({1}), jagged({0, 2}, {1, 2})};
  Column rest[] = {flat<uint64_t>({2, 3}), jagged({0, 0, 1}, {3})};
  for (int i = 0; i < 2; ++i) {
    std::filesystem::create_directories(path(std::to_string(i)));
    auto writer = TreeWriter::create(path(std::to_string(i) + "/a.root"), "t", columns).value();
    if (i == 0) {
      writer.append(whole).value();
    } else {
      writer.append(first).value();
      writer.append(rest).value();
    }
    writer.close().value();
  }
  EXPECT_EQ(contents(path("0/a.root")), contents(path("1/a.root")));
}

TEST_F(TreeWriterTest, LeavesNothingBehindWithoutClose) {
  {
    auto writer = TreeWriter::create(path("a.root"), "t", {number("x", DType::kInt32)}).value();
    Column rows[] = {flat<int32_t>({1})};
    writer.append(rows).value();
    EXPECT_EQ(numFiles(), 1U);
  }
  EXPECT_EQ(numFiles(), 0U);
}

TEST_F(TreeWriterTest, RefusesWhatATreeCannotHold) {
  auto code = [&](const std::string& tree, std::vector<OutputColumn> columns) {
    return TreeWriter::create(path("a.root"), tree, std::move(columns)).error().code();
  };
  EXPECT_EQ(code("", {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("dir/t", {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("t", {number("a/F", DType::kInt8)}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("t", {number("a", DType::kInt8), number("a", DType::kInt8)}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("t", {number("n", DType::kInt32), number("a", DType::kInt8, "n")}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(TreeWriter::create(path("no/such/folder/a.root"), "t", {}).error().code(), ErrorCode::kIo);
  EXPECT_EQ(TreeWriter::create(path(""), "t", {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(TreeWriterTest, RefusesRowsOfAnotherShape) {
  auto writer =
      TreeWriter::create(path("a.root"), "t", {number("x", DType::kFloat32, "n"), number("y", DType::kFloat32, "n")})
          .value();
  Column tooFew[] = {jagged({0, 1}, {1})};
  Column wrongType[] = {jagged({0, 1}, {1}), flat<float>({1})};
  Column wrongLength[] = {jagged({0, 1}, {1}), jagged({0, 1, 1}, {1})};
  Column wrongCounts[] = {jagged({0, 1, 1}, {1}), jagged({0, 0, 1}, {1})};
  for (std::span<const Column> rows : {std::span<const Column>(tooFew), std::span<const Column>(wrongType),
                                       std::span<const Column>(wrongLength), std::span<const Column>(wrongCounts)})
    EXPECT_EQ(writer.append(rows).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mlaas::root
