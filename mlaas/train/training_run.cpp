#include "mlaas/train/training_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>

#include "mlaas/base/log.h"
#include "mlaas/base/nearest_name.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/dataset.h"
#include "mlaas/model/bundle.h"
#include "mlaas/train/bundle_check.h"
#include "mlaas/train/calibrated_model.h"
#include "mlaas/train/checkpoint.h"
#include "mlaas/train/ensemble.h"
#include "mlaas/train/evaluation.h"
#include "mlaas/train/event_sample.h"
#include "mlaas/train/json_number.h"
#include "mlaas/train/progress_log.h"
#include "mlaas/train/report/report.h"
#include "mlaas/train/training_plan.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

// Seconds since it was made or last asked.
class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(start_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Result<TrainerFactory> factoryOf(const dataset::Workflow& workflow, const TrainerFactories& factories) {
  const auto found = factories.find(workflow.model.kind);
  if (found != factories.end()) return found->second;
  std::vector<std::string> kinds;
  for (const auto& [kind, factory] : factories) kinds.push_back(kind);
  return Error(ErrorCode::kInvalidArgument, (workflow.model.where.empty() ? "" : workflow.model.where + ": ") +
                                                "model.kind: unknown kind '" + workflow.model.kind + "'" +
                                                suggestNames(workflow.model.kind, kinds));
}

// All kinds of model take inputs of one size.
Result<void> checkLengths(const dataset::Workflow& workflow) {
  for (const auto& group : workflow.dataset.features.groups) {
    if (!group.isRagged()) continue;
    return Error(ErrorCode::kInvalidArgument,
                 (workflow.model.where.empty() ? "" : workflow.model.where + ": ") + "model.kind: '" +
                     workflow.model.kind + "' takes lists of a stated length, but dataset.features." + group.name +
                     " has 'length: all'; give the number of elements to keep, as in 'length: 8'");
  }
  return {};
}

int64_t numDuplicates(const dataset::SampleStatistics& sample) {
  return sample.identity.is_null() ? 0 : sample.identity.value("duplicates", int64_t{0});
}

// An event that stands twice counts twice: a file listed under two names, or an identity that names no event.
void warnOfDuplicates(const dataset::Statistics& statistics) {
  for (const auto& sample : statistics.samples) {
    const int64_t duplicates = numDuplicates(sample);
    if (duplicates == 0) continue;
    const double fraction = sample.identity.value("fraction_looked_at", 1.0);
    log::warning("sample '" + sample.name + "': " + std::to_string(duplicates) + " of its " +
                 std::to_string(sample.identity.value("events", int64_t{0})) +
                 " selected events have the identity of an earlier one" +
                 (fraction < 1 ? " (of a fraction of " + std::to_string(fraction) + " that was looked at)" : "") +
                 " and count once more, first " + sample.identity["examples"].front().get<std::string>() +
                 "; list each event once, or give dataset.identity the columns that name one");
  }
}

Json samplesJson(const dataset::Statistics& statistics) {
  Json samples = Json::array();
  for (const auto& sample : statistics.samples) {
    samples.push_back({{"name", sample.name},
                       {"label", sample.label},
                       {"files", sample.files},
                       {"entries", sample.numEntries},
                       {"selected", sample.selected}});
    if (const int64_t duplicates = numDuplicates(sample); duplicates > 0) {
      samples.back()["duplicates"] = duplicates;
    }
    if (!sample.labelExpression.empty()) samples.back()["label"] = sample.labelExpression;
  }
  return samples;
}

// All that one training makes, before it is written.
struct Made {
  dataset::Statistics statistics;
  TrainingOutcome outcome;
  Evaluation evaluation;
};

// "model_0.onnx"
std::string memberFile(const std::string& name, size_t index) {
  const std::filesystem::path file = name;
  return file.stem().string() + "_" + std::to_string(index) + file.extension().string();
}

// The files of one model; of one of several with its number.
Result<void> writeModel(model::BundleWriter& writer, const TrainedModel& model, std::optional<size_t> index) {
  MLAAS_TRY(std::vector<ModelFile> files, model.otherForms());
  MLAAS_TRY(std::string bytes, model.serialise());
  files.push_back({model.fileName(), std::move(bytes)});
  for (const ModelFile& file : files) {
    MLAAS_CHECK(writer.addFile(index ? memberFile(file.name, *index) : file.name, file.contents));
  }
  return {};
}

Result<void> writeModels(model::BundleWriter& writer, const TrainedModel& model) {
  const auto members = model.members();
  if (members.empty()) return writeModel(writer, model, std::nullopt);
  for (size_t i = 0; i < members.size(); ++i) MLAAS_CHECK(writeModel(writer, *members[i], i));
  return {};
}

// How the training of one of several models went.
Json memberJson(const TrainingHistory& history) {
  Json json = {{"best_" + history.unit, history.bestEpoch}, {history.unit + "s", history.epochs.size()}};
  if (history.bestEpoch == 0) return json;
  const EpochRecord& best = history.epochs.at(static_cast<size_t>(history.bestEpoch - 1));
  if (best.validationLoss) json["validation_loss"] = *best.validationLoss;
  if (best.validationAuc) json["validation_auc"] = *best.validationAuc;
  return json;
}

std::string describe(const std::string& kind, const ClassTable& classes) {
  std::string text = kind + (classes.predictsTargets() ? " to predict" : " to tell apart");
  const auto& names = classes.predictsTargets() ? classes.targets : classes.names;
  for (size_t i = 0; i < names.size(); ++i) text += (i == 0 ? " " : ", ") + names[i];
  return text;
}

// The types in the files of the columns that the bundle's features, selection and identity are made of.
Result<Json> columnsJson(const model::Bundle& bundle, const std::vector<table::NamedType>& columns) {
  MLAAS_TRY(const auto used, feature::columnNames(bundle.features, bundle.identity));
  Json json = Json::object();
  for (const auto& [name, type] : columns) {
    if (std::ranges::find(used, name) != used.end()) json[name] = type.name();
  }
  return json;
}

Result<model::Bundle> bundleOf(const dataset::Workflow& workflow, const dataset::Dataset& data, const Made& made,
                               const Json& versions) {
  const TrainedModel& trained = *made.outcome.model;
  model::Bundle bundle;
  bundle.name = workflow.name;
  bundle.engine = trained.engine();
  bundle.modelFile = trained.fileName();
  for (size_t i = 0; i < trained.members().size(); ++i) bundle.members.push_back(memberFile(trained.fileName(), i));
  // Truth that only weights, labels or targets are made of need not be there when the model is used.
  MLAAS_TRY(bundle.features, feature::withoutUnusedDefines(data.features()));
  bundle.identity = workflow.dataset.identity;
  if (!made.outcome.memberMetrics.empty()) bundle.folds = model::Folds{workflow.dataset.split.seed};
  const ClassTable& classes = made.evaluation.classes;
  bundle.labels = classes.predictsTargets() ? classes.targets : classes.names;
  bundle.outputs = classes.outputNames();
  if (bundle.engine == model::EngineKind::kTrees || !bundle.members.empty()) {
    bundle.calibration = made.evaluation.calibration;
  }
  bundle.provenance["workflow"] = Json::parse(workflow.text);
  bundle.provenance["samples"] = samplesJson(made.statistics);
  MLAAS_TRY(bundle.provenance["columns"], columnsJson(bundle, data.columns()));
  bundle.provenance["model"] = trained.description();
  bundle.provenance["kept"] = {{made.outcome.history.unit, made.outcome.history.bestEpoch}};
  if (const auto damage = data.damage(); damage.numEntries > 0) {
    bundle.provenance["left_out"] = {{"entries", damage.numEntries}, {"failures", damage.messages}};
  }
  if (made.outcome.history.interrupted) {
    bundle.provenance["interrupted"] = {
        {made.outcome.history.unit + "s", static_cast<int64_t>(made.outcome.history.epochs.size())}};
  }
  bundle.provenance["versions"] = versions;
  bundle.description = describe(trained.description()["kind"].get<std::string>(), classes);
  return bundle;
}

// The models that lie in `folder`, seen as a reader of the bundle sees them, against those of the training.
Result<BundleCheck> checkWritten(model::Bundle bundle, const std::string& folder, const Made& made,
                                 dataset::Dataset& data, const RunOptions& options) {
  constexpr int64_t kMostEvents = 4096;
  bundle.directory = folder;
  // The same events whatever the seeds of the training are.
  MLAAS_TRY(const EventSample sample, sampleEvents(data, dataset::Part::kTest, kMostEvents, 1, {}));
  MLAAS_TRY(BundleCheck check, checkBundle(options.loader, bundle, *made.outcome.model, sample,
                                           made.evaluation.classes.predictsTargets()));
  check.part = "test";
  return check;
}

Result<void> writeBundle(model::BundleWriter& writer, const dataset::Workflow& workflow, dataset::Dataset& data,
                         const Made& made, const RunOptions& options) {
  const Json versions = {{"mlaas4hep", options.version}, {"library", made.outcome.model->description()["library"]}};
  MLAAS_CHECK(writeModels(writer, *made.outcome.model));
  MLAAS_TRY(auto bundle, bundleOf(workflow, data, made, versions));
  if (options.loader) {
    MLAAS_TRY(const BundleCheck check, checkWritten(bundle, writer.path(), made, data, options));
    bundle.provenance["check"] = check.toJson();
  }
  Json metrics = metricsJson(made.evaluation, made.outcome.history);
  for (const TrainingHistory& member : made.outcome.members) metrics["models"].push_back(memberJson(member));
  for (size_t fold = 0; fold < made.outcome.memberMetrics.size(); ++fold) {
    metrics["models"][fold]["test"] = made.outcome.memberMetrics[fold];
  }
  MLAAS_CHECK(writer.addFile("metrics.json", metrics.dump(1) + "\n"));
  MLAAS_CHECK(writer.addFile("statistics.json", made.statistics.toJson().dump(1) + "\n"));
  MLAAS_CHECK(writer.addFile("workflow.json", Json::parse(workflow.text).dump(2) + "\n"));
  ReportInput report;
  report.workflow = &workflow;
  report.statistics = &made.statistics;
  report.features = &data.features();
  report.history = &made.outcome.history;
  report.evaluation = &made.evaluation;
  report.model = made.outcome.model->description();
  report.versions = versions;
  report.models = metrics.value("models", Json());
  MLAAS_CHECK(writer.addFile("report.html", renderReport(report)));
  return writer.commit(std::move(bundle));
}

// Whether `folder` holds the bundle of a training that came to its end.
bool hasFinishedBundle(const std::string& folder) {
  std::ifstream file(std::filesystem::path(folder) / "bundle.json");
  if (!file) return false;
  const auto json = Json::parse(file, nullptr, false);
  return !json.is_object() || !json.contains("provenance") || !json["provenance"].contains("interrupted");
}

// Reading goes on while a model that was asked to stop training is judged; before and after training it stops too.
class ReadingStop {
 public:
  explicit ReadingStop(const std::stop_token& stop)
      : stop_(stop), callback_(stop, [this] {
          if (!isTraining_) source_.request_stop();
        }) {}
  std::stop_token token() const { return source_.get_token(); }
  void beginTraining() { isTraining_ = true; }
  // A stop that came too late for the training counts for what follows.
  void endTraining(bool interrupted) {
    isTraining_ = false;
    if (!interrupted && stop_.stop_requested()) source_.request_stop();
  }

 private:
  std::stop_token stop_;
  std::stop_source source_;
  std::atomic<bool> isTraining_ = false;
  std::stop_callback<std::function<void()>> callback_;
};

std::string checkpointFolder(const std::string& output) {
  std::string folder = output;
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder + ".checkpoint";
}

// Makes the checkpoints of a run; what is asked to be gone on from must belong to it.
Result<Checkpoints> openCheckpoints(const RunSummary& summary, const TrainingPlan& plan, const RunOptions& options,
                                    Json key) {
  Checkpoints checkpoints(checkpointFolder(summary.bundle), std::move(key), plan.checkpoint);
  if (!options.resume) {
    if (checkpoints.exists()) {
      log::warning(checkpoints.folder() + ": an earlier training did not come to its end; it is begun anew, since " +
                   "there is no --resume");
    }
    MLAAS_CHECK(checkpoints.discard());
    return checkpoints;
  }
  MLAAS_CHECK(checkpoints.resume());
  if (checkpoints.exists()) {
    log::info("going on from " + checkpoints.folder());
  } else {
    log::info("no checkpoint in " + checkpoints.folder() + ": training begins anew");
  }
  return checkpoints;
}

// A training that ends without a state has nothing to go on from: its folder goes.
class EmptyFolderRemoval {
 public:
  explicit EmptyFolderRemoval(const Checkpoints& checkpoints) : checkpoints_(checkpoints) {}
  ~EmptyFolderRemoval() {
    if (checkpoints_.exists()) return;
    if (const auto removed = checkpoints_.discard(); !removed.ok()) log::warning(removed.error().what());
  }
  EmptyFolderRemoval(const EmptyFolderRemoval&) = delete;
  EmptyFolderRemoval& operator=(const EmptyFolderRemoval&) = delete;

 private:
  const Checkpoints& checkpoints_;
};

void summarise(const Made& made, RunSummary& summary) {
  for (const auto& sample : made.statistics.samples) summary.entriesRead += sample.numEntries;
  const TrainingHistory& history = made.outcome.history;
  summary.eventsTrained = history.eventsTrained;
  summary.trainSeconds = history.trainSeconds;
  summary.bestEpoch = history.bestEpoch;
  summary.epochs = static_cast<int64_t>(history.epochs.size());
  summary.unit = history.unit;
  summary.classes = made.evaluation.classes.names;
  for (const auto& target : made.evaluation.targets) {
    const RegressionQuality& test = target.parts.at(static_cast<size_t>(dataset::Part::kTest));
    summary.targets.push_back({target.name, test.all.rmse, test.all.bias, test.all.resolution, test.r2});
  }
  for (const auto& roc : made.evaluation.of(dataset::Part::kTest).rocs) {
    summary.auc.push_back(roc ? std::optional(roc->auc) : std::nullopt);
    summary.aucError.push_back(roc ? std::optional(roc->aucError) : std::nullopt);
  }
}

double rate(int64_t events, double seconds) { return seconds > 0 ? static_cast<double>(events) / seconds : 0; }

}  // namespace

