// Models of other programs' formats, against what TensorFlow and ONNX Runtime said (make_models.py wrote both).
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mlaas/infer/model_file.h"
#include "mlaas/infer/tensor_engine.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::infer {
namespace {

const std::string kFolder = MLAAS_SOURCE_DIR "/tests/unit/infer/models/";

template <class Value>
void appendAs(std::string& bytes, const nlohmann::json& data) {
  for (const auto& element : data) {
    const auto value = static_cast<Value>(element.get<double>());
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
}

// float16 for the small whole numbers of the tests.
uint16_t halfOf(int value) {
  if (value == 0) return 0;
  const int exponent = static_cast<int>(std::log2(value));
  return static_cast<uint16_t>(((exponent + 15) << 10) + ((value << 10 >> exponent) & 0x3FF));
}

Tensor tensorOf(const nlohmann::json& described) {
  Tensor tensor;
  tensor.name = described["name"];
  tensor.type = dataTypeFrom(described["datatype"].get<std::string>()).value();
  tensor.shape = described["shape"].get<std::vector<int64_t>>();
  nlohmann::json data = described["data"];
  for (auto& element : data) {
    if (element.is_boolean()) element = element.get<bool>() ? 1 : 0;
  }
  switch (tensor.type) {
    case DataType::kFp16:
      for (const auto& element : data) {
        const uint16_t half = halfOf(static_cast<int>(element.get<double>()));
        tensor.bytes.append(reinterpret_cast<const char*>(&half), sizeof(half));
      }
      break;
    case DataType::kFp32:
      appendAs<float>(tensor.bytes, data);
      break;
    case DataType::kFp64:
      appendAs<double>(tensor.bytes, data);
      break;
    default:
      switch (elementBytes(tensor.type)) {
        case 1:
          appendAs<uint8_t>(tensor.bytes, data);
          break;
        case 2:
          appendAs<uint16_t>(tensor.bytes, data);
          break;
        case 4:
          appendAs<uint32_t>(tensor.bytes, data);
          break;
        default:
          appendAs<uint64_t>(tensor.bytes, data);
      }
  }
  return tensor;
}

nlohmann::json expectedOf(const std::string& model) {
  std::ifstream stream(kFolder + "expected.json");
  return nlohmann::json::parse(stream).at(model);
}

std::vector<Tensor> tensorsOf(const nlohmann::json& described, const std::vector<TensorSpec>& order) {
  std::vector<Tensor> tensors;
  for (const auto& spec : order) {
    for (const auto& one : described) {
      if (one["name"] == spec.name) tensors.push_back(tensorOf(one));
    }
  }
  EXPECT_EQ(tensors.size(), described.size());
  return tensors;
}

void expectSame(const Tensor& found, const Tensor& expected) {
  EXPECT_EQ(found.name, expected.name);
  EXPECT_EQ(found.type, expected.type);
  EXPECT_EQ(found.shape, expected.shape) << found.name;
  ASSERT_EQ(found.bytes.size(), expected.bytes.size()) << found.name;
  if (found.type != DataType::kFp32) {
    EXPECT_EQ(found.bytes, expected.bytes) << found.name;
    return;
  }
  for (size_t i = 0; i < found.bytes.size() / sizeof(float); ++i) {
    float a = 0;
    float b = 0;
    std::memcpy(&a, found.bytes.data() + i * sizeof(float), sizeof(float));
    std::memcpy(&b, expected.bytes.data() + i * sizeof(float), sizeof(float));
    EXPECT_NEAR(a, b, 1e-6 * std::max(1.0F, std::fabs(b))) << found.name << " " << i;
  }
}

#ifdef __SANITIZE_ADDRESS__
#define SKIP_OPENVINO() \
  GTEST_SKIP() << "OpenVINO's TBB opens libraries in a way that ends a process under the address sanitizer"
#else
#define SKIP_OPENVINO() static_cast<void>(0)
#endif

class OtherFormats : public testing::TestWithParam<std::string> {};

TEST_P(OtherFormats, GiveTheNumbersOfTheirOwnLibrary) {
  SKIP_OPENVINO();
  auto model = loadModel(kFolder + GetParam(), 2).value();
  ASSERT_EQ(model.engines.size(), 2U);
  const auto expected = expectedOf(GetParam());
  const auto inputs = tensorsOf(expected["inputs"], model.signature.inputs);
  const auto answers = tensorsOf(expected["outputs"], model.signature.outputs);
  for (const auto& tensor : inputs) {
    EXPECT_TRUE(shapeFits(*model.signature.findInput(tensor.name), model.signature.batched, tensor.shape));
  }
  for (auto& engine : model.engines) {
    for (int repetition = 0; repetition < 2; ++repetition) {
      std::vector<Tensor> outputs;
      engine->run(inputs, outputs).value();
      ASSERT_EQ(outputs.size(), answers.size());
      for (size_t i = 0; i < outputs.size(); ++i) expectSame(outputs[i], answers[i]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, OtherFormats,
                         testing::Values("keras_export", "two_inputs", "frozen.pb", "network.tflite", "dense.onnx",
                                         "one_row.onnx", "three_rows.onnx", "product.onnx", "kinds.onnx"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(LoadedModel, KnowsWhatIsBatched) {
  SKIP_OPENVINO();
  const auto batched = [](const std::string& name) { return loadModel(kFolder + name, 1).value().signature.batched; };
  EXPECT_TRUE(batched("dense.onnx"));
  EXPECT_TRUE(batched("keras_export"));
  EXPECT_TRUE(batched("one_row.onnx"));
  EXPECT_FALSE(batched("three_rows.onnx"));
  EXPECT_FALSE(batched("product.onnx"));
}

TEST(LoadedModel, DescribesItsTensors) {
  SKIP_OPENVINO();
  const auto model = loadModel(kFolder + "two_inputs", 1).value();
  EXPECT_EQ(model.platform, "openvino_savedmodel");
  EXPECT_EQ(model.bundle, nullptr);
  ASSERT_NE(model.signature.findInput("ht"), nullptr);
  EXPECT_EQ(model.signature.findInput("ht")->dimensions, std::vector<int64_t>{3});
  ASSERT_NE(model.signature.findInput("shift"), nullptr);
  EXPECT_EQ(model.signature.findInput("shift")->type, DataType::kInt64);
  EXPECT_TRUE(model.signature.findInput("shift")->dimensions.empty());
  ASSERT_NE(model.signature.findOutput("scores"), nullptr);
  EXPECT_EQ(model.signature.findOutput("scores")->dimensions, std::vector<int64_t>{4});
}

// Every number of rows must give each row what it gets alone, whatever it is filled up with.
TEST(LoadedModel, RowsDoNotDependOnTheirNumber) {
  SKIP_OPENVINO();
  auto model = loadModel(kFolder + "dense.onnx", 1).value();
  Tensor input{"x", DataType::kFp32, {1, 4}, {}};
  std::string oneRow;
  for (const float value : {0.5F, -1.0F, 2.0F, 0.25F}) oneRow.append(reinterpret_cast<const char*>(&value), 4);
  input.bytes = oneRow;
  std::vector<Tensor> alone;
  model.engines[0]->run({&input, 1}, alone).value();
  for (const int64_t rows : {2, 7, 15, 100, 1023, 1025, 2500}) {
    input.shape = {rows, 4};
    input.bytes.clear();
    for (int64_t row = 0; row < rows; ++row) input.bytes += oneRow;
    std::vector<Tensor> outputs;
    model.engines[0]->run({&input, 1}, outputs).value();
    ASSERT_EQ(outputs[0].shape, (std::vector<int64_t>{rows, 2}));
    Tensor last{"scores", DataType::kFp32, {1, 2}, outputs[0].bytes.substr(outputs[0].bytes.size() - 8)};
    expectSame(last, alone[0]);
  }
}

TEST(ModelFile, SaysWhatToDoWithOtherFormats) {
  io::TemporaryFolder folder;
  const auto message = [&](const std::string& name) {
    const auto found = findModelFile(folder.write(name, "x"));
    EXPECT_FALSE(found.ok());
    EXPECT_EQ(found.error().code(), ErrorCode::kUnsupported);
    return std::string(found.error().what());
  };
  EXPECT_NE(message("net.keras").find("model.export"), std::string::npos);
  EXPECT_NE(message("net.pt").find("torch.onnx.export"), std::string::npos);
  EXPECT_NE(message("net.bst").find("save_model"), std::string::npos);
  EXPECT_NE(message("net.txt").find("expected bundle.json"), std::string::npos);
  EXPECT_EQ(findModelFile(folder.path("absent.onnx")).error().code(), ErrorCode::kNotFound);
}

TEST(ModelFile, FindsTheModelOfAFolder) {
  io::TemporaryFolder folder;
  EXPECT_EQ(findModelFile(folder.path("")).error().code(), ErrorCode::kNotFound);
  const std::string first = folder.write("first.onnx", "x");
  folder.write("labels.txt", "a\nb\n");
  EXPECT_EQ(findModelFile(folder.path("")).value().path, first);
  const std::string second = folder.write("second.pb", "x");
  const auto several = findModelFile(folder.path(""));
  EXPECT_EQ(several.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(several.error().what()).find("'first.onnx', 'second.pb'"), std::string::npos);
  folder.write("params.json", R"({"name": "x", "model": "second.pb"})");
  EXPECT_EQ(findModelFile(folder.path("")).value().path, second);
  folder.write("params.json", R"({"name": "x", "model": "../second.pb"})");
  EXPECT_EQ(findModelFile(folder.path("")).value().path, second);
  folder.write("params.json", R"({"name": "x", "model": "/etc/passwd"})");
  EXPECT_EQ(findModelFile(folder.path("")).error().code(), ErrorCode::kInvalidArgument);
}

// A stump: x0 < 0.5 gives -1, else 2; the score is its logistic.
TEST(LoadedModel, RunsXgboostTrees) {
  const char* const json = R"({"learner":{"attributes":{},"feature_names":[],"feature_types":[],
    "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},"tree_info":[0],
    "trees":[{"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],
    "base_weights":[0,-1,2],"default_left":[1,0,0],"id":0,"left_children":[1,-1,-1],"loss_changes":[1,0,0],
    "parents":[2147483647,0,0],"right_children":[2,-1,-1],"split_conditions":[0.5,-1,2],"split_indices":[0,0,0],
    "split_type":[0,0,0],"sum_hessian":[1,1,1],
    "tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"3","size_leaf_vector":"0"}}]},"name":"gbtree"},
    "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2","num_target":"1"},
    "objective":{"name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}}},"version":[1,7,4]})";
  io::TemporaryFolder folder;
  auto model = loadModel(folder.write("model.json", json), 1).value();
  EXPECT_EQ(model.platform, "mlaas_xgboost");
  Tensor input{"input__0", DataType::kFp32, {3, 2}, {}};
  for (const float value : {0.0F, 9.0F, 1.0F, 9.0F, NAN, 9.0F})
    input.bytes.append(reinterpret_cast<const char*>(&value), 4);
  std::vector<Tensor> outputs;
  model.engines[0]->run({&input, 1}, outputs).value();
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].shape, (std::vector<int64_t>{3, 1}));
  const auto scores = outputs[0].as<float>();
  EXPECT_NEAR(scores[0], 1 / (1 + std::exp(1.0)), 1e-6);
  EXPECT_NEAR(scores[1], 1 / (1 + std::exp(-2.0)), 1e-6);
  EXPECT_NEAR(scores[2], 1 / (1 + std::exp(1.0)), 1e-6);
}

}  // namespace
}  // namespace mlaas::infer
