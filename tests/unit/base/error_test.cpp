#include "mlaas/base/error.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace mlaas {
namespace {

TEST(Error, EveryCodeHasNameExitCodeAndStatus) {
  std::set<std::string_view> names;
  for (ErrorCode code : kAllErrorCodes) {
    names.insert(errorCodeName(code));
    EXPECT_GE(exitCode(code), 2) << errorCodeName(code);
    EXPECT_GE(httpStatus(code), 400) << errorCodeName(code);
  }
  EXPECT_EQ(names.size(), kAllErrorCodes.size());
}

TEST(Error, PlacesStandOutermostFirst) {
  Error error = Error(ErrorCode::kCorrupt, "bad basket").within("branch Jet_pt").within("file a.root");
  EXPECT_STREQ(error.what(), "file a.root: branch Jet_pt: bad basket");
  EXPECT_EQ(error.message(), "bad basket");
}

Result<int> half(int number) {
  if (number % 2 != 0) return Error(ErrorCode::kInvalidArgument, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  MLAAS_TRY(int once, half(number));
  MLAAS_TRY(int twice, half(once));
  return twice;
}

Result<void> mustBeEven(int number) {
  MLAAS_CHECK(half(number));
  return {};
}

TEST(Result, TryPassesValuesAndErrors) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_FALSE(quarter(6).ok());
  EXPECT_TRUE(mustBeEven(2).ok());
  EXPECT_FALSE(mustBeEven(3).ok());
  EXPECT_THROW(quarter(6).value(), Error);
}

TEST(Result, CarriesMoveOnlyValues) {
  auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(3); };
  EXPECT_EQ(*make().value(), 3);
}

}  // namespace
}  // namespace mlaas
