#include "mlaas/root/streamer/known_classes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mlaas/io/opener.h"
#include "mlaas/root/streamer/older_classes.h"
#include "mlaas/root/streamer/streamer_info.h"

namespace mlaas::root {
namespace {

TEST(KnownClasses, HaveTheTreeFamily) {
  for (const char* name : {"TObject", "TNamed", "TAttLine", "TAttFill", "TAttMarker", "ROOT::TIOFeatures", "TTree",
                           "TBranch", "TLeaf", "TLeafF", "TLeafD", "TLeafI", "TLeafL", "TLeafS", "TLeafB", "TLeafO"}) {
    EXPECT_NE(findKnownClass(name), nullptr) << name;
  }
  EXPECT_EQ(findKnownClass("TTree")->version, 20);
  EXPECT_EQ(findKnownClass("TBranch")->version, 13);
  EXPECT_EQ(findKnownClass("NoSuchClass"), nullptr);
}

TEST(KnownClasses, HaveEarlierVersionsOfTheTreeFamily) {
  for (int32_t version = 16; version <= 20; ++version) EXPECT_NE(ClassRegistry().find("TTree", version, 0), nullptr);
  EXPECT_EQ(ClassRegistry().find("TTree", 15, 0), nullptr);
  EXPECT_EQ(ClassRegistry().find("TBranch", 12, 0)->members.size(), findKnownClass("TBranch")->members.size() - 1);
  const auto& members = findOlderClass("TBranchElement", 9)->members;
  const auto version = std::ranges::find(members, "fClassVersion", &ClassMember::name);
  EXPECT_EQ(version->typeName, "int");
}

// The sample was written by ROOT 6.40: its own descriptions are the reference.
TEST(KnownClasses, AgreeWithWhatRootWrites) {
  auto source = io::open(MLAAS_SOURCE_DIR "/examples/tth/data/tth_1.root");
  ASSERT_TRUE(source.ok());
  const auto registry = readStreamerInfo(*File::open(*source).value());
  ASSERT_TRUE(registry.ok()) << registry.error().what();
  size_t numCompared = 0;
  for (const auto& [name, versions] : (*registry)->all()) {
    const ClassDescription* known = findKnownClass(name);
    if (known == nullptr) continue;
    const ClassDescription& written = versions.front();
    ++numCompared;
    EXPECT_EQ(known->version, written.version) << name;
    EXPECT_EQ(known->checksum, written.checksum) << name;
    ASSERT_EQ(known->members.size(), written.members.size()) << name;
    for (size_t i = 0; i < written.members.size(); ++i) {
      EXPECT_EQ(known->members[i].name, written.members[i].name) << name;
      EXPECT_EQ(known->members[i].title, written.members[i].title) << name << "." << written.members[i].name;
      EXPECT_EQ(known->members[i].type, written.members[i].type) << name << "." << written.members[i].name;
      EXPECT_EQ(known->members[i].typeName, written.members[i].typeName) << name << "." << written.members[i].name;
      EXPECT_EQ(known->members[i].elementClass, written.members[i].elementClass)
          << name << "." << written.members[i].name;
      EXPECT_EQ(known->members[i].baseVersion, written.members[i].baseVersion)
          << name << "." << written.members[i].name;
      EXPECT_EQ(known->members[i].dimensions, written.members[i].dimensions) << name << "." << written.members[i].name;
      EXPECT_EQ(known->members[i].countName, written.members[i].countName) << name << "." << written.members[i].name;
    }
  }
  EXPECT_GE(numCompared, 8U);
}

}  // namespace
}  // namespace mlaas::root
