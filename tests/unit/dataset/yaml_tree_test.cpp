#include "mlaas/dataset/yaml_tree.h"

#include <gtest/gtest.h>

namespace mlaas::dataset {
namespace {

std::string messageOf(const std::string& text) {
  const auto result = parseYaml(text, "w.yaml");
  return result.ok() ? "" : result.error().what();
}

TEST(YamlTree, KeepsOrderPlacesAndQuotes) {
  const auto root = parseYaml("b: 1\na:\n  - 'x'\n  - y\n", "w.yaml").value();
  ASSERT_EQ(root.keys.size(), 2U);
  EXPECT_EQ(root.keys[0].text, "b");
  EXPECT_EQ(root.find("b")->where(), "w.yaml:1:4");
  const auto& list = *root.find("a");
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_TRUE(list.items[0].quoted);
  EXPECT_FALSE(list.items[1].quoted);
  EXPECT_EQ(list.items[1].where(), "w.yaml:4:5");
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(YamlTree, TypesPlainScalars) {
  const auto root =
      parseYaml("[1, -2, 1e-3, .5, true, no, 'true', ~, 18446744073709551615, nan, 1_0, +3]", "w").value();
  const auto json = yamlToJson(root).value();
  EXPECT_EQ(json.dump(), R"([1,-2,0.001,0.5,true,"no","true",null,18446744073709551615,"nan","1_0",3])");
}

TEST(YamlTree, RefusesIntegersBeyond64Bits) {
  const auto root = parseYaml("a: 99999999999999999999", "w.yaml").value();
  const auto json = yamlToJson(root);
  ASSERT_FALSE(json.ok());
  EXPECT_STREQ(json.error().what(), "w.yaml:1:4: the integer '99999999999999999999' does not fit in 64 bits");
}

TEST(YamlTree, RefusesDuplicatesTagsDocumentsAndOddKeys) {
  EXPECT_EQ(messageOf("a: 1\nb: 2\na: 3\n"), "w.yaml:3:1: the key 'a' stands twice in one map");
  EXPECT_NE(messageOf("a: !isnan(x)\n").find("w.yaml:1:4: the YAML tag"), std::string::npos);
  EXPECT_NE(messageOf("a: 1\n---\nb: 2\n").find("second YAML document"), std::string::npos);
  EXPECT_NE(messageOf("[1]: 2\n").find("a key must be a text"), std::string::npos);
  EXPECT_NE(messageOf("select: isnan(x) ? 0 : x\n").find("w.yaml:1:"), std::string::npos);
  EXPECT_NE(messageOf("select: isnan(x) ? 0 : x\n").find("in quotes"), std::string::npos);
}

TEST(YamlTree, CopiesAliasesWithinTheLimits) {
  const auto root = parseYaml("a: &x [1, 2]\nb: *x\n", "w").value();
  EXPECT_EQ(root.find("b")->items.size(), 2U);
  EXPECT_FALSE(parseYaml("a: &x [1, *x]\n", "w").ok());

  std::string bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string previous = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + previous;
    for (int k = 1; k < 10; ++k) bomb += ", " + previous;
    bomb += "]\n";
  }
  EXPECT_NE(messageOf(bomb).find("values, aliases included"), std::string::npos);

  std::string tower = "a0: &a0 [[[[1]]]]\n";
  for (int i = 1; i < 12; ++i) {
    tower += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [[[[*a" + std::to_string(i - 1) + "]]]]\n";
  }
  EXPECT_NE(messageOf(tower).find("nested deeper"), std::string::npos);
}

TEST(YamlTree, RefusesDeepAndLargeTexts) {
  EXPECT_NE(messageOf(std::string(40, '[') + std::string(40, ']')).find("nested deeper than 32"), std::string::npos);
  EXPECT_NE(messageOf(std::string(kMaxYamlBytes + 1, ' ')).find("bytes of YAML"), std::string::npos);
  EXPECT_NE(messageOf("\"" + std::string(kMaxYamlKeyBytes + 1, 'k') + "\": 1").find("a key of 151 bytes"),
            std::string::npos);
  std::string keys;
  for (size_t i = 0; i <= kMaxYamlKeys; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  EXPECT_NE(messageOf(keys).find("keys in one map"), std::string::npos);
}

TEST(YamlTree, RefusesWhatIsNoUtf8) {
  EXPECT_EQ(messageOf("a: \xEB\xEB\n"), "w.yaml: byte 3 is not UTF-8 text");
  EXPECT_NE(messageOf("a: \xED\xA0\x80\n"), "");
  EXPECT_NE(messageOf("a: \xC0\x80\n"), "");
  EXPECT_NE(messageOf("a: \"\\ud83d\"\n"), "");
  EXPECT_EQ(parseYaml("a: \xC3\xA9\xF0\x9F\x98\x80", "w").value().find("a")->text, "\xC3\xA9\xF0\x9F\x98\x80");
}

TEST(YamlTree, EmptyTextIsNothing) {
  EXPECT_EQ(parseYaml("", "w").value().kind, YamlNode::Kind::kNull);
  EXPECT_EQ(parseYaml("# only a comment\n", "w").value().kind, YamlNode::Kind::kNull);
}

}  // namespace
}  // namespace mlaas::dataset
