#include "mlaas/root/ttree/type_name.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

std::string textOf(std::string_view spelling) {
  const auto type = parseTypeName(spelling);
  return type ? type->text() : "none";
}

TEST(TypeName, LeavesOutWhatMeansNothing) {
  EXPECT_EQ(textOf("vector<vector<float> >"), "vector<vector<float>>");
  EXPECT_EQ(textOf("std::map<std::string, std::vector<int> >"), "map<string,vector<int>>");
  EXPECT_EQ(textOf("const unsigned  int"), "unsigned int");
  EXPECT_EQ(textOf("ROOT::Math::LorentzVector<ROOT::Math::PtEtaPhiM4D<Double32_t> >"),
            "ROOT::Math::LorentzVector<ROOT::Math::PtEtaPhiM4D<Double32_t>>");
  EXPECT_EQ(textOf("vector<TH1D*>"), "vector<TH1D*>");
  EXPECT_EQ(textOf("Outer<int>::Inner *"), "Outer<int>::Inner*");
}

TEST(TypeName, TakesArgumentsApart) {
  const auto type = parseTypeName("map<string,pair<int,Hit*> >*");
  ASSERT_TRUE(type.has_value());
  EXPECT_EQ(type->name, "map");
  EXPECT_EQ(type->pointers, 1);
  ASSERT_EQ(type->arguments.size(), 2U);
  EXPECT_EQ(type->arguments[1].arguments[1].name, "Hit");
  EXPECT_EQ(type->arguments[1].arguments[1].pointers, 1);
}

TEST(TypeName, RefusesWhatDoesNotMatch) {
  for (const char* spelling : {"", "vector<", "vector<int", "vector<int>>", "<int>", "map<int,>", ">", "a,b"}) {
    EXPECT_FALSE(parseTypeName(spelling).has_value()) << spelling;
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "vector<";
  EXPECT_FALSE(parseTypeName(deep + "int" + std::string(1000, '>')).has_value());
  EXPECT_FALSE(parseTypeName(std::string(100000, 'x')).has_value());
}

}  // namespace
}  // namespace mlaas::root
