#include "mlaas/train/trainer.h"

#include <cmath>
#include <limits>

namespace mlaas::train {

int64_t TrainingInput::eventsIn(dataset::Part part) const {
  int64_t events = 0;
  for (const auto& sample : statistics->samples) events += sample.selected.at(static_cast<size_t>(part));
  return events;
}

int64_t TrainingInput::eventsInMixedEpoch() const { return std::llround(statistics->rowsOfMixedEpoch()); }

Result<std::vector<ModelFile>> TrainedModel::calibratedForms(const model::ScoreCalibration& calibration) const {
  MLAAS_TRY(std::vector<ModelFile> forms, otherForms());
  for (ModelFile& form : forms) {
    if (!form.name.ends_with(".onnx")) continue;
    MLAAS_TRY(form.contents, model::appendCalibration(form.contents, calibration));
  }
  return forms;
}

nlohmann::ordered_json historyState(const TrainingHistory& history) {
  auto epochs = nlohmann::ordered_json::array();
  for (const EpochRecord& record : history.epochs) {
    nlohmann::ordered_json one = {{"epoch", record.epoch}, {"train", record.trainLoss}};
    if (record.validationLoss) one["validation"] = *record.validationLoss;
    if (record.validationAuc) one["auc"] = *record.validationAuc;
    epochs.push_back(std::move(one));
  }
  return {{"unit", history.unit},
          {"loss", history.lossName},
          {"best", history.bestEpoch},
          {"stopped_early", history.stoppedEarly},
          {"events", history.eventsTrained},
          {"seconds", history.trainSeconds},
          {"epochs", std::move(epochs)}};
}

TrainingHistory restoreHistory(const nlohmann::ordered_json& state) {
  // JSON writes NaN as null.
  const auto number = [](const nlohmann::ordered_json& json) {
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
  };
  TrainingHistory history;
  history.unit = state.at("unit").get<std::string>();
  history.lossName = state.at("loss").get<std::string>();
  history.bestEpoch = state.at("best").get<int64_t>();
  history.stoppedEarly = state.at("stopped_early").get<bool>();
  history.eventsTrained = state.at("events").get<int64_t>();
  history.trainSeconds = state.at("seconds").get<double>();
  for (const auto& one : state.at("epochs")) {
    EpochRecord record;
    record.epoch = one.at("epoch").get<int64_t>();
    record.trainLoss = number(one.at("train"));
    if (one.contains("validation")) record.validationLoss = number(one["validation"]);
    if (one.contains("auc")) record.validationAuc = number(one["auc"]);
    history.epochs.push_back(record);
  }
  return history;
}

Error cancelledTraining() { return {ErrorCode::kCancelled, "the training was stopped"}; }

}  // namespace mlaas::train
