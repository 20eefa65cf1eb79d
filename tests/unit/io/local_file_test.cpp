#include "mlaas/io/local_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <numeric>

#include "mlaas/base/random.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::io {
namespace {

std::string numberedBytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(mix64(i));
  return bytes;
}

struct Piece {
  uint64_t offset;
  std::vector<std::byte> bytes;
};

std::vector<ReadRequest> requestsOf(std::vector<Piece>& pieces) {
  std::vector<ReadRequest> requests;
  for (Piece& piece : pieces) requests.push_back({piece.offset, piece.bytes});
  return requests;
}

void expectPieces(const std::vector<Piece>& pieces, const std::string& content) {
  for (const Piece& piece : pieces) {
    const std::string_view expected = std::string_view(content).substr(piece.offset, piece.bytes.size());
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size()), expected)
        << "at " << piece.offset;
  }
}

TEST(LocalFile, ReadsScatteredNeighbouringAndOverlappingRanges) {
  const TemporaryFolder folder;
  const std::string content = numberedBytes(100000);
  const auto file = openLocalFile(folder.write("a.bin", content)).value();
  EXPECT_EQ(file->sizeBytes(), content.size());
  std::vector<Piece> pieces;
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const uint64_t offset = random.below(content.size());
    pieces.push_back({offset, std::vector<std::byte>(random.below(std::min<uint64_t>(300, content.size() - offset)))});
  }
  ASSERT_TRUE(file->readNow(requestsOf(pieces)).ok());
  expectPieces(pieces, content);
}

TEST(LocalFile, ReadsManyNeighboursInOneCall) {
  const TemporaryFolder folder;
  const std::string content = numberedBytes(30000);
  const auto file = openLocalFile(folder.write("a.bin", content)).value();
  std::vector<Piece> pieces;
  for (uint64_t offset = 0; offset + 5 <= content.size(); offset += 7)
    pieces.push_back({offset, std::vector<std::byte>(5)});
  ASSERT_TRUE(file->readNow(requestsOf(pieces)).ok());
  expectPieces(pieces, content);
}

TEST(LocalFile, ReadsOnAnotherThread) {
  const TemporaryFolder folder;
  const std::string content = numberedBytes(5000);
  const auto file = openLocalFile(folder.write("a.bin", content)).value();
  std::vector<Piece> pieces = {{10, std::vector<std::byte>(20)}, {4000, std::vector<std::byte>(1000)}};
  std::promise<bool> done;
  file->read(requestsOf(pieces), [&](Result<void> result) { done.set_value(result.ok()); });
  EXPECT_TRUE(done.get_future().get());
  expectPieces(pieces, content);
}

TEST(LocalFile, RefusesRangesPastTheEnd) {
  const TemporaryFolder folder;
  const auto file = openLocalFile(folder.write("a.bin", "0123456789")).value();
  std::vector<std::byte> bytes(4);
  for (const uint64_t offset : {uint64_t{7}, uint64_t{11}, UINT64_MAX - 1}) {
    const auto result = file->readNow({{offset, bytes}});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
    EXPECT_NE(result.error().message().find("the file has 10 bytes"), std::string::npos);
  }
  EXPECT_TRUE(file->readNow({{10, {}}}).ok());
  EXPECT_TRUE(file->readNow({}).ok());
}

TEST(LocalFile, SaysThatAFileShrank) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.bin", numberedBytes(1000));
  const auto file = openLocalFile(path).value();
  ASSERT_EQ(::truncate(path.c_str(), 500), 0);
  std::vector<std::byte> bytes(300);
  const auto result = file->readNow({{400, bytes}});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
}

TEST(LocalFile, NamesWhatCannotBeOpened) {
  const TemporaryFolder folder;
  const std::string missing = folder.path("missing.root");
  EXPECT_EQ(openLocalFile(missing).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(std::string(openLocalFile(missing).error().what()), missing + ": no such file");
  EXPECT_EQ(openLocalFile(folder.path("")).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(openLocalFile(folder.write("file", "x") + "/below").error().code(), ErrorCode::kNotFound);
}

TEST(LocalFile, SaysThatPermissionIsMissing) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const TemporaryFolder folder;
  const std::string path = folder.write("secret", "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_EQ(openLocalFile(path).error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace mlaas::io
