#include "mlaas/io/output_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/io/temporary_folder.h"

namespace mlaas::io {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public testing::Test {
 protected:
  std::string path(const std::string& name = "") const { return folder_.path(name); }
  std::ptrdiff_t numFiles() const { return std::distance(fs::directory_iterator(path()), {}); }
  std::string contents(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(OutputFileTest, RefusesDevices) {
  auto file = OutputFile::create("/dev/full");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputFileTest, AppearsAtCommit) {
  auto file = OutputFile::create(path("a")).value();
  file.write(std::string_view("hello ")).value();
  file.write(std::string_view("world")).value();
  EXPECT_FALSE(fs::exists(path("a")));
  EXPECT_EQ(file.size(), 11U);
  file.commit().value();
  EXPECT_EQ(contents("a"), "hello world");
  EXPECT_EQ(numFiles(), 1);
}

TEST_F(OutputFileTest, LeavesAnEarlierFileAloneWithoutCommit) {
  std::ofstream(path("a")) << "earlier";
  {
    auto file = OutputFile::create(path("a")).value();
    auto other = OutputFile::create(path("a")).value();  // a name of its own
    file.write(std::string_view("new")).value();
    OutputFile moved = std::move(file);
    EXPECT_EQ(numFiles(), 3);
  }
  EXPECT_EQ(contents("a"), "earlier");
  EXPECT_EQ(numFiles(), 1);
}

TEST_F(OutputFileTest, ReplacesBytesAnywhereInALongFile) {
  auto file = OutputFile::create(path("a")).value();
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    std::string line(999, static_cast<char>('a' + i % 26));
    file.write(line + "\n").value();
    expected += line + "\n";
  }
  for (size_t at : {size_t{0}, size_t{500'000}, size_t{999'990}}) {
    std::string patch = "0123456789";
    file.writeAt(at, std::as_bytes(std::span(patch))).value();
    expected.replace(at, patch.size(), patch);
  }
  file.write(std::string_view("end")).value();
  file.commit().value();
  EXPECT_EQ(contents("a"), expected + "end");
}

TEST_F(OutputFileTest, NamesWhatItCannotMake) {
  auto code = [](const std::string& name) { return OutputFile::create(name).error().code(); };
  EXPECT_EQ(code(""), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(path()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(path("none/")), ErrorCode::kInvalidArgument);
  auto error = OutputFile::create(path("none/a")).error();
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_NE(error.message().find("none/a"), std::string::npos);
}

// A limit on the size of files stands for a full disk.
TEST_F(OutputFileTest, AFullDiskIsAnErrorAndLeavesNothing) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  {
    auto file = OutputFile::create(path("a")).value();
    file.write(std::string(2000, 'x')).value();  // waits in memory
    EXPECT_EQ(file.commit().error().code(), ErrorCode::kIo);
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(numFiles(), 0);
}

}  // namespace
}  // namespace mlaas::io
