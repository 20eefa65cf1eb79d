// Tensors to and from JSON, their conversion, and classifications.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "mlaas/serve/json_request.h"
#include "mlaas/serve/oip/json_tensor.h"
#include "mlaas/serve/oip/message.h"

namespace mlaas::serve {
namespace {

using infer::DataType;
using infer::Tensor;

Result<Tensor> readData(DataType type, std::vector<int64_t> shape, const std::string& data) {
  JsonParser parser;
  MLAAS_TRY(const auto document, parser.parse("{\"data\":" + data + "}"));
  Tensor tensor{"x", type, std::move(shape), {}};
  MLAAS_CHECK(readJsonData(document["data"].get_array().value(), {}, tensor));
  return tensor;
}

template <class Value>
Tensor tensorOf(DataType type, const std::vector<Value>& values, std::vector<int64_t> shape) {
  return {"x", type, std::move(shape),
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value))};
}

// The extreme values of each type come back as they were.
TEST(JsonTensorTest, WritesWhatItReads) {
  const std::vector<std::pair<DataType, std::string>> cases = {
      {DataType::kBool, "[true,false]"},
      {DataType::kUint8, "[0,255]"},
      {DataType::kUint16, "[0,65535]"},
      {DataType::kUint32, "[0,4294967295]"},
      {DataType::kUint64, "[0,18446744073709551615]"},
      {DataType::kInt8, "[-128,127]"},
      {DataType::kInt16, "[-32768,32767]"},
      {DataType::kInt32, "[-2147483648,2147483647]"},
      {DataType::kInt64, "[-9223372036854775808,9223372036854775807]"},
      {DataType::kFp32, "[0.1,-2.5]"},
      {DataType::kFp64, "[0.1,-1.7976931348623157e+308]"},
      {DataType::kBytes, R"(["","a\"\u00e9"])"},
  };
  for (const auto& [type, text] : cases) {
    const auto tensor = readData(type, {2}, text).value();
    ASSERT_TRUE(infer::checkTensor(tensor).ok()) << text;
    std::string out;
    ASSERT_TRUE(appendJsonData(out, tensor).ok()) << text;
    EXPECT_EQ(nlohmann::json::parse(out), nlohmann::json::parse(text)) << out;
  }
}

TEST(JsonTensorTest, RefusesNumbersBeyondTheType) {
  const std::vector<std::pair<DataType, std::string>> cases = {
      {DataType::kUint8, "256"},   {DataType::kUint8, "-1"},
      {DataType::kInt8, "128"},    {DataType::kUint64, "-1"},
      {DataType::kInt64, "1e3"},   {DataType::kBool, "2"},
      {DataType::kFp32, "3.5e38"}, {DataType::kBytes, "1"},
      {DataType::kInt16, "32768"}, {DataType::kInt64, "9223372036854775808"},
      {DataType::kFp64, "\"1\""},  {DataType::kFp16, "1"},
      {DataType::kUint32, "[1]"}};
  for (const auto& [type, text] : cases) {
    const auto result = readData(type, {1}, "[" + text + "]");
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(result.error().what()).find("'x'"), std::string::npos) << result.error().what();
  }
}

TEST(JsonTensorTest, TakesShapesWithoutDimensionsAndWithout) {
  EXPECT_EQ(readData(DataType::kInt32, {}, "[5]").value().as<int32_t>()[0], 5);
  EXPECT_FALSE(readData(DataType::kInt32, {}, "[[5]]").ok());
  EXPECT_TRUE(readData(DataType::kInt32, {0, 3}, "[]").value().bytes.empty());
  EXPECT_FALSE(readData(DataType::kInt32, {0, 3}, "[1]").ok());
}

TEST(JsonTensorTest, RefusesOutputsThatJsonCannotHold) {
  std::string out;
  EXPECT_EQ(appendJsonData(out, tensorOf<float>(DataType::kFp32, {1.0F, NAN}, {2})).error().code(),
            ErrorCode::kInternal);
  EXPECT_FALSE(appendJsonData(out, tensorOf<uint16_t>(DataType::kFp16, {1}, {1})).ok());
  Tensor binary{"x", DataType::kBytes, {1}, {}};
  infer::appendBytesElement(binary.bytes, "\xff");
  EXPECT_FALSE(appendJsonData(out, binary).ok());
}

TEST(OipMessageTest, NarrowsNumbersThatFit) {
  auto wide = tensorOf<double>(DataType::kFp64, {0.5, -2}, {2});
  ASSERT_TRUE(narrowTensor(wide, DataType::kFp32).ok());
  EXPECT_EQ(wide.type, DataType::kFp32);
  EXPECT_EQ(wide.as<float>()[1], -2);
  auto beyond = tensorOf<double>(DataType::kFp64, {1e39}, {1});
  EXPECT_FALSE(narrowTensor(beyond, DataType::kFp32).ok());
  auto count = tensorOf<int64_t>(DataType::kInt64, {int64_t{1} << 31}, {1});
  EXPECT_FALSE(narrowTensor(count, DataType::kInt32).ok());
  ASSERT_TRUE(narrowTensor(count, DataType::kFp32).ok());
  EXPECT_EQ(count.type, DataType::kInt64);
}

// As Triton writes them: the value with six digits, its position, its label.
TEST(OipMessageTest, ClassifiesTheHighestOfEachRow) {
  const auto scores = tensorOf<float>(DataType::kFp32, {0.25F, 0.5F, 0.125F, NAN, 1.0F, 1.0F}, {2, 3});
  const auto classes = classified(scores, true, 2, {"a", "b", "c"}).value();
  EXPECT_EQ(classes.type, DataType::kBytes);
  EXPECT_EQ(classes.shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(infer::bytesElements(classes),
            (std::vector<std::string_view>{"0.500000:1:b", "0.250000:0:a", "1.000000:1:b", "1.000000:2:c"}));
  EXPECT_EQ(classified(scores, true, 9, {}).value().shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(classified(scores, false, 2, {}).value().shape, (std::vector<int64_t>{2}));
  EXPECT_FALSE(classified(tensorOf<uint16_t>(DataType::kBf16, {1}, {1}), true, 1, {}).ok());
}

}  // namespace
}  // namespace mlaas::serve