Json RunSummary::toJson() const {
  const auto listOf = [](const std::vector<std::optional<double>>& values) -> Json {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(jsonNumber(value));
    return list.size() == 1 ? list.front() : list;
  };
  Json json;
  json["name"] = name;
  json["kind"] = kind;
  json["bundle"] = bundle;
  json["report"] = bundle + "/report.html";
  if (targets.empty()) {
    json["classes"] = classes;
    json["auc"] = listOf(auc);
    json["auc_error"] = listOf(aucError);
  }
  for (const auto& target : targets) {
    json["targets"][target.name] = {{"rmse", jsonNumber(target.rmse)},
                                    {"bias", jsonNumber(target.bias)},
                                    {"resolution", jsonNumber(target.resolution)},
                                    {"r2", jsonNumber(target.r2)}};
  }
  json["best_" + unit] = bestEpoch;
  json[unit + "s"] = epochs;
  json["events_read"] = entriesRead;
  json["read_events_per_second"] = rate(entriesRead, readSeconds);
  if (damage.numEntries > 0) json["entries_left_out"] = damage.numEntries;
  if (interrupted) json["interrupted"] = true;
  if (!written) json["written"] = false;
  json["events_trained"] = eventsTrained;
  json["train_events_per_second"] = rate(eventsTrained, trainSeconds);
  json["seconds"] = {
      {"read", readSeconds}, {"train", trainingStageSeconds}, {"evaluate", evaluationSeconds}, {"write", writeSeconds}};
  return json;
}

