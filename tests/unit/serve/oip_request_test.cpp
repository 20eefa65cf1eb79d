#include "mlaas/serve/oip/request.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

namespace mlaas::serve {
namespace {

using infer::DataType;
using nlohmann::json;

// Of a bundle with two scalars and two jets of two columns.
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

  ModelPointer model() {
    auto bundle = std::make_shared<model::Bundle>();
    bundle->features = features_;
    bundle->outputs = {"signal"};
    infer::LoadedModel loaded;
    loaded.signature = infer::bundleSignature(*bundle);
    loaded.bundle = bundle;
    return ServedModel::make(std::move(loaded), {"m"}, metrics_.model("m", "1"));
  }

  json& input(size_t index) { return request_["inputs"][index]; }
  Result<OipInference> read() {
    text_ = request_.dump();
    const uint64_t length = text_.size();
    const OipTarget target{model(), memory_};
    return readOipRequest(text_ + behind_, behind_.empty() ? std::nullopt : std::optional(length), parser_, target);
  }
  template <class Value>
  static std::vector<Value> values(const infer::Tensor& tensor) {
    const auto span = tensor.as<Value>();
    return {span.begin(), span.end()};
  }
  void refuse(const std::string& part) {
    const auto result = read();
    ASSERT_FALSE(result.ok()) << text_;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(result.error().what()).find(part), std::string::npos) << result.error().what();
  }

  Metrics metrics_;
  SharedMemory memory_{false};
  JsonParser parser_;
  feature::FeatureSpec features_;
  json request_;
  std::string text_;
  std::string behind_;  // the bytes after the JSON
};

