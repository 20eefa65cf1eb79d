#include "mlaas/feature/column_patterns.h"

#include <gtest/gtest.h>

namespace mlaas::feature {
namespace {

using Names = std::vector<std::string>;

const Names kAvailable = {"ht", "met", "mbb", "mbb_min", "mbb_max", "event", "a.b"};

TEST(ColumnPatterns, TakesNamesInTheTablesOrder) {
  EXPECT_EQ(expandColumnNames({"met", "mbb*"}, kAvailable, {}).value(), (Names{"met", "mbb", "mbb_min", "mbb_max"}));
  EXPECT_EQ(expandColumnNames({"*"}, kAvailable, {"event", "ht"}).value(),
            (Names{"met", "mbb", "mbb_min", "mbb_max", "a.b"}));
  EXPECT_EQ(expandColumnNames({"m?t", "a?b"}, kAvailable, {}).value(), (Names{"met", "a.b"}));
  EXPECT_EQ(expandColumnNames({"*m*x"}, kAvailable, {}).value(), (Names{"mbb_max"}));
}

TEST(ColumnPatterns, NamesStayAndAreNotTakenTwice) {
  EXPECT_EQ(expandColumnNames({"mbb*", "mbb_min", "event", "new"}, kAvailable, {"event"}).value(),
            (Names{"mbb", "mbb_max", "mbb_min", "event", "new"}));
  EXPECT_EQ(expandColumnNames({"m*", "mbb*"}, kAvailable, {}).value(), (Names{"met", "mbb", "mbb_min", "mbb_max"}));
  EXPECT_EQ(expandColumnNames({"ht", "ht"}, kAvailable, {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(ColumnPatterns, AWildcardThatMatchesNothing) {
  const auto result = expandColumnNames({"mbb_mx*"}, kAvailable, {});
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_STREQ(result.error().what(), "no column matches 'mbb_mx*'; did you mean 'mbb_min' or 'mbb_max'?");
  EXPECT_FALSE(expandColumnNames({"ev*"}, kAvailable, {"event"}).ok());
}

}  // namespace
}  // namespace mlaas::feature
