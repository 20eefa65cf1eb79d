// Trees of other programs, against what XGBoost and LightGBM said (make_tree_models.py wrote both).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mlaas/infer/tensor_engine.h"
#include "mlaas/model/trees/decision_trees.h"
#include "mlaas/model/trees/ubjson.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::infer {
namespace {

const std::string kFolder = MLAAS_SOURCE_DIR "/tests/unit/infer/trees/";

std::string bytesOf(const std::string& file) {
  std::ifstream stream(kFolder + file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

class OtherTrees : public testing::TestWithParam<std::string> {};

TEST_P(OtherTrees, GiveTheNumbersOfTheirOwnLibrary) {
  const auto expected = nlohmann::json::parse(bytesOf("expected.json")).at(GetParam());
  auto model = loadModel(kFolder + GetParam(), 1).value();
  std::vector<float> rows;
  for (const auto& value : expected["rows"]) {
    rows.push_back(value.is_null() ? std::numeric_limits<float>::quiet_NaN() : value.get<float>());
  }
  constexpr int64_t kFeatures = 5;
  Tensor input{"input__0", DataType::kFp32, {static_cast<int64_t>(rows.size()) / kFeatures, kFeatures}, {}};
  input.bytes.assign(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float));
  ASSERT_TRUE(shapeFits(model.signature.inputs.at(0), true, input.shape));
  std::vector<Tensor> outputs;
  ASSERT_TRUE(model.engines.at(0)->run(std::vector{input}, outputs).ok());
  const auto found = outputs.at(0).as<float>();
  ASSERT_EQ(found.size(), expected["predictions"].size());
  EXPECT_EQ(outputs[0].shape, (std::vector<int64_t>{input.shape[0], model.signature.outputs.at(0).dimensions.at(0)}));
  for (size_t i = 0; i < found.size(); ++i) {
    const double value = expected["predictions"][i];
    EXPECT_NEAR(found[i], value, 1e-6 * std::abs(value)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, OtherTrees,
                         testing::Values("categories.json", "classes.ubj", "categories_dart.ubj", "binary.txt",
                                         "classes.txt", "ova.txt", "zero_as_missing.txt", "no_missing.txt", "sqrt.txt",
                                         "poisson.txt", "lambda.txt", "forest.txt"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void expectRefused(const std::string& text, ErrorCode code, const std::string& reason) {
  const auto read = model::readLightgbmText(text);
  ASSERT_FALSE(read.ok()) << reason;
  EXPECT_EQ(read.error().code(), code);
  EXPECT_NE(std::string(read.error().what()).find(reason), std::string::npos) << read.error().what();
}

TEST(LightgbmText, RefusesWhatIsWrong) {
  const std::string text = bytesOf("binary.txt");
  expectRefused("", ErrorCode::kCorrupt, "not a model that LightGBM saved");
  expectRefused(text.substr(0, text.find("end of trees")), ErrorCode::kCorrupt, "the file was cut");
  expectRefused(replaced(text, "left_child=1", "left_child=0"), ErrorCode::kCorrupt, "not a tree");
  expectRefused(replaced(text, "left_child=1", "left_child=99"), ErrorCode::kCorrupt, "child 99");
  expectRefused(replaced(text, "split_feature=", "split_feature=7"), ErrorCode::kCorrupt, "of 5");
  expectRefused(replaced(text, "split_feature=", "split_feature=x"), ErrorCode::kCorrupt, "not a number");
  expectRefused(replaced(text, "num_leaves=8", "num_leaves=9"), ErrorCode::kCorrupt, "elements, expected 9");
  expectRefused(replaced(text, "num_leaves=8", "num_leaves=99999999999"), ErrorCode::kCorrupt, "at most");
  expectRefused(replaced(text, "cat_boundaries=0 ", "cat_boundaries=9999 "), ErrorCode::kCorrupt, "cat_boundaries");
  expectRefused(replaced(text, "is_linear=0", "is_linear=1"), ErrorCode::kUnsupported, "linear_tree=false");
  expectRefused(replaced(text, "objective=binary", "objective=other"), ErrorCode::kUnsupported, "'other'");
}

// No cut of a file is taken for a model, nor ends the program.
TEST(LightgbmText, CutAnywhere) {
  const std::string text = bytesOf("binary.txt");
  const size_t end = text.find("end of trees");
  for (size_t length = 0; length < end; length += 37) {
    EXPECT_FALSE(model::readLightgbmText(text.substr(0, length)).ok()) << length;
  }
}

TEST(Ubjson, BecomesJson) {
  using namespace std::string_literals;
  EXPECT_EQ(model::ubjsonToJson("{i\x01"s + "a[#i\x02i\xFFU\xFFi\x01" + "b[$d#i\x02\x3F\xC0\0\0\x7F\xC0\0\0i\x01"s +
                                "cSi\x03x\"\n"s + "i\x01" + "d[TFZ]i\x01"s + "eD\x3F\xF0\0\0\0\0\0\0}"s)
                .value(),
            R"({"a":[-1,255],"b":[1.5,NaN],"c":"x\"\u000a","d":[true,false,null],"e":1})");
}

TEST(Ubjson, RefusesWhatIsWrong) {
  using namespace std::string_literals;
  for (const auto& bytes : {""s, "{"s, "["s, "[#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, "[#i\xFF"s,
                            "[$Z#l\x7F\xFF\xFF\xFF"s, "Si\x05"s, "x"s, "i\x01i"s, "l\0\0"s, std::string(100000, '[')}) {
    const auto json = model::ubjsonToJson(bytes);
    ASSERT_FALSE(json.ok()) << bytes.substr(0, 10);
    EXPECT_EQ(json.error().code(), ErrorCode::kCorrupt);
  }
  const std::string whole = bytesOf("classes.ubj");
  for (size_t length = 0; length < whole.size(); length += 997) {
    EXPECT_FALSE(model::ubjsonToJson(whole.substr(0, length)).ok()) << length;
  }
}

// Flipped bytes give an error or another model, never a crash.
TEST(TreeFiles, FlippedBytes) {
  const io::TemporaryFolder folder;
  for (const std::string name : {"categories.json", "categories_dart.ubj", "binary.txt"}) {
    const std::string whole = bytesOf(name);
    for (size_t i = 0; i < 20; ++i) {
      std::string flipped = whole;
      flipped[i * 7919 % whole.size()] ^= static_cast<char>(1U << (i % 8));
      const std::string path = folder.write(name, flipped);
      auto model = loadModel(path, 1);
      if (!model.ok()) continue;
      std::vector<Tensor> outputs;
      const int64_t features = model->signature.inputs[0].dimensions[0];
      if (features > 1000) continue;
      Tensor input{"input__0", DataType::kFp32, {1, features}, std::string(static_cast<size_t>(features) * 4, '\1')};
      EXPECT_TRUE(model->engines[0]->run(std::vector{input}, outputs).ok());
    }
  }
}

}  // namespace
}  // namespace mlaas::infer