Result<std::unique_ptr<Trainer>> makeTrainer(const dataset::Workflow& workflow, const TrainerFactories& factories) {
  MLAAS_TRY(const TrainerFactory factory, factoryOf(workflow, factories));
  MLAAS_CHECK(checkLengths(workflow));
  MLAAS_TRY(const ClassTable classes, makeClassTable(workflow.dataset));
  MLAAS_CHECK(readEvaluationOptions(workflow, classes));
  MLAAS_TRY(const TrainingPlan plan, planTraining(workflow));
  return factory(plan.workflow, classes);
}

Result<RunSummary> runTraining(const dataset::Workflow& workflow, const RunOptions& options) {
  RunSummary summary;
  summary.name = workflow.name;
  summary.kind = workflow.model.kind;
  summary.bundle = options.output.empty() ? workflow.output : options.output;
  if (summary.bundle.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 workflow.file + ": no 'output' says where the bundle goes; add it or give --output DIR");
  }
  MLAAS_TRY(const ClassTable classes, makeClassTable(workflow.dataset));
  MLAAS_TRY(const auto trainer, makeTrainer(workflow, options.factories));
  MLAAS_TRY(const TrainingPlan plan, planTraining(workflow));
  MLAAS_TRY(const EvaluationOptions judging, readEvaluationOptions(workflow, classes));
  if (plan.folds > 0 && !judging.compare.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 workflow.where("training.folds") +
                     ": training.folds: 'compare' trains its methods on one split; leave either out");
  }

  Stopwatch watch;
  TaskPool pool(options.readerThreads);
  ReadingStop reading(options.stop);
  std::unique_ptr<dataset::Dataset> data;
  FoldData* folds = nullptr;
  if (plan.folds > 0) {
    MLAAS_TRY(auto opened, FoldData::open(foldConfigs(plan), pool, reading.token()));
    folds = opened.get();
    data = std::move(opened);
  } else {
    MLAAS_TRY(data, dataset::Dataset::open(workflow.dataset, pool, reading.token()));
  }
  MLAAS_CHECK(checkVariables(judging, data->features()));
  Made made;
  MLAAS_TRY(const auto needs, trainer->statisticsNeeded(data->features()));
  MLAAS_TRY(made.statistics, data->statistics(needs));
  warnOfDuplicates(made.statistics);
  summary.readSeconds = watch.lap();
  if (made.statistics.numSelected(dataset::Part::kTest) == 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "the test part has no event to judge the model by; raise dataset.split.test");
  }
  // Before the long work, so that a folder that cannot be written is known now.
  MLAAS_TRY(auto writer, model::BundleWriter::begin(summary.bundle));

  const Json key = {{"workflow", trainingKey(workflow)},
                    {"data", digestOf(made.statistics.toJson().dump())},
                    {"versions", {{"mlaas4hep", options.version}, {"library", trainer->library()}}}};
  MLAAS_TRY(Checkpoints checkpoints, openCheckpoints(summary, plan, options, key));
  const EmptyFolderRemoval removal(checkpoints);
  std::unique_ptr<ProgressLog> progress;
  if (plan.checkpoint.enabled || !options.log.empty()) {
    const auto path = options.log.empty() ? checkpoints.folder() + "/progress.jsonl" : options.log;
    MLAAS_TRY(progress, ProgressLog::open(path, options.progress));
  }
  TrainingInput input{data.get(),   &made.statistics,
                      &classes,     progress ? progress.get() : options.progress,
                      options.stop, plan.checkpoint.enabled ? &checkpoints : nullptr};
  input.scratch = writer.path();
  input.resumes = options.resume;
  reading.beginTraining();
  if (folds != nullptr) {
    MLAAS_TRY(made.outcome, trainFolds(*trainer, *folds, input, key));
  } else if (plan.ensemble > 1) {
    MLAAS_TRY(const TrainerFactory factory, factoryOf(workflow, options.factories));
    MLAAS_TRY(made.outcome, trainEnsemble(plan, factory, input, key));
  } else {
    MLAAS_TRY(made.outcome, trainer->train(input));
  }
  summary.interrupted = made.outcome.history.interrupted;
  reading.endTraining(summary.interrupted);
  summary.trainingStageSeconds = watch.lap();
  input.stop = reading.token();
  MLAAS_TRY(const auto calibration, calibrateModel(made.outcome.model, input, judging.calibration));
  MLAAS_TRY(made.evaluation, evaluate(*made.outcome.model, input, judging));
  made.evaluation.calibration = calibration;
  summary.evaluationSeconds = watch.lap();
  summary.damage = data->damage();
  if (input.stop.stop_requested()) return cancelledTraining();
  summary.written = !summary.interrupted || !hasFinishedBundle(summary.bundle);
  if (summary.written) MLAAS_CHECK(writeBundle(writer, workflow, *data, made, options));
  if (!summary.interrupted) MLAAS_CHECK(checkpoints.discard());
  summary.writeSeconds = watch.lap();
  summarise(made, summary);
  return summary;
}

}  // namespace mlaas::train
