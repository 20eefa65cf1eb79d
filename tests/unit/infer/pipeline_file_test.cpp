// Pipelines of ai.onnx.ml, against what ONNX Runtime and scikit-learn said (make_pipeline_models.py wrote both).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mlaas/infer/tensor_engine.h"
#include "mlaas/model/trees/onnx_pipeline.h"

namespace mlaas::infer {
namespace {

const std::string kFolder = MLAAS_SOURCE_DIR "/tests/unit/infer/pipelines/";

std::string bytesOf(const std::string& file) {
  std::ifstream stream(kFolder + file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void expectClasses(const Tensor& found, const nlohmann::json& expected) {
  ASSERT_EQ(found.shape, std::vector<int64_t>{static_cast<int64_t>(expected.size())});
  if (found.type == DataType::kBytes) {
    const auto names = bytesElements(found);
    for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(names[i], expected[i].get<std::string>()) << i;
  } else {
    const auto numbers = found.as<int64_t>();
    for (size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], expected[i].get<int64_t>()) << i;
  }
}

class Pipelines : public testing::TestWithParam<std::string> {};

TEST_P(Pipelines, GiveTheNumbersOfTheirOwnLibrary) {
  const auto expected = nlohmann::json::parse(bytesOf("expected.json")).at(GetParam());
  auto model = loadModel(kFolder + GetParam() + ".onnx", 1).value();
  EXPECT_EQ(model.platform, "mlaas_onnx_ml");
  std::vector<float> rows;
  for (const auto& value : expected["rows"]) {
    rows.push_back(value.is_null() ? std::numeric_limits<float>::quiet_NaN() : value.get<float>());
  }
  Tensor input{model.signature.inputs.at(0).name, DataType::kFp32, {static_cast<int64_t>(rows.size()) / 4, 4}, {}};
  input.bytes.assign(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float));
  std::vector<Tensor> outputs;
  ASSERT_TRUE(model.engines.at(0)->run(std::vector{input}, outputs).ok());
  ASSERT_EQ(outputs.size(), model.signature.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ(outputs[i].name, model.signature.outputs[i].name);
    EXPECT_EQ(outputs[i].type, model.signature.outputs[i].type);
    EXPECT_TRUE(shapeFits(model.signature.outputs[i], true, outputs[i].shape));
    EXPECT_TRUE(checkTensor(outputs[i]).ok());
  }
  if (expected.contains("classes")) expectClasses(outputs.at(0), expected["classes"]);
  const auto scores = outputs.back().as<float>();
  ASSERT_EQ(scores.size(), expected["scores"].size());
  // ONNX Runtime and scikit-learn scale and sum in different precision; it is enough to be as near as one of them.
  for (size_t i = 0; i < scores.size(); ++i) {
    const double onnx = expected["scores"][i];
    const double own = expected.contains("scikit_learn") ? expected["scikit_learn"][i].get<double>() : onnx;
    const double difference = std::min(std::abs(scores[i] - onnx), std::abs(scores[i] - own));
    EXPECT_LE(difference, 1e-6 * std::max(std::abs(onnx), 0.1))
        << i << ": " << scores[i] << ", " << onnx << ", " << own;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Pipelines,
                         testing::Values("boosted_two", "boosted_three", "forest_two", "forest_names", "logistic_two",
                                         "logistic_three", "boosted_number", "forest_numbers", "linear", "lightgbm"));

// Flipped and cut files give an error or another model, never a crash.
TEST(OnnxPipeline, DamagedFiles) {
  for (const std::string name : {"boosted_two.onnx", "logistic_three.onnx", "forest_names.onnx"}) {
    const std::string whole = bytesOf(name);
    for (size_t i = 0; i < 200; ++i) {
      std::string damaged = i % 2 == 0 ? whole : whole.substr(0, i * whole.size() / 200);
      if (i % 2 == 0) damaged[i * 7919 % whole.size()] ^= static_cast<char>(1U << (i % 8));
      const auto pipeline = model::readOnnxPipeline(damaged);
      if (!pipeline.ok() || pipeline->numFeatures > 1000) continue;
      std::vector<float> scores;
      const std::vector<float> row(static_cast<size_t>(pipeline->numFeatures), 1.5F);
      model::runOnnxPipeline(*pipeline, row, 1, scores);
      EXPECT_EQ(scores.size(), static_cast<size_t>(pipeline->numOutputs));
    }
  }
}

TEST(OnnxPipeline, SaysWhichOperatorIsNotRun) {
  std::string bytes = bytesOf("boosted_two.onnx");
  for (size_t at = bytes.find("Scaler"); at != std::string::npos; at = bytes.find("Scaler")) {
    bytes.replace(at, 6, "Scalar");
  }
  const auto read = model::readOnnxPipeline(bytes);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(std::string(read.error().what()).find("'Scalar'"), std::string::npos) << read.error().what();
}

}  // namespace
}  // namespace mlaas::infer
