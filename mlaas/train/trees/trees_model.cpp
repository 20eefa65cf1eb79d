#include "mlaas/train/trees/trees_model.h"

#include <limits>

#include "mlaas/feature/flat_rows.h"
#include "mlaas/model/trees/onnx_trees.h"
#include "mlaas/model/trees/tree_model.h"

namespace mlaas::train {

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

class TreesModel final : public TrainedModel {
 public:
  TreesModel(Booster booster, feature::FeatureSpec features, TreesOptions options, int64_t rounds, std::string json,
             model::TreeModel trees)
      : booster_(std::move(booster)),
        features_(std::move(features)),
        columns_(feature::treeFeatureNames(features_)),
        options_(std::move(options)),
        rounds_(rounds),
        json_(std::move(json)),
        trees_(std::move(trees)) {}

  Result<void> score(const feature::Tensors& features, std::vector<float>& scores) override {
    feature::treeMatrix(features, kMissing, matrix_);
    return booster_.predict(matrix_, static_cast<int64_t>(columns_.size()), scores);
  }
  Result<std::optional<Contributions>> contributions(const feature::Tensors& features) override {
    feature::treeMatrix(features, kMissing, matrix_);
    Contributions result;
    result.names = columns_;
    MLAAS_TRY(result.values, booster_.contributions(matrix_, static_cast<int64_t>(columns_.size())));
    return std::optional(std::move(result));
  }
  model::EngineKind engine() const override { return model::EngineKind::kTrees; }
  std::string fileName() const override { return "model.json"; }
  Result<std::string> serialise() const override { return json_; }
  Result<std::vector<ModelFile>> otherForms() const override {
    MLAAS_TRY(std::string graph, model::writeTreesOnnx(trees_, features_));
    return std::vector<ModelFile>{{"model.onnx", std::move(graph)}};
  }
  nlohmann::ordered_json description() const override {
    nlohmann::ordered_json json;
    json["kind"] = "trees";
    json["inputs"] = columns_.size();
    json["rounds_kept"] = rounds_;
    json["options"] = options_.toJson();
    json["library"] = "XGBoost " + xgboostVersion();
    return json;
  }

 private:
  Booster booster_;
  feature::FeatureSpec features_;
  std::vector<std::string> columns_;
  TreesOptions options_;
  int64_t rounds_;
  std::string json_;        // of booster_
  model::TreeModel trees_;  // read back from json_
  std::vector<float> matrix_;
};

}  // namespace

Result<std::unique_ptr<TrainedModel>> makeTreesModel(Booster booster, const feature::FeatureSpec& features,
                                                     const TreesOptions& options, int64_t rounds) {
  MLAAS_TRY(std::string json, booster.toJson());
  auto trees = model::readXgboostJson(json);
  if (!trees.ok()) {
    return Error(ErrorCode::kInternal, std::string("model.json cannot be read back: ") + trees.error().what());
  }
  return std::unique_ptr<TrainedModel>(
      std::make_unique<TreesModel>(std::move(booster), features, options, rounds, std::move(json), *std::move(trees)));
}

}  // namespace mlaas::train
