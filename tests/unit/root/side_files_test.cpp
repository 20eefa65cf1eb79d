#include "mlaas/root/ttree/side_files.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

constexpr const char* kFolder = MLAAS_SOURCE_DIR "/examples/tth/data/";

TEST(SideFiles, OpensAFileBesideTheTreesOwnOnce) {
  SideFiles files(std::string(kFolder) + "tth_0.root");
  const auto first = files.open("multijet_1.root");
  ASSERT_TRUE(first.ok()) << first.error().what();
  EXPECT_EQ((*first)->url(), std::string(kFolder) + "multijet_1.root");
  EXPECT_EQ(files.open("multijet_1.root").value(), *first);
  EXPECT_TRUE(files.open(std::string(kFolder) + "multijet_1.root").ok());
  EXPECT_EQ(files.open("absent.root").error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(files.open("absent.root").ok());
}

TEST(SideFiles, FollowsNoUrlAndNoPathOutOfARemoteFile) {
  EXPECT_EQ(SideFiles("tree.root").open("http://host/side.root").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(SideFiles("root://host/tree.root").open("/data/side.root").error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace mlaas::root
