#include "mlaas/table/chain/file_reference.h"

#include <gtest/gtest.h>

#include "tests/unit/io/temporary_folder.h"

namespace mlaas::table {
namespace {

FileReference parsed(const std::string& text) { return parseFileReference(text).value(); }

// As uproot's file_object_path_split, but for ".root.1", which ATLAS files end with.
TEST(FileReference, SplitsFileAndTree) {
  EXPECT_EQ(parsed("a.root"), (FileReference{"a.root", ""}));
  EXPECT_EQ(parsed("a.root:Events"), (FileReference{"a.root", "Events"}));
  EXPECT_EQ(parsed("d/a.root:/dir//tree/"), (FileReference{"d/a.root", "dir/tree"}));
  EXPECT_EQ(parsed("a.root:tree;2"), (FileReference{"a.root", "tree;2"}));
  EXPECT_EQ(parsed("DAOD.pool.root.1:CollectionTree"), (FileReference{"DAOD.pool.root.1", "CollectionTree"}));
  EXPECT_EQ(parsed("data_*.root:t"), (FileReference{"data_*.root", "t"}));
  EXPECT_EQ(parsed("a.root?#dir/t"), (FileReference{"a.root", "dir/t"}));
  EXPECT_EQ(parsed("table.bin?#t"), (FileReference{"table.bin", "t"}));
}

TEST(FileReference, LeavesOtherColonsAlone) {
  for (const char* text :
       {"C:\\data\\a.root", "root://host:1094//d/a.root", "https://a.root:8080/data", "a:b", "12:30", "a.root.old:t",
        "https://host/a.root?token=1", "file:///d/a.root", "root://host.root:1094"}) {
    EXPECT_EQ(parsed(text), (FileReference{text, ""}));
  }
  EXPECT_EQ(parsed("C:\\data\\a.root:t"), (FileReference{"C:\\data\\a.root", "t"}));
  EXPECT_EQ(parsed("root://host:1094//d/a.root:dir/t"), (FileReference{"root://host:1094//d/a.root", "dir/t"}));
  EXPECT_EQ(parsed("root://x.root:1094//d/a.root:t"), (FileReference{"root://x.root:1094//d/a.root", "t"}));
}

TEST(FileReference, TakesAFileOfThatVeryName) {
  const io::TemporaryFolder folder;
  const auto path = folder.write("a.root:b", "x");
  EXPECT_EQ(parsed(path), (FileReference{path, ""}));
}

TEST(FileReference, WritesWhatItReads) {
  for (const FileReference& reference : {FileReference{"a.root", "t"}, FileReference{"a.bin", "d/t"},
                                         FileReference{"a.root", ""}, FileReference{"x:y", "t;1"}}) {
    EXPECT_EQ(parsed(reference.text()), reference) << reference.text();
  }
}

TEST(FileReference, RefusesEmptyNames) {
  for (const char* text : {"", "a.root:", "a.root:/", "a.root?#"}) {
    const auto result = parseFileReference(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(FileReference, ExpandsPatternsWithTheirTrees) {
  const io::TemporaryFolder folder;
  const auto b = folder.write("b.root", "");
  const auto a = folder.write("a.root", "");
  const std::vector<std::string> patterns = {folder.path("*.root:mine"), a};
  EXPECT_EQ(expandFileReferences(patterns, "/other").value(),
            (std::vector<FileReference>{{a, "mine"}, {b, "mine"}, {a, "other"}}));
  const std::vector<std::string> none = {folder.path("*.txt:t")};
  EXPECT_EQ(expandFileReferences(none, "").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace mlaas::table
