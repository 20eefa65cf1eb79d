#include "mlaas/train/calibrated_model.h"

#include "mlaas/train/metrics/calibration_fit.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/scoring.h"

namespace mlaas::train {

namespace {

class CalibratedModel final : public TrainedModel {
 public:
  CalibratedModel(std::unique_ptr<TrainedModel> model, model::ScoreCalibration calibration)
      : model_(std::move(model)), calibration_(std::move(calibration)) {}

  Result<void> score(const feature::Tensors& features, std::vector<float>& scores) override {
    MLAAS_CHECK(model_->score(features, scores));
    calibration_.apply(scores);
    return {};
  }
  Result<std::optional<Contributions>> contributions(const feature::Tensors& features) override {
    return model_->contributions(features);
  }
  Result<void> scoreBatch(const dataset::Batch& batch, std::vector<float>& scores) override {
    MLAAS_CHECK(model_->scoreBatch(batch, scores));
    calibration_.apply(scores);
    return {};
  }
  model::EngineKind engine() const override { return model_->engine(); }
  std::string fileName() const override { return model_->fileName(); }
  Result<std::string> serialise() const override {
    if (engine() != model::EngineKind::kOnnx) return model_->serialise();
    MLAAS_TRY(const std::string graph, model_->serialise());
    return model::appendCalibration(graph, calibration_);
  }
  Result<std::vector<ModelFile>> otherForms() const override { return model_->calibratedForms(calibration_); }
  std::vector<const TrainedModel*> members() const override { return model_->members(); }
  const model::ScoreCalibration* calibration() const override { return &calibration_; }
  TrainedModel& uncalibrated() override { return *model_; }
  nlohmann::ordered_json description() const override {
    auto json = model_->description();
    json["calibration"] = calibration_.toJson()["kind"];
    return json;
  }

 private:
  std::unique_ptr<TrainedModel> model_;
  model::ScoreCalibration calibration_;
};

}  // namespace

Result<std::optional<model::ScoreCalibration>> calibrateModel(std::unique_ptr<TrainedModel>& model,
                                                              const TrainingInput& input, CalibrationKind kind) {
  if (kind == CalibrationKind::kNone) return std::optional<model::ScoreCalibration>();
  MLAAS_TRY(const ScoredEvents events,
            scorePart(*model, *input.data, dataset::Part::kValidation, input.classes->numOutputs(), input.stop));
  const ClassView view = viewOfClass(events, 1);
  MLAAS_TRY(auto calibration, kind == CalibrationKind::kPlatt ? fitPlatt(view.score, view.isSignal, events.weight)
                                                              : fitIsotonic(view.score, view.isSignal, events.weight));
  model = std::make_unique<CalibratedModel>(std::move(model), calibration);
  return std::optional(std::move(calibration));
}

}  // namespace mlaas::train
