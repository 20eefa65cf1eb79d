#include "mlaas/train/option_reader.h"

#include <gtest/gtest.h>

namespace mlaas::train {
namespace {

using Json = nlohmann::ordered_json;

std::string problemOf(OptionReader& reader) {
  const auto finished = reader.finish();
  return finished.ok() ? "" : finished.error().what();
}

TEST(OptionReader, ReadsWhatIsThereAndFallsBackToDefaults) {
  const Json json = {{"epochs", 3}, {"lr", 0.5}, {"layers", {8, 4}}, {"on", true}, {"kind", "adam"}, {"one", 7}};
  OptionReader reader(json, "w.yaml:3:1", "training");
  EXPECT_EQ(reader.integer("epochs", 1, 1, 10), 3);
  EXPECT_EQ(reader.integer("absent", 5, 1, 10), 5);
  EXPECT_EQ(reader.number("lr", 1, 0, 1), 0.5);
  EXPECT_TRUE(reader.flag("on", false));
  EXPECT_EQ(reader.choice("kind", "sgd", {"adam", "sgd"}), "adam");
  EXPECT_EQ(reader.integers("layers", {}, 1, 100), (std::vector<int64_t>{8, 4}));
  EXPECT_EQ(reader.integers("one", {}, 1, 100), (std::vector<int64_t>{7}));
  EXPECT_EQ(problemOf(reader), "");
}

TEST(OptionReader, NamesPlaceAndNearestNameOfAnUnknownKey) {
  const Json json = {{"layer", {8}}};
  OptionReader reader(json, "w.yaml:3:1", "model");
  EXPECT_EQ(reader.integers("layers", {1}, 1, 100), std::vector<int64_t>{1});
  EXPECT_EQ(reader.number("dropout", 0, 0, 1), 0);
  EXPECT_EQ(problemOf(reader), "w.yaml:3:1: model: unknown option 'layer'; did you mean 'layers'?");
}

TEST(OptionReader, RefusesWrongTypesAndRanges) {
  const Json json = {{"a", "three"}, {"b", 0}, {"c", 1.5}, {"d", "adm"}, {"e", {1, "x"}}};
  const auto problem = [&json](auto read) {
    OptionReader reader(json, "", "training");
    read(reader);
    return problemOf(reader);
  };
  EXPECT_EQ(problem([](OptionReader& r) { r.integer("a", 1, 1, 9); }),
            "training.a: expected an integer, found \"three\"");
  EXPECT_EQ(problem([](OptionReader& r) { r.integer("b", 1, 1, 9); }),
            "training.b: expected a number of 1 to 9, found 0");
  EXPECT_EQ(problem([](OptionReader& r) { r.integer("c", 1, 1, 9); }), "training.c: expected an integer, found 1.5");
  EXPECT_EQ(problem([](OptionReader& r) {
              r.choice("d", "adam", {"adam", "adamw"});
            }),
            "training.d: expected one of adam, adamw, found 'adm'; did you mean 'adam'?");
  EXPECT_EQ(problem([](OptionReader& r) { r.integers("e", {}, 1, 9); }),
            "training.e: expected a list of integers, found [1,\"x\"]");
}

TEST(OptionReader, ChecksSectionsAndRefusesWhatIsNoObject) {
  const Json json = {{"optimizer", {{"lrr", 1}}}, {"other", 3}};
  OptionReader reader(json, "", "training");
  reader.section("optimizer").number("lr", 1, 0, 1);
  reader.integer("other", 1, 0, 9);
  EXPECT_EQ(problemOf(reader), "training.optimizer: unknown option 'lrr'; did you mean 'lr'?");

  OptionReader list(json, "", "training");
  list.section("other");
  list.section("optimizer").number("lrr", 1, 0, 9);
  EXPECT_EQ(problemOf(list), "training.other: expected a list of 'key: value', found 3");
}

TEST(OptionReader, GivesWhatIsLeftAsText) {
  const Json json = {{"rounds", 3}, {"eta", 0.1}, {"booster", "dart"}};
  OptionReader reader(json, "", "model");
  reader.integer("rounds", 1, 1, 9);
  const auto rest = reader.remaining();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0], (std::pair<std::string, std::string>("eta", "0.1")));
  EXPECT_EQ(rest[1], (std::pair<std::string, std::string>("booster", "dart")));
  EXPECT_EQ(problemOf(reader), "");
}

}  // namespace
}  // namespace mlaas::train
