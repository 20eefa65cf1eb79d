#include "mlaas/feature/column_choice.h"

#include <gtest/gtest.h>

namespace mlaas::feature {
namespace {

TEST(ColumnChoice, OwnNameThenFirstPattern) {
  const std::vector<std::string> patterns = {"Jet_*", "*", "Jet_pt"};
  EXPECT_EQ(chooseFor("Jet_pt", patterns), 2U);
  EXPECT_EQ(chooseFor("Jet_eta", patterns), 0U);
  EXPECT_EQ(chooseFor("met", patterns), 1U);
  EXPECT_EQ(chooseFor("met", std::vector<std::string>{"Jet_*"}), std::nullopt);
}

TEST(ColumnChoice, SaysWhatMatchesNothing) {
  const std::vector<std::string> columns = {"Jet_pt", "met"};
  EXPECT_TRUE(checkMatches("Jet*", columns).ok());
  EXPECT_TRUE(checkMatches("met", columns).ok());
  const auto result = checkMatches("mett", columns);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(std::string(result.error().what()).find("did you mean 'met'"), std::string::npos);
}

}  // namespace
}  // namespace mlaas::feature
