#include "mlaas/root/writer/output_column.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

TEST(LegalColumnName, KeepsLettersDigitsAndUnderscores) {
  EXPECT_EQ(legalColumnName("Jet_pt2"), "Jet_pt2");
  EXPECT_EQ(legalColumnName("η_µ"), "η_µ");
}

TEST(LegalColumnName, ReplacesTheRest) {
  EXPECT_EQ(legalColumnName("a.b"), "a_b");
  EXPECT_EQ(legalColumnName("dir/x[3]"), "dir_x_3_");
  EXPECT_EQ(legalColumnName("x y:z"), "x_y_z");
  EXPECT_EQ(legalColumnName(""), "_");
}

TEST(LegalColumnName, AChildThatRepeatsItsParentLosesIt) {
  EXPECT_EQ(legalColumnName("Jet/Jet.PT"), "Jet_PT");
  EXPECT_EQ(legalColumnName("Event/Jet./Jet.PT"), "Jet_PT");
  EXPECT_EQ(legalColumnName("Jet/Jets.PT"), "Jet_Jets_PT");
  EXPECT_EQ(legalColumnName("Jet/Jet."), "Jet_Jet_");
}

TEST(LegalColumnNames, AreDifferent) {
  std::vector<std::string> names = {"a.b", "a_b", "a/b", "a_b_2"};
  EXPECT_EQ(legalColumnNames(names), (std::vector<std::string>{"a_b", "a_b_2", "a_b_3", "a_b_2_2"}));
}

}  // namespace
}  // namespace mlaas::root
