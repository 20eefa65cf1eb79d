#include "mlaas/train/evaluation_options.h"

#include <algorithm>

#include "mlaas/base/nearest_name.h"
#include "mlaas/train/option_reader.h"

namespace mlaas::train {

namespace {

const std::vector<std::string> kMethods = {"cut", "cuts", "fisher", "likelihood"};

void readEfficiency(OptionReader& reader, EfficiencyOptions& efficiency) {
  OptionReader& section = reader.section("efficiency");
  efficiency.bins = section.integer("bins", efficiency.bins, 2, 1000);
  efficiency.cut = section.number("cut", efficiency.cut, 0, 1);
  const auto variables = section.value("variables");
  if (variables.is_null()) return;
  for (const auto& name : variables.is_array() ? variables : nlohmann::ordered_json::array({variables})) {
    if (!name.is_string()) {
      section.reject("variables", "expected a list of feature names, found " + variables.dump());
      return;
    }
    efficiency.variables.push_back(name.get<std::string>());
  }
}

CalibrationKind readCalibration(OptionReader& reader, const ClassTable& classes) {
  const auto name = reader.choice("calibration", "none", {"none", "platt", "isotonic"});
  if (name == "none") return CalibrationKind::kNone;
  if (!classes.isBinary()) reader.reject("calibration", name + " is for two classes; use none");
  return name == "platt" ? CalibrationKind::kPlatt : CalibrationKind::kIsotonic;
}

Result<void> readCompare(const dataset::Workflow& workflow, const ClassTable& classes, EvaluationOptions& options) {
  if (workflow.compare.is_null()) return {};
  const auto wrong = [&](const std::string& what) {
    return Error(ErrorCode::kInvalidArgument, workflow.where("compare") + ": compare: " + what);
  };
  const auto list = workflow.compare.is_array() ? workflow.compare : nlohmann::ordered_json::array({workflow.compare});
  for (const auto& entry : list) {
    const std::string name = entry.is_string() ? entry.get<std::string>() : entry.dump();
    if (std::find(kMethods.begin(), kMethods.end(), name) == kMethods.end()) {
      return wrong("unknown method '" + name + "'" + suggestNames(name, kMethods));
    }
    if (std::find(options.compare.begin(), options.compare.end(), name) != options.compare.end()) {
      return wrong("'" + name + "' stands twice");
    }
    options.compare.push_back(name);
  }
  if (!options.compare.empty() && !classes.isBinary()) {
    return wrong("the traditional methods tell two classes apart, here are " + std::to_string(classes.numClasses()));
  }
  return {};
}

}  // namespace

Result<EvaluationOptions> readEvaluationOptions(const dataset::Workflow& workflow, const ClassTable& classes) {
  EvaluationOptions options;
  if (classes.predictsTargets()) {
    for (const auto& [key, value] :
         {std::pair("evaluation", workflow.evaluation), std::pair("compare", workflow.compare)}) {
      if (value.is_null() || value.empty()) continue;
      return Error(ErrorCode::kInvalidArgument, workflow.where(key) + ": " + key +
                                                    ": its options are for classes, but dataset.targets are predicted; "
                                                    "leave it out");
    }
    return options;
  }
  OptionReader reader(workflow.evaluation, workflow.where("evaluation"), "evaluation");
  options.backgroundUncertainty = reader.number("background_uncertainty", 0, 0, 100);
  options.bootstrap = reader.integer("bootstrap", options.bootstrap, 0, 100000);
  options.events = reader.integer("events", options.events, 100, 100000000);
  options.calibrationBins = reader.integer("calibration_bins", options.calibrationBins, 2, 1000);
  options.calibration = readCalibration(reader, classes);
  options.compareEvents = reader.integer("compare_events", options.compareEvents, 100, 100000000);
  options.seed = static_cast<uint64_t>(reader.integer("seed", 1, 0, INT64_MAX));
  if (reader.isFalse("importance")) {
    options.importance.reset();
  } else {
    OptionReader& importance = reader.section("importance");
    options.importance->events = importance.integer("events", options.importance->events, 100, 100000000);
    options.importance->repeats = importance.integer("repeats", options.importance->repeats, 1, 1000);
  }
  readEfficiency(reader, options.efficiency);
  options.efficiency.where = workflow.where("evaluation.efficiency.variables");
  MLAAS_CHECK(reader.finish());
  MLAAS_CHECK(readCompare(workflow, classes, options));
  return options;
}

}  // namespace mlaas::train
