// Columns of JSON events: the values in memory, the types that are found, and what is refused.
#include "mlaas/serve/events/event_columns.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mlaas/serve/json_request.h"

namespace mlaas::serve {
namespace {

class EventColumnsTest : public testing::Test {
 protected:
  Result<EventColumns> read(const std::string& json, const EventNeeds& needs) {
    const auto document = parser_.parse(json);
    if (!document.ok()) return document.error();
    return readEventColumns(*document, needs);
  }
  // The only column of a request.
  Column column(const std::string& values, const std::string& type = "") {
    EventNeeds needs{{"x"}, {}, {}};
    if (!type.empty()) needs.types["x"] = columnTypeFrom(type).value();
    return read(R"({"columns":{"x":)" + values + "}}", needs).value().columns.at(0);
  }
  void refuse(const std::string& values, const std::string& type, const std::string& reason) {
    EventNeeds needs{{"x"}, {}, {}};
    if (!type.empty()) needs.types["x"] = columnTypeFrom(type).value();
    const auto result = read(R"({"columns":{"x":)" + values + "}}", needs);
    ASSERT_FALSE(result.ok()) << values;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(result.error().what()).find(reason), std::string::npos) << result.error().what();
  }
  template <class Value>
  static std::vector<Value> values(const Column& column) {
    const auto all = column.valuesAs<Value>();
    return {all.begin(), all.end()};
  }

  JsonParser parser_;
};

TEST_F(EventColumnsTest, FindsTypes) {
  EXPECT_EQ(column("[1,-2]").type.name(), "int64");
  EXPECT_EQ(column("[1,2.5]").type.name(), "float64");
  EXPECT_EQ(column("[1,18446744073709551615]").type.name(), "uint64");
  EXPECT_EQ(column("[-1,18446744073709551615]").type.name(), "float64");
  EXPECT_EQ(column("[true,false]").type.name(), "bool");
  EXPECT_EQ(column("[null,1]").type.name(), "float64");
  EXPECT_EQ(column("[[],[1],[]]").type.name(), "var * int64");
  EXPECT_EQ(column("[[],[]]").type.name(), "var * float64");
  EXPECT_EQ(column("[[[]],[],[[1.5],[2]]]").type.name(), "var * var * float64");
  EXPECT_EQ(column(R"(["mu",""])").type.name(), "string");
  EXPECT_EQ(column(R"([["b"],[]])").type.name(), "var * string");
}

TEST_F(EventColumnsTest, KeepsValuesAndOffsets) {
  const Column jagged = column("[[1,2],[],[3]]");
  EXPECT_EQ(jagged.length, 3);
  EXPECT_EQ(values<int64_t>(jagged), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(std::vector<int64_t>(jagged.offsetsAt(0).begin(), jagged.offsetsAt(0).end()),
            (std::vector<int64_t>{0, 2, 2, 3}));
  const Column text = column(R"(["mu","","e"])");
  EXPECT_EQ(std::string(text.valuesAs<char>().begin(), text.valuesAs<char>().end()), "mue");
  EXPECT_EQ(text.offsetsAt(0)[3], 3);
  const Column nested = column("[[[1],[2,3]],[]]");
  EXPECT_EQ(nested.offsetsAt(0)[2], 2);
  EXPECT_EQ(nested.offsetsAt(1)[2], 3);
}

TEST_F(EventColumnsTest, TakesKnownTypes) {
  EXPECT_EQ(values<float>(column("[0.1]", "float32"))[0], 0.1F);
  EXPECT_TRUE(std::isnan(values<float>(column("[null]", "float32"))[0]));
  EXPECT_EQ(values<int32_t>(column("[3,-4.0]", "int32")), (std::vector<int32_t>{3, -4}));
  EXPECT_EQ(values<uint64_t>(column("[9007199254740993]", "uint64"))[0], 9007199254740993U);
  EXPECT_EQ(column("[[],[]]", "var * int16").type.name(), "var * int16");
  EXPECT_EQ(values<bool>(column("[1,false]", "bool")), (std::vector<bool>{true, false}));
  EXPECT_EQ(values<double>(column("[[1,2,3]]", "float64[3]")), (std::vector<double>{1, 2, 3}));
}

TEST_F(EventColumnsTest, RefusesWhatDoesNotFitAType) {
  refuse("[1,2.5]", "int32", "event 1, column 'x': a number with a fraction, expected an integer (int32)");
  refuse("[300]", "uint8", "beyond the range of this type");
  refuse("[-1]", "uint64", "beyond the range of this type");
  refuse("[18446744073709551616.0]", "uint64", "beyond the range of this type");
  refuse("[9223372036854775808.0]", "int64", "beyond the range of this type");
  refuse("[1e39]", "float32", "beyond the range of this type");
  refuse("[null]", "int64", "null, expected an integer");
  refuse("[2]", "bool", "expected true or false");
  refuse("[true]", "float32", "true or false, expected a number");
  refuse("[1]", "var * float32", "a number, expected a list of numbers");
  refuse("[[[1]]]", "var * float32", "a list, expected a list of numbers");
  refuse("[[1,2]]", "float64[3]", "a list of 2 values where 3 are needed");
  refuse("[1]", "string", "a number, expected a string");
}

TEST_F(EventColumnsTest, RefusesMixedValues) {
  refuse("[1,true]", "", "true or false, where earlier values are of another kind");
  refuse(R"([1,"a"])", "", "a string, where earlier");
  refuse("[1,[2]]", "", "event 1, column 'x': a list at level 0");
  refuse("[[],2]", "", "event 1, column 'x': a number at level 0");
  refuse("[[[]],[2]]", "", "event 1");
  refuse("[[[[[[1]]]]]]", "", "more than 4 levels deep");
  refuse("[{}]", "", "an object");
}

TEST_F(EventColumnsTest, NamesMissingColumns) {
  const EventNeeds needs{{"ht", "met"}, {"run"}, {}};
  const auto missing = read(R"({"events":[{"ht":1,"met":2},{"ht":1,"Met":2}]})", needs);
  ASSERT_FALSE(missing.ok());
  EXPECT_STREQ(missing.error().what(), "event 1: column 'met' is missing; did you mean 'Met'?");
  EXPECT_EQ(read(R"({"events":[{"ht":1,"met":2}]})", needs).value().columns.size(), 2U);
  EXPECT_EQ(read(R"({"events":[{"ht":1,"met":2,"run":7,"other":[]}]})", needs).value().columns.size(), 3U);
  EXPECT_FALSE(read(R"({"events":[{"ht":1,"ht":1,"met":2}]})", needs).ok());
  EXPECT_FALSE(read(R"({"events":[{"ht":1,"met":2,"run":7},{"ht":1,"met":2}]})", needs).ok());
}

TEST_F(EventColumnsTest, ReadsTypesByName) {
  for (const char* name : {"bool", "float32", "var * int16", "var * var * uint64", "string", "var * string",
                           "float64[3][2]", "var * float32[4]"}) {
    EXPECT_EQ(columnTypeFrom(name).value().name(), name);
  }
  for (const char* name : {"", "float", "var *", "float32[", "float32[0]", "float32[3", "float32[3]x", "string[2]",
                           "var * var * var * var * var * int8", "float64[99999999]"}) {
    EXPECT_FALSE(columnTypeFrom(name).ok()) << name;
  }
}

}  // namespace
}  // namespace mlaas::serve
