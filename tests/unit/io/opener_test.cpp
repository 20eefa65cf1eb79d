#include "mlaas/io/opener.h"

#include <gtest/gtest.h>

#include "mlaas/io/memory_source.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::io {
namespace {

TEST(Opener, OpensPathsAndFileUrls) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.root", "abc");
  EXPECT_EQ(open(path).value()->sizeBytes(), 3U);
  EXPECT_EQ(open("file://" + path).value()->sizeBytes(), 3U);
}

TEST(Opener, AsksTheSchemesOpener) {
  registerScheme("answers", [](const std::string& url) -> Result<std::shared_ptr<ByteSource>> {
    return std::shared_ptr<ByteSource>(std::make_shared<MemorySource>(url, std::vector<std::byte>(42)));
  });
  const auto source = open("answers://host/file").value();
  EXPECT_EQ(source->sizeBytes(), 42U);
  EXPECT_EQ(source->url(), "answers://host/file");
}

TEST(Opener, NamesTheKnownSchemes) {
  registerScheme("known", [](const std::string&) -> Result<std::shared_ptr<ByteSource>> {
    return Error(ErrorCode::kNotFound, "nothing");
  });
  const auto result = open("gopher://host/file.root");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(result.error().message().find("known"), std::string::npos);
  EXPECT_NE(result.error().message().find("gopher"), std::string::npos);
}

TEST(MemorySource, ReadsRangesAndRefusesOthers) {
  MemorySource source("bytes", {std::byte{1}, std::byte{2}, std::byte{3}});
  std::vector<std::byte> bytes(2);
  ASSERT_TRUE(source.readNow({{1, bytes}}).ok());
  EXPECT_EQ(bytes, (std::vector{std::byte{2}, std::byte{3}}));
  EXPECT_EQ(source.readNow({{2, bytes}}).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::io
