#include "mlaas/train/trees/trees_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "mlaas/feature/flat_rows.h"
#include "mlaas/model/trees/onnx_trees.h"
#include "mlaas/model/trees/tree_kernel.h"
#include "mlaas/model/trees/tree_model.h"

namespace mlaas::train {

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr int64_t kCheckedEvents = 4096;
constexpr double kTolerance = 1e-5;  // of scores about 1: sums in another order

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

  // Whether the trees as they are read back score as XGBoost does.
  Result<void> compare(const feature::Tensors& features) {
    std::vector<float> theirs;
    MLAAS_CHECK(score(features, theirs));
    std::vector<float> ours(static_cast<size_t>(features.rows * trees_.numOutputs));
    model::predictTrees(trees_, matrix_, features.rows, ours);
    return compareTreeScores(ours, theirs, trees_.numOutputs);
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

// The first events of the validation part, else of another that has some.
Result<void> checkScores(TreesModel& model, const TrainingInput& input) {
  dataset::StreamOptions options;
  options.batchSize = kCheckedEvents;
  options.shuffle = false;
  for (const auto part : {dataset::Part::kTrain, dataset::Part::kTest, dataset::Part::kValidation}) {
    if (input.eventsIn(part) > 0) options.part = part;
  }
  MLAAS_TRY(const auto stream, input.data->stream(options));
  dataset::Batch batch;
  MLAAS_TRY(const bool any, stream->next(batch));
  return any ? model.compare(batch.features) : Result<void>();
}

}  // namespace

Result<void> compareTreeScores(const std::vector<float>& read, const std::vector<float>& trained, int64_t outputs) {
  if (read.size() != trained.size()) {
    return Error(ErrorCode::kInternal, "model.json: read back, the trees give " + std::to_string(read.size()) +
                                           " scores, XGBoost gave " + std::to_string(trained.size()) +
                                           "; no bundle is written");
  }
  for (size_t i = 0; i < read.size(); ++i) {
    const auto found = static_cast<double>(read[i]);
    const auto expected = static_cast<double>(trained[i]);
    const double tolerance = kTolerance * std::max(1.0, std::abs(expected));
    if (found == expected || std::abs(found - expected) <= tolerance) continue;
    std::array<char, 240> text{};
    std::snprintf(text.data(), text.size(),
                  "model.json: row %zu of the events checked, output %zu: read back, the trees give %.9g, XGBoost gave "
                  "%.9g, more than %.3g apart; no bundle is written",
                  i / static_cast<size_t>(outputs), i % static_cast<size_t>(outputs), found, expected, tolerance);
    return Error(ErrorCode::kInternal, text.data());
  }
  return {};
}

Result<std::unique_ptr<TrainedModel>> makeTreesModel(Booster booster, const TrainingInput& input,
                                                     const TreesOptions& options, int64_t rounds) {
  MLAAS_TRY(std::string json, booster.toJson());
  auto trees = model::readXgboostJson(json);
  if (!trees.ok()) {
    return Error(ErrorCode::kInternal, std::string("model.json cannot be read back: ") + trees.error().what());
  }
  auto made = std::make_unique<TreesModel>(std::move(booster), input.data->features(), options, rounds, std::move(json),
                                           *std::move(trees));
  MLAAS_CHECK(checkScores(*made, input));
  return std::unique_ptr<TrainedModel>(std::move(made));
}

}  // namespace mlaas::train
