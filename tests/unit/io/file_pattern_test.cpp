#include <gtest/gtest.h>

#include "mlaas/io/opener.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::io {
namespace {

using Files = std::vector<std::string>;

TEST(FilePattern, ExpandsSortedByBytes) {
  const TemporaryFolder folder;
  for (const char* name : {"b_2.root", "B_1.root", "a_10.root", "a_9.root", "c.txt"}) folder.write(name, "");
  EXPECT_EQ(expandPattern(folder.path("*.root")).value(), (Files{folder.path("B_1.root"), folder.path("a_10.root"),
                                                                 folder.path("a_9.root"), folder.path("b_2.root")}));
  EXPECT_EQ(expandPattern(folder.path("a_?.root")).value(), Files{folder.path("a_9.root")});
  EXPECT_EQ(expandPattern("file://" + folder.path("[c]*")).value(), Files{folder.path("c.txt")});
}

TEST(FilePattern, LeavesPlainNamesAndRemoteUrls) {
  EXPECT_EQ(expandPattern("/no/such/file.root").value(), Files{"/no/such/file.root"});
  EXPECT_EQ(expandPattern("https://host/a.root?token=1").value(), Files{"https://host/a.root?token=1"});
}

TEST(FilePattern, SaysThatNothingMatches) {
  const TemporaryFolder folder;
  const auto result = expandPattern(folder.path("*.root"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace mlaas::io
