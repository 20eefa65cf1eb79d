#include "mlaas/infer/trees/tree_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <sstream>
#include <system_error>

#include "mlaas/model/trees/decision_trees.h"
#include "mlaas/model/trees/tree_kernel.h"
#include "mlaas/model/trees/tree_model.h"
#include "mlaas/model/trees/ubjson.h"

namespace mlaas::infer {

namespace {

void predict(const model::TreeModel& model, std::span<const float> matrix, int64_t rows, std::span<float> scores) {
  model::predictTrees(model, matrix, rows, scores);
}

void predict(const model::DecisionTrees& model, std::span<const float> matrix, int64_t rows, std::span<float> scores) {
  model::predictDecisionTrees(model, matrix, rows, scores);
}

template <class Model>
class TreeMatrixEngine final : public TensorEngine {
 public:
  explicit TreeMatrixEngine(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

  Result<void> run(std::span<const Tensor> inputs, std::vector<Tensor>& outputs) override {
    const int64_t rows = inputs.front().shape.front();
    scores_.resize(static_cast<size_t>(rows * model_->numOutputs));
    matrix_.resize(static_cast<size_t>(rows * model_->numFeatures));
    std::memcpy(matrix_.data(), inputs.front().bytes.data(), matrix_.size() * sizeof(float));
    predict(*model_, matrix_, rows, scores_);
    outputs.resize(1);
    outputs[0] = {"output__0", DataType::kFp32, {rows, model_->numOutputs}, {}};
    outputs[0].bytes.assign(reinterpret_cast<const char*>(scores_.data()), scores_.size() * sizeof(float));
    return {};
  }

 private:
  std::shared_ptr<const Model> model_;
  std::vector<float> matrix_;  // kept from call to call; aligned, which bytes need not be
  std::vector<float> scores_;  // kept from call to call
};

template <class Model>
LoadedModel loadedModel(Model trees, const ModelFile& file, size_t numEngines) {
  const auto shared = std::make_shared<const Model>(std::move(trees));
  LoadedModel loaded;
  loaded.signature.inputs.push_back({"input__0", DataType::kFp32, {shared->numFeatures}});
  loaded.signature.outputs.push_back({"output__0", DataType::kFp32, {shared->numOutputs}});
  loaded.platform = platformName(file.format);
  for (size_t i = 0; i < numEngines; ++i) loaded.engines.push_back(std::make_unique<TreeMatrixEngine<Model>>(shared));
  return loaded;
}

}  // namespace

Result<LoadedModel> loadTrees(const ModelFile& file, size_t numEngines) {
  std::ifstream stream(file.path, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) {
    return Error(ErrorCode::kIo, file.path + " cannot be read: " + std::generic_category().message(errno));
  }
  if (file.format == ModelFormat::kLightgbmText) {
    MLAAS_TRY(model::DecisionTrees trees, model::readLightgbmText(text.view()));
    return loadedModel(std::move(trees), file, numEngines);
  }
  std::string json = std::move(text).str();
  if (file.format == ModelFormat::kXgboostUbj) {
    MLAAS_TRY(json, model::ubjsonToJson(json));
  }
  MLAAS_TRY(model::TreeModel trees, model::readXgboostJson(json));
  return loadedModel(std::move(trees), file, numEngines);
}

}  // namespace mlaas::infer
