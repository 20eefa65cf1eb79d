#include "mlaas/infer/engine.h"

#include <filesystem>

#include "mlaas/infer/openvino/openvino_engine.h"
#include "mlaas/infer/trees/tree_engine.h"

namespace mlaas::infer {

namespace {

// Applies the bundle's calibration to what another engine says.
class CalibratedEngine final : public Engine {
 public:
  CalibratedEngine(std::unique_ptr<Engine> engine, model::ScoreCalibration calibration)
      : engine_(std::move(engine)), calibration_(std::move(calibration)) {}
  int64_t numOutputs() const override { return engine_->numOutputs(); }
  Result<void> run(const feature::Tensors& input, std::vector<float>& scores) override {
    MLAAS_CHECK(engine_->run(input, scores));
    calibration_.apply(scores);
    return {};
  }

 private:
  std::unique_ptr<Engine> engine_;
  model::ScoreCalibration calibration_;
};

Error wrongShape(const std::string& what, int64_t found, int64_t expected) {
  return {ErrorCode::kInvalidArgument,
          what + " has " + std::to_string(found) + " values, the model expects " + std::to_string(expected)};
}

// The mean of what several engines say.
class MeanEngine final : public Engine {
 public:
  explicit MeanEngine(std::vector<std::unique_ptr<Engine>> engines) : engines_(std::move(engines)) {}
  int64_t numOutputs() const override { return engines_.front()->numOutputs(); }
  Result<void> run(const feature::Tensors& input, std::vector<float>& scores) override {
    MLAAS_CHECK(engines_.front()->run(input, scores));
    for (size_t i = 1; i < engines_.size(); ++i) {
      MLAAS_CHECK(engines_[i]->run(input, own_));
      for (size_t k = 0; k < scores.size(); ++k) scores[k] += own_[k];
    }
    for (float& score : scores) score /= static_cast<float>(engines_.size());
    return {};
  }

 private:
  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<float> own_;  // kept from call to call
};

Result<std::vector<std::unique_ptr<Engine>>> makeByKind(const model::Bundle& bundle, const std::string& file,
                                                        size_t count) {
  switch (bundle.engine) {
    case model::EngineKind::kOnnx:
      return makeOpenvinoEngines(file, bundle.features, static_cast<int64_t>(bundle.outputs.size()), count);
    case model::EngineKind::kTrees:
      return makeTreeEngines(file, bundle.features, static_cast<int64_t>(bundle.outputs.size()), count);
  }
  return Error(ErrorCode::kInternal, "an engine kind without an engine");
}

}  // namespace

Result<void> checkShapes(const feature::FeatureSpec& features, const feature::Tensors& input) {
  const auto scalars = static_cast<int64_t>(features.scalars.size());
  const auto size = [](const auto& values) { return static_cast<int64_t>(values.size()); };
  if (size(input.scalars) != input.rows * scalars) {
    return wrongShape("scalars", size(input.scalars), input.rows * scalars);
  }
  if (input.groups.size() != features.groups.size()) {
    return wrongShape("the list of groups", size(input.groups), size(features.groups));
  }
  for (size_t g = 0; g < features.groups.size(); ++g) {
    const auto& group = features.groups[g];
    const int64_t expected = input.rows * group.length * size(group.columns);
    if (size(input.groups[g].values) != expected) {
      return wrongShape(group.name, size(input.groups[g].values), expected);
    }
    if (size(input.groups[g].count) != input.rows) {
      return wrongShape(group.name + "_count", size(input.groups[g].count), input.rows);
    }
  }
  return {};
}

Result<std::vector<std::vector<std::unique_ptr<Engine>>>> makeMemberEngines(const model::Bundle& bundle, size_t count) {
  std::vector<std::vector<std::unique_ptr<Engine>>> members;
  for (const auto& name : bundle.members.empty() ? std::vector{bundle.modelFile} : bundle.members) {
    const std::string file = (std::filesystem::path(bundle.directory) / name).string();
    auto engines = makeByKind(bundle, file, count);
    if (!engines.ok()) return std::move(engines).error().within(file);
    members.push_back(*std::move(engines));
  }
  return members;
}

Result<std::vector<std::unique_ptr<Engine>>> makeEngines(const model::Bundle& bundle, size_t count) {
  MLAAS_TRY(auto members, makeMemberEngines(bundle, count));
  std::vector<std::unique_ptr<Engine>> engines;
  for (size_t i = 0; i < count; ++i) {
    std::vector<std::unique_ptr<Engine>> ofAll;
    for (auto& member : members) ofAll.push_back(std::move(member[i]));
    auto engine = ofAll.size() == 1 ? std::move(ofAll.front()) : std::make_unique<MeanEngine>(std::move(ofAll));
    if (bundle.calibration) engine = std::make_unique<CalibratedEngine>(std::move(engine), *bundle.calibration);
    engines.push_back(std::move(engine));
  }
  return engines;
}

Result<std::unique_ptr<Engine>> makeEngine(const model::Bundle& bundle) {
  MLAAS_TRY(auto engines, makeEngines(bundle, 1));
  return std::move(engines.front());
}

}  // namespace mlaas::infer
