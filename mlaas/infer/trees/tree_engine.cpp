#include "mlaas/infer/trees/tree_engine.h"

#include <cerrno>
#include <fstream>
#include <limits>
#include <sstream>
#include <system_error>

#include "mlaas/feature/feature_maker.h"
#include "mlaas/feature/missing_values.h"
#include "mlaas/model/trees/tree_kernel.h"
#include "mlaas/model/trees/tree_model.h"

namespace mlaas::infer {

namespace {

class TreeEngine : public Engine {
 public:
  TreeEngine(std::shared_ptr<const model::TreeModel> model, feature::FeatureSpec features)
      : model_(std::move(model)), features_(std::move(features)), missing_(features_) {}

  int64_t numOutputs() const override { return model_->numOutputs; }

  Result<void> run(const feature::Tensors& input, std::vector<float>& scores) override {
    MLAAS_CHECK(checkShapes(features_, input));
    if (!missing_.empty()) {
      filled_ = input;
      missing_.fill(filled_);
    }
    feature::treeMatrix(missing_.empty() ? input : filled_, std::numeric_limits<float>::quiet_NaN(), matrix_);
    scores.resize(static_cast<size_t>(input.rows * model_->numOutputs));
    model::predictTrees(*model_, matrix_, input.rows, scores);
    return {};
  }

 private:
  std::shared_ptr<const model::TreeModel> model_;
  feature::FeatureSpec features_;
  feature::MissingValues missing_;
  feature::Tensors filled_;    // kept from call to call
  std::vector<float> matrix_;  // kept from call to call
};

Result<std::string> readText(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) return Error(ErrorCode::kIo, "cannot be read: " + std::generic_category().message(errno));
  return std::move(text).str();
}

}  // namespace

Result<std::vector<std::unique_ptr<Engine>>> makeTreeEngines(const std::string& file,
                                                             const feature::FeatureSpec& features, int64_t numOutputs,
                                                             size_t count) {
  MLAAS_TRY(const std::string text, readText(file));
  MLAAS_TRY(model::TreeModel trees, model::readXgboostJson(text));
  const auto width = static_cast<int64_t>(feature::treeFeatureNames(features).size());
  if (trees.numFeatures != width) {
    return Error(ErrorCode::kCorrupt, "the trees have " + std::to_string(trees.numFeatures) +
                                          " features, the bundle's signature has " + std::to_string(width));
  }
  if (trees.numOutputs != numOutputs) {
    return Error(ErrorCode::kCorrupt, "the trees have " + std::to_string(trees.numOutputs) +
                                          " outputs, the bundle's signature has " + std::to_string(numOutputs));
  }
  const auto shared = std::make_shared<const model::TreeModel>(std::move(trees));
  std::vector<std::unique_ptr<Engine>> engines;
  for (size_t i = 0; i < count; ++i) engines.push_back(std::make_unique<TreeEngine>(shared, features));
  return engines;
}

}  // namespace mlaas::infer
