#include "mlaas/serve/tfaas/row.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mlaas/serve/json_request.h"

namespace mlaas::serve {
namespace {

class TfaasRowTest : public testing::Test {
 protected:
  void SetUp() override {
    features_.scalars = {"ht", "met"};
    features_.groups = {{"jets", {"Jet_pt", "Jet_eta"}, 3}};
    names_ = features_.flatNames();
    for (size_t i = 0; i < names_.size(); ++i) index_.emplace(names_[i], i);
  }
  Result<std::vector<float>> read(std::string_view body) {
    MLAAS_TRY(const auto document, parser_.parse(body));
    MLAAS_TRY(const TfaasRow row, readTfaasRow(document));
    return flatRow(row, features_, names_, index_);
  }
  void refuse(std::string_view body, const std::string& part) {
    const auto result = read(body);
    ASSERT_FALSE(result.ok()) << body;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(result.error().what()).find(part), std::string::npos) << result.error().what();
  }
  JsonParser parser_;
  feature::FeatureSpec features_;
  std::vector<std::string> names_;
  FlatIndex index_;
};

using Row = std::vector<float>;

TEST_F(TfaasRowTest, TakesValuesInTheModelsOrder) {
  const Row expected{1, 2, 30, 0.5, 20, -1, 0, 0, 2};
  EXPECT_EQ(read(R"({"keys":[],"values":[1,2,30,0.5,20,-1,0,0,2],"model":"tth"})").value(), expected);
  EXPECT_EQ(read(R"({"values":[1,2,30,0.5,20,-1,0,0,2]})").value(), expected);
  EXPECT_EQ(read(R"({"keys":null,"values":[1,2,30,0.5,20,-1,0,0,2],"model":null})").value(), expected);
}

TEST_F(TfaasRowTest, IgnoresKeysThatNameNoFeature) {
  EXPECT_EQ(read(R"({"keys":["a","b","c","d","e","f","g","h","i"],"values":[1,2,30,0.5,20,-1,0,0,2]})").value(),
            (Row{1, 2, 30, 0.5, 20, -1, 0, 0, 2}));
}

TEST_F(TfaasRowTest, HonoursKeysInAnyOrder) {
  EXPECT_EQ(read(R"({"keys":["met","Jet_eta[0]","ht","Jet_pt[0]"],"values":[2,0.5,1,30]})").value(),
            (Row{1, 2, 30, 0.5, 0, 0, 0, 0, 1}));
  EXPECT_EQ(read(R"({"keys":["jets_count","ht","met"],"values":[0,1,2]})").value(), (Row{1, 2, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_F(TfaasRowTest, TakesNullWhereTheModelHasAFill) {
  features_.fills = {{"met", feature::Fill::Kind::kNumber, 0, false},
                     {"Jet_eta", feature::Fill::Kind::kNumber, 0, false}};
  const Row row = read(R"({"values":[1,null,30,null,20,-1,0,0,2]})").value();
  EXPECT_TRUE(std::isnan(row[1]));
  EXPECT_TRUE(std::isnan(row[3]));
  EXPECT_TRUE(std::isnan(read(R"({"keys":["met","ht"],"values":[null,1]})").value()[1]));
  refuse(R"({"values":[null,2,30,0.5,20,-1,0,0,2]})",
         "\"values\"[0] is null, expected a number: the model has no fill");
  refuse(R"({"values":[1,2,30,0.5,20,-1,0,0,null]})", "\"values\"[8] is null, expected a number");
  refuse(R"({"keys":["ht","met"],"values":[null,1]})", "missing values of 'ht'");
}

TEST_F(TfaasRowTest, RefusesKeysThatDoNotFit) {
  refuse(R"({"keys":["ht"],"values":[1]})", "lacks 'met'");
  refuse(R"({"keys":["ht","Met"],"values":[1,2]})", "'Met' is not a feature of the model; did you mean 'met'");
  refuse(R"({"keys":["ht","ht","met"],"values":[1,1,2]})", "'ht' stands twice");
  refuse(R"({"keys":["ht","met"],"values":[1]})", "\"keys\" has 2 elements, \"values\" 1");
  refuse(R"({"keys":["ht","met","Jet_pt[0]"],"values":[1,2,3]})", "lacks 'Jet_eta[0]'");
  refuse(R"({"keys":["ht","met","Jet_pt[1]","Jet_eta[1]"],"values":[1,2,3,4]})", "lacks 'Jet_pt[0]'");
  refuse(R"({"keys":["ht","met","jets_count"],"values":[1,2,4]})", "expected a whole number from 0 to 3");
  refuse(R"({"keys":["ht","met","jets_count"],"values":[1,2,-1]})", "whole number");
  refuse(R"({"keys":["ht","met","jets_count"],"values":[1,2,0.5]})", "whole number");
  refuse(R"({"keys":["ht",7],"values":[1,2]})", "\"keys\"[1] is a number");
}

TEST_F(TfaasRowTest, RefusesValuesThatDoNotFit) {
  refuse(R"({"values":[1,2]})", "\"values\" has 2 numbers, the model takes 9");
  refuse(R"({"keys":["ht"]})", "no \"values\"");
  refuse(R"({"values":[1,null]})", "\"values\"[1] is null");
  refuse(R"({"values":["1"]})", "\"values\"[0] is a string");
  refuse(R"({"values":[1e39]})", "beyond the range of float32");
  refuse(R"({"values":[NaN]})", "not JSON");
  refuse(R"({"values":[1e999]})", "not JSON");
  refuse(R"({"values":{}})", "is an object, expected a list");
  refuse(R"({"values":[1],"model":3})", "\"model\" is a number");
  refuse("", "empty");
  refuse("[1]", "is a list, expected a JSON object");
  refuse("{", "not JSON");
  refuse(R"({"values":[1]} x)", "not JSON");
  refuse(R"({"values":)" + std::string(40, '[') + std::string(40, ']') + "}", "nested deeper");
}

}  // namespace
}  // namespace mlaas::serve
