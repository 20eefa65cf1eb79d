#include "mlaas/serve/grpc/messages.h"

#include <gtest/gtest.h>

#include <google/protobuf/text_format.h>

namespace mlaas::serve {
namespace {

using infer::DataType;

// Of a model with one input of each type, all of any shape.
class GrpcMessagesTest : public testing::Test {
 protected:
  void SetUp() override {
    infer::LoadedModel loaded;
    loaded.signature.inputs = {{"x", DataType::kFp32, {-1}}, {"y", DataType::kInt32, {-1}}};
    loaded.signature.outputs = {{"z", DataType::kFp32, {-1}}};
    model_ = ServedModel::make(std::move(loaded), {"m"}, metrics_.model("m", "1"));
  }

  Result<OipInference> read(const std::string& text) {
    ::inference::ModelInferRequest message;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
    return readGrpcRequest(message, {model_, memory_});
  }
  void refuse(const std::string& text, const std::string& part) {
    const auto result = read(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(result.error().what()).find(part), std::string::npos) << result.error().what();
  }

  Metrics metrics_;
  SharedMemory memory_{false};
  ModelPointer model_;
};

TEST_F(GrpcMessagesTest, ReadsTypedContentsOfEveryType) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BOOL", "bool_contents: true bool_contents: false"},
      {"INT8", "int_contents: -128 int_contents: 127"},
      {"INT16", "int_contents: -32768 int_contents: 32767"},
      {"INT32", "int_contents: -2147483648 int_contents: 2147483647"},
      {"INT64", "int64_contents: -9223372036854775808 int64_contents: 1"},
      {"UINT8", "uint_contents: 0 uint_contents: 255"},
      {"UINT16", "uint_contents: 0 uint_contents: 65535"},
      {"UINT32", "uint_contents: 0 uint_contents: 4294967295"},
      {"UINT64", "uint64_contents: 0 uint64_contents: 18446744073709551615"},
      {"FP32", "fp32_contents: 0.5 fp32_contents: -2"},
      {"FP64", "fp64_contents: 0.5 fp64_contents: -2"},
      {"BYTES", "bytes_contents: \"a\" bytes_contents: \"\""},
  };
  for (const auto& [type, contents] : cases) {
    const auto inference =
        read(R"(inputs { name: "other" shape: 2 datatype: ")" + type + R"(" contents { )" + contents + "}}");
    ASSERT_TRUE(inference.ok()) << type;
    const auto& tensor = inference->request.inputs[0];
    EXPECT_TRUE(infer::checkTensor(tensor).ok());
    if (type == "INT8") {
      EXPECT_EQ(tensor.bytes, "\x80\x7f");
    }
    if (type == "UINT16") {
      EXPECT_EQ(tensor.as<uint16_t>()[1], 65535);
    }
    if (type == "FP64") {
      EXPECT_EQ(tensor.as<double>()[1], -2);
    }
    if (type == "BYTES") {
      EXPECT_EQ(infer::bytesElements(tensor), (std::vector<std::string_view>{"a", ""}));
    }
  }
  refuse(R"(inputs { name: "x" shape: 1 datatype: "INT8" contents { int_contents: 128 }})", "beyond the range of INT8");
  refuse(R"(inputs { name: "x" shape: 1 datatype: "FP16" contents { fp32_contents: 1 }})", "raw_input_contents");
}

TEST_F(GrpcMessagesTest, ReadsRawContentsInTheOrderOfTheInputs) {
  const auto inference = read(R"(
      id: "7" parameters { key: "priority" value { uint64_param: 2 }}
      inputs { name: "y" shape: 1 datatype: "INT64" } inputs { name: "x" shape: 1 datatype: "FP32" }
      outputs { name: "z" parameters { key: "classification" value { int64_param: 3 }}}
      raw_input_contents: "\005\000\000\000\000\000\000\000" raw_input_contents: "\000\000\200\077")")
                             .value();
  EXPECT_EQ(inference.id, "7");
  EXPECT_EQ(inference.request.priority, 2U);
  EXPECT_EQ(inference.outputs[0].classes, 3);
  EXPECT_EQ(inference.request.inputs[0].type, DataType::kInt32);
  EXPECT_EQ(inference.request.inputs[0].as<int32_t>()[0], 5);
  EXPECT_EQ(inference.request.inputs[1].as<float>()[0], 1.0F);
}

TEST_F(GrpcMessagesTest, RefusesWhatDoesNotFit) {
  const std::string input = R"(inputs { name: "x" shape: 1 datatype: "FP32" })";
  refuse(input, "tensor 'x' has 0 bytes");
  refuse(input + R"(raw_input_contents: "abcd" raw_input_contents: "abcd")", "2 raw_input_contents for 1 inputs");
  refuse(input + input + R"(raw_input_contents: "abcd")", "has no entry in raw_input_contents");
  refuse(R"(inputs { name: "x" shape: 1 datatype: "FP32" contents {}} raw_input_contents: "abcd")", "send one of them");
  refuse(R"(inputs { name: "x" shape: -1 datatype: "FP32" } raw_input_contents: "abcd")", "impossible shape");
  refuse(R"(inputs { name: "x" shape: 1 datatype: "FP31" })", "unknown datatype 'FP31'");
  refuse(R"(parameters { key: "sequence_id" value { string_param: "a" }})", "keep no state");
  refuse(
      R"(inputs { name: "x" datatype: "FP32" parameters { key: "shared_memory_byte_size" value { int64_param: 4 }}})",
      "without 'shared_memory_region'");
}

TEST_F(GrpcMessagesTest, WritesRawContentsForEveryOutput) {
  std::vector<OipOutput> outputs(2);
  outputs[0].tensor = {"z", DataType::kFp32, {1, 1}, "abcd"};
  outputs[1].tensor = {"shared", DataType::kFp32, {1}, ""};
  outputs[1].wanted.place = SharedPlace{"region", 8, 16};
  outputs[1].placed = 4;
  OipInference inference;
  inference.id = "7";
  ::inference::ModelInferResponse message;
  writeGrpcAnswer(inference, *model_, outputs, message);
  EXPECT_EQ(message.model_name(), "m");
  EXPECT_EQ(message.id(), "7");
  ASSERT_EQ(message.raw_output_contents_size(), 2);
  EXPECT_EQ(message.raw_output_contents(0), "abcd");
  EXPECT_EQ(message.raw_output_contents(1), "");
  EXPECT_EQ(message.outputs(1).parameters().at("shared_memory_byte_size").int64_param(), 4);
  EXPECT_EQ(message.outputs(1).parameters().at("shared_memory_offset").int64_param(), 8);
}

}  // namespace
}  // namespace mlaas::serve
