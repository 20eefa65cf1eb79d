#include "mlaas/serve/oip_request.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mlaas/serve/json_request.h"

namespace mlaas::serve {
namespace {

using nlohmann::json;

class OipRequestTest : public testing::Test {
 protected:
  void SetUp() override {
    features_.scalars = {"ht", "met"};
    features_.groups = {{"jets", {"Jet_pt", "Jet_eta"}, 2}};
    request_ = json::parse(R"({"id":"42","inputs":[
      {"name":"scalars","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]},
      {"name":"jets","shape":[2,2,2],"datatype":"FP32","data":[[[1,2],[3,4]],[[5,6],[0,0]]]},
      {"name":"jets_count","shape":[2],"datatype":"INT32","data":[2,1]}]})");
  }
  json& input(size_t index) { return request_["inputs"][index]; }
  Result<OipRequest> read() {
    text_ = request_.dump();
    MLAAS_TRY(const auto document, parser_.parse(text_));
    return readOipRequest(document, features_);
  }
  void refuse(const std::string& part) {
    const auto result = read();
    ASSERT_FALSE(result.ok()) << text_;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(result.error().what()).find(part), std::string::npos) << result.error().what();
  }
  JsonParser parser_;
  feature::FeatureSpec features_;
  json request_;
  std::string text_;
};

TEST_F(OipRequestTest, ReadsTensorsInAnyOrder) {
  std::swap(input(0), input(2));
  const OipRequest request = read().value();
  EXPECT_EQ(request.id, "42");
  EXPECT_EQ(request.tensors.rows, 2);
  EXPECT_EQ(request.tensors.scalars, (std::vector<float>{1, 2, 3, 4}));
  ASSERT_EQ(request.tensors.groups.size(), 1U);
  EXPECT_EQ(request.tensors.groups[0].values, (std::vector<float>{1, 2, 3, 4, 5, 6, 0, 0}));
  EXPECT_EQ(request.tensors.groups[0].count, (std::vector<int32_t>{2, 1}));
}

