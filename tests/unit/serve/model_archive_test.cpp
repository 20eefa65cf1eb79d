// Archives are made by libarchive, the hostile ones too.
#include "mlaas/serve/model_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mlaas::serve {
namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string name;
  std::string contents;
  int type = AE_IFREG;
  std::string target = {};
};

std::string makeTar(const std::vector<Entry>& entries, bool gzip = false) {
  std::string bytes(1 << 20, '\0');
  size_t used = 0;
  ::archive* out = ::archive_write_new();
  ::archive_write_set_format_pax_restricted(out);
  if (gzip) ::archive_write_add_filter_gzip(out);
  ::archive_write_open_memory(out, bytes.data(), bytes.size(), &used);
  for (const auto& one : entries) {
    ::archive_entry* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, one.name.c_str());
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(one.contents.size()));
    ::archive_entry_set_filetype(entry, static_cast<unsigned>(one.type));
    ::archive_entry_set_perm(entry, 0644);
    if (one.type == AE_IFLNK) ::archive_entry_set_symlink(entry, one.target.c_str());
    if (one.type == AE_IFREG && !one.target.empty()) ::archive_entry_set_hardlink(entry, one.target.c_str());
    ::archive_write_header(out, entry);
    ::archive_write_data(out, one.contents.data(), one.contents.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_close(out);
  ::archive_write_free(out);
  bytes.resize(used);
  return bytes;
}

std::string textOf(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ModelArchive : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "archive_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    parent_ = pattern;
    folder_ = parent_ / "in";
    fs::create_directory(folder_);
  }
  void TearDown() override { fs::remove_all(parent_); }
  std::string messageOf(std::string_view archive, const ArchiveLimits& limits = {}) const {
    const auto done = unpackArchive(archive, folder_, limits);
    return done.ok() ? "" : done.error().what();
  }
  fs::path parent_;
  fs::path folder_;
};

TEST_F(ModelArchive, UnpacksFoldersAndFiles) {
  for (const bool gzip : {false, true}) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    const auto archive =
        makeTar({{"./model/", "", AE_IFDIR}, {"./model/a.txt", "one"}, {"model/deep/b.txt", "two"}}, gzip);
    EXPECT_EQ(messageOf(archive), "");
    EXPECT_EQ(textOf(folder_ / "model" / "a.txt"), "one");
    EXPECT_EQ(textOf(folder_ / "model" / "deep" / "b.txt"), "two");
  }
}

TEST_F(ModelArchive, RefusesWhatLeavesTheFolder) {
  for (const char* name : {"../out.txt", "model/../../out.txt", "/tmp/mlaas_out.txt"}) {
    EXPECT_NE(messageOf(makeTar({{name, "x"}})), "") << name;
  }
  EXPECT_EQ(messageOf(makeTar({{"a/../../out", "x"}})),
            "the archive has an entry 'a/../../out', which leaves its folder");
  EXPECT_FALSE(fs::exists(parent_ / "out.txt"));
  EXPECT_FALSE(fs::exists("/tmp/mlaas_out.txt"));
}

TEST_F(ModelArchive, RefusesLinksAndDevices) {
  EXPECT_EQ(messageOf(makeTar({{"link", "", AE_IFLNK, "/etc"}, {"link/x", "y"}})),
            "the archive has an entry 'link' that is neither a file nor a folder");
  EXPECT_NE(messageOf(makeTar({{"a", "x"}, {"b", "", AE_IFREG, "a"}})), "");
  EXPECT_NE(messageOf(makeTar({{"pipe", "", AE_IFIFO}})), "");
  EXPECT_NE(messageOf(makeTar({{"a", "x"}, {"a", "y"}})), "");
}

TEST_F(ModelArchive, HasLimits) {
  const auto bomb = makeTar({{"zeros", std::string(500000, '\0')}}, true);
  EXPECT_LT(bomb.size(), 2000U);
  EXPECT_EQ(messageOf(bomb, {100000, 10}), "the archive unpacks to more than 100000 bytes");
  EXPECT_EQ(messageOf(makeTar({{"a", "1"}, {"b", "2"}, {"c", "3"}}), {1000, 2}), "the archive has more than 2 entries");
}

TEST_F(ModelArchive, RefusesWhatIsNoTarFile) {
  for (const auto& wrong : {std::string(), std::string("hello"), std::string(5000, 'x')}) {
    EXPECT_NE(messageOf(wrong), "");
  }
  auto cut = makeTar({{"a", std::string(5000, 'x')}}, true);
  cut.resize(cut.size() / 2);
  EXPECT_NE(messageOf(cut), "");
}

}  // namespace
}  // namespace mlaas::serve