TEST_F(OipRequestTest, ReadsTensors) {
  const auto inference = read().value();
  EXPECT_EQ(inference.id, "42");
  const auto& inputs = inference.request.inputs;
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_EQ(inputs[0].shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(values<float>(inputs[0]), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(values<float>(inputs[1]), (std::vector<float>{1, 2, 3, 4, 5, 6, 0, 0}));
  EXPECT_EQ(values<int32_t>(inputs[2]), (std::vector<int32_t>{2, 1}));
}

TEST_F(OipRequestTest, TakesFlatAndNestedDataAndWiderTypes) {
  input(0)["data"] = json::parse("[[1,2],[3,4]]");
  input(0)["datatype"] = "FP64";
  input(1)["data"] = json::parse("[1,2,3,4,5,6,0,0]");
  input(2)["datatype"] = "INT64";
  input(2)["shape"] = json::parse("[2,1]");
  input(2)["data"] = json::parse("[[2],[1]]");
  const auto inference = read().value();
  const auto& inputs = inference.request.inputs;
  EXPECT_EQ(inputs[0].type, DataType::kFp32);
  EXPECT_EQ(values<float>(inputs[0]), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(values<int32_t>(inputs[2]), (std::vector<int32_t>{2, 1}));
}

TEST_F(OipRequestTest, TakesNullWhereTheModelHasAFill) {
  features_.fills = {{"met", feature::Fill::Kind::kNumber, 0, false},
                     {"Jet_pt", feature::Fill::Kind::kNumber, 0, false}};
  input(0)["data"][3] = nullptr;
  input(1)["data"][1][0][0] = nullptr;
  const auto inference = read().value();
  EXPECT_TRUE(std::isnan(values<float>(inference.request.inputs[0])[3]));
  EXPECT_TRUE(std::isnan(values<float>(inference.request.inputs[1])[4]));
  input(0)["data"][2] = nullptr;
  refuse("'scalars': element 2 is null");
  input(0)["data"][2] = 1;
  input(2)["data"][0] = nullptr;
  refuse("'jets_count': element 0 is null");
}

TEST_F(OipRequestTest, ReadsBytesBehindTheJsonInTheOrderOfTheInputs) {
  const std::vector<float> scalars{1, 2, 3, 4};
  const std::vector<int64_t> counts{2, 1};
  behind_.assign(reinterpret_cast<const char*>(scalars.data()), 16);
  behind_.append(reinterpret_cast<const char*>(counts.data()), 16);
  for (const size_t i : {0, 2}) {
    input(i).erase("data");
    input(i)["parameters"] = {{"binary_data_size", 16}};
  }
  input(2)["datatype"] = "INT64";
  request_["parameters"] = {{"binary_data_output", true}};
  request_["outputs"] =
      json::parse(R"([{"name":"scores"},{"name":"scores","parameters":{"binary_data":false,"classification":2}}])");
  const auto inference = read().value();
  EXPECT_EQ(values<float>(inference.request.inputs[0]), scalars);
  EXPECT_EQ(values<int32_t>(inference.request.inputs[2]), (std::vector<int32_t>{2, 1}));
  ASSERT_EQ(inference.outputs.size(), 2U);
  EXPECT_TRUE(inference.outputs[0].binary);
  EXPECT_FALSE(inference.outputs[1].binary);
  EXPECT_EQ(inference.outputs[1].classes, 2);

  behind_ += "x";
  refuse("1 bytes behind the JSON belong to no input");
  behind_.resize(20);
  refuse("'jets_count' has a \"binary_data_size\" of 16, but only 4 bytes follow");
  input(0)["parameters"]["binary_data_size"] = -1;
  refuse("not a number of bytes");
  input(0)["parameters"]["binary_data_size"] = 12;
  refuse("tensor 'scalars' has 12 bytes");
}

TEST_F(OipRequestTest, ReadsABodyOfBytesAsTheOneInput) {
  features_.groups.clear();
  const std::vector<float> rows{1, 2, 3, 4, 5, 6};
  const std::string body(reinterpret_cast<const char*>(rows.data()), 24);
  const OipTarget target{model(), memory_};
  const auto inference = readOipRequest(body, 0, parser_, target).value();
  EXPECT_EQ(inference.request.inputs[0].shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(values<float>(inference.request.inputs[0]), rows);
  EXPECT_FALSE(readOipRequest(body.substr(1), 0, parser_, target).ok());
  EXPECT_FALSE(readOipRequest(body, 25, parser_, target).ok());
}

TEST_F(OipRequestTest, ReadsParameters) {
  request_["parameters"] = {{"priority", 3}, {"timeout", 2000000}, {"sequence_id", 0}, {"mine", "x"}};
  const auto before = std::chrono::steady_clock::now();
  const auto inference = read().value();
  EXPECT_EQ(inference.request.priority, 3U);
  ASSERT_TRUE(inference.request.deadline);
  EXPECT_GE(*inference.request.deadline - before, std::chrono::seconds(2));
  request_["parameters"] = {{"sequence_id", 7}};
  refuse("'sequence_id': models here keep no state");
  request_["parameters"] = {{"timeout", "1"}};
  refuse("'timeout' is not a number");
  request_["parameters"] = json::array();
  refuse("\"parameters\" of the request is a list");
}

TEST_F(OipRequestTest, RefusesWrongInputs) {
  const json good = request_;
  const auto wrong = [&](const std::function<void()>& spoil, const std::string& part) {
    request_ = good;
    spoil();
    refuse(part);
  };
  wrong([&] { request_.erase("inputs"); }, "no list \"inputs\"");
  wrong([&] { input(1).erase("name"); }, "not an object with a \"name\"");
  wrong([&] { input(0)["datatype"] = "BYTES"; }, "'scalars' has datatype 'BYTES', expected FP32");
  wrong([&] { input(2)["datatype"] = "FP32"; }, "'jets_count' has datatype 'FP32', expected INT32");
  wrong([&] { input(0).erase("datatype"); }, "no \"datatype\"");
  wrong([&] { input(0)["shape"] = json::parse("[2,3]"); }, "has shape [2, 3], expected [-1, 2]");
  wrong([&] { input(0)["shape"] = json::parse("[4]"); }, "has shape [4], expected [-1, 2]");
  wrong([&] { input(0)["shape"] = json::parse("[-1,2]"); }, "\"shape\"");
  wrong([&] { input(0)["shape"] = json::parse("[2,2.5]"); }, "\"shape\"");
  wrong([&] { input(0)["shape"] = json::parse("[9000000000000000000,2]"); }, "impossible shape");
  wrong([&] { input(0)["shape"] = json::parse("[1000000000,2]"); }, "wants 2000000000");
  wrong([&] { input(0)["data"].push_back(5); }, "has 5 elements in a list where shape [2, 2] wants 4");
  wrong([&] { input(0)["data"].erase(3); }, "has 3 elements");
  wrong([&] { input(0)["data"][1] = nullptr; }, "'scalars': element 1 is null");
  wrong([&] { input(0)["data"][1] = "1"; }, "element 1 is a string");
  wrong([&] { input(0)["data"][1] = 1e300; }, "beyond the range of FP32");
  wrong([&] { input(1)["data"][0][1] = json::array({3}); }, "has 1 elements");
  wrong([&] { input(1)["data"][0][1] = 3; }, "has a number in its nested data");
  wrong([&] { input(1)["data"][0][1][0] = json::array(); }, "is a list, expected a number");
  wrong([&] { input(2)["data"][0] = 1.5; }, "not a whole number");
  wrong([&] { input(2)["data"][0] = 3000000000; }, "range of INT32");
  wrong([&] { input(0).erase("data"); }, "has no list \"data\"");
  wrong([&] { input(0)["parameters"] = {{"shared_memory_region", "a"}}; }, "without 'shared_memory_byte_size'");
  wrong(
      [&] {
        input(0)["parameters"] = {{"shared_memory_region", "a"}, {"shared_memory_byte_size", 16}};
      },
      "no shared-memory region 'a'");
  wrong([&] { request_["outputs"] = 1; }, "\"outputs\" is not a list");
  wrong([&] { request_["id"] = 42; }, "\"id\" is a number");
}

}  // namespace
}  // namespace mlaas::serve