TEST_F(OipRequestTest, TakesFlatAndNestedDataAndWiderTypes) {
  input(0)["data"] = json::parse("[[1,2],[3,4]]");
  input(0)["datatype"] = "FP64";
  input(1)["data"] = json::parse("[1,2,3,4,5,6,0,0]");
  input(2)["datatype"] = "INT64";
  input(2)["shape"] = json::parse("[2,1]");
  input(2)["data"] = json::parse("[[2],[1]]");
  const OipRequest request = read().value();
  EXPECT_EQ(request.tensors.scalars, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(request.tensors.groups[0].count, (std::vector<int32_t>{2, 1}));
}

TEST_F(OipRequestTest, TakesNullWhereTheModelHasAFill) {
  features_.fills = {{"met", feature::Fill::Kind::kNumber, 0, false},
                     {"Jet_pt", feature::Fill::Kind::kNumber, 0, false}};
  input(0)["data"][3] = nullptr;
  input(1)["data"][1][0][0] = nullptr;
  const OipRequest request = read().value();
  EXPECT_TRUE(std::isnan(request.tensors.scalars[3]));
  EXPECT_TRUE(std::isnan(request.tensors.groups[0].values[4]));
  input(0)["data"][2] = nullptr;
  refuse("'scalars': element 2 is null");
  input(0)["data"][2] = 1;
  input(2)["data"][0] = nullptr;
  refuse("'jets_count' has an element 0 that is not a count");
}

TEST_F(OipRequestTest, TakesNoRows) {
  input(0)["shape"] = json::parse("[0,2]");
  input(1)["shape"] = json::parse("[0,2,2]");
  input(2)["shape"] = json::parse("[0]");
  for (size_t i = 0; i < 3; ++i) input(i)["data"] = json::array();
  EXPECT_EQ(read().value().tensors.rows, 0);
}

TEST_F(OipRequestTest, TakesTheOneInputOfAModelUnderAnyName) {
  features_.groups.clear();
  request_["inputs"] = json::parse(R"([{"name":"input_1","shape":[1,2],"datatype":"FP32","data":[1,2]}])");
  EXPECT_EQ(read().value().tensors.scalars, (std::vector<float>{1, 2}));
}

TEST_F(OipRequestTest, RefusesWrongInputs) {
  const json good = request_;
  const auto wrong = [&](const std::function<void()>& spoil, const std::string& part) {
    request_ = good;
    spoil();
    refuse(part);
  };
  wrong([&] { request_.erase("inputs"); }, "no list \"inputs\"");
  wrong([&] { request_["inputs"].erase(2); }, "lacks input 'jets_count' of shape [N]");
  wrong([&] { request_["inputs"].push_back(input(0)); }, "'scalars' stands twice");
  wrong([&] { input(1)["name"] = "jet"; }, "no input 'jet'; did you mean 'jets'");
  wrong([&] { input(1).erase("name"); }, "not an object with a \"name\"");
  wrong([&] { input(0)["datatype"] = "BYTES"; }, "'scalars' has datatype 'BYTES', expected FP32");
  wrong([&] { input(2)["datatype"] = "FP32"; }, "'jets_count' has datatype 'FP32', expected INT32");
  wrong([&] { input(0).erase("datatype"); }, "no \"datatype\"");
  wrong([&] { input(0)["shape"] = json::parse("[2,3]"); }, "has shape [2, 3], expected [N, 2]");
  wrong([&] { input(0)["shape"] = json::parse("[4]"); }, "has shape [4], expected [N, 2]");
  wrong([&] { input(0)["shape"] = json::parse("[-1,2]"); }, "\"shape\"");
  wrong([&] { input(0)["shape"] = json::parse("[9000000000000000000,2]"); }, "\"shape\"");
  wrong([&] { input(0)["shape"] = json::parse("[2,2.5]"); }, "\"shape\"");
  wrong([&] { input(0)["shape"] = json::parse("[1000000000,2]"); }, "wants 2000000000");
  wrong([&] { input(0)["data"].push_back(5); }, "has 5 elements in a list where shape [2, 2] wants 4");
  wrong([&] { input(0)["data"].erase(3); }, "has 3 elements");
  wrong([&] { input(0)["data"][1] = nullptr; }, "'scalars': element 1 is null");
  wrong([&] { input(0)["data"][1] = "1"; }, "element 1 is a string");
  wrong([&] { input(0)["data"][1] = 1e300; }, "beyond the range of float32");
  wrong([&] { input(1)["data"][0][1] = json::array({3}); }, "has 1 elements");
  wrong([&] { input(1)["data"][0][1] = 3; }, "has a number in its nested data");
  wrong([&] { input(1)["data"][0][1][0] = json::array(); }, "is a list, expected a number");
  wrong([&] { input(2)["data"][0] = 3; }, "'jets_count': element 0 is 3, expected at most 2");
  wrong([&] { input(2)["data"][0] = -1; }, "not a count");
  wrong([&] { input(2)["data"][0] = 1.5; }, "not a count");
  wrong([&] { input(0).erase("data"); }, "has no list \"data\"");
  wrong(
      [&] {
        input(0).erase("data");
        input(0)["parameters"] = {{"binary_data_size", 16}};
      },
      "binary_data_size");
  wrong(
      [&] {
        input(2)["shape"] = json::parse("[1]");
        input(2)["data"] = json::parse("[1]");
      },
      "'jets_count' has 1 rows, input 'scalars' has 2");
  wrong([&] { request_["outputs"] = json::parse(R"([{"name":"score"}])"); }, "no output 'score'");
  wrong([&] { request_["outputs"] = 1; }, "\"outputs\" is not a list");
  wrong([&] { request_["id"] = 42; }, "\"id\" is a number");
}

}  // namespace
}  // namespace mlaas::serve
