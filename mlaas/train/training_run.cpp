#include "mlaas/train/training_run.h"

#include <chrono>

#include "mlaas/base/log.h"
#include "mlaas/base/nearest_name.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/dataset.h"
#include "mlaas/model/bundle.h"
#include "mlaas/train/evaluation.h"
#include "mlaas/train/report/report.h"

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

// Both kinds of model tell classes apart.
Result<void> checkTargets(const dataset::Workflow& workflow) {
  if (workflow.dataset.targets.empty()) return {};
  return Error(ErrorCode::kInvalidArgument,
               (workflow.model.where.empty() ? "" : workflow.model.where + ": ") + "model.kind: '" +
                   workflow.model.kind + "' tells classes apart and cannot predict dataset.targets; leave them out");
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

model::Bundle bundleOf(const dataset::Workflow& workflow, const dataset::Dataset& data, const Made& made,
                       const Json& versions) {
  const TrainedModel& trained = *made.outcome.model;
  model::Bundle bundle;
  bundle.name = workflow.name;
  bundle.engine = trained.engine();
  bundle.modelFile = trained.fileName();
  bundle.features = data.features();
  bundle.identity = workflow.dataset.identity;
  bundle.labels = made.evaluation.classes.names;
  bundle.outputs = made.evaluation.classes.outputNames();
  bundle.provenance["workflow"] = Json::parse(workflow.text);
  bundle.provenance["samples"] = samplesJson(made.statistics);
  bundle.provenance["model"] = trained.description();
  bundle.provenance["kept"] = {{made.outcome.history.unit, made.outcome.history.bestEpoch}};
  if (const auto damage = data.damage(); damage.numEntries > 0) {
    bundle.provenance["left_out"] = {{"entries", damage.numEntries}, {"failures", damage.messages}};
  }
  bundle.provenance["versions"] = versions;
  bundle.description = trained.description()["kind"].get<std::string>() + " to tell apart";
  for (size_t i = 0; i < bundle.labels.size(); ++i) bundle.description += (i == 0 ? " " : ", ") + bundle.labels[i];
  return bundle;
}

Result<void> writeBundle(model::BundleWriter& writer, const dataset::Workflow& workflow, const dataset::Dataset& data,
                         const Made& made, const std::string& version) {
  const Json versions = {{"mlaas4hep", version}, {"library", made.outcome.model->description()["library"]}};
  MLAAS_TRY(const std::string model, made.outcome.model->serialise());
  MLAAS_CHECK(writer.addFile(made.outcome.model->fileName(), model));
  MLAAS_CHECK(writer.addFile("metrics.json", metricsJson(made.evaluation, made.outcome.history).dump(1) + "\n"));
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
  MLAAS_CHECK(writer.addFile("report.html", renderReport(report)));
  return writer.commit(bundleOf(workflow, data, made, versions));
}

void summarise(const Made& made, RunSummary& summary) {
  for (const auto& sample : made.statistics.samples) summary.entriesRead += sample.numEntries;
  const TrainingHistory& history = made.outcome.history;
  summary.eventsTrained = history.eventsTrained;
  summary.trainSeconds = history.trainSeconds;
  summary.bestEpoch = history.bestEpoch;
  summary.epochs = static_cast<int64_t>(history.epochs.size());
  summary.unit = history.unit;
  summary.classes = made.evaluation.classes.names;
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
    for (const auto& value : values) list.push_back(value ? Json(*value) : Json(nullptr));
    return list.size() == 1 ? list.front() : list;
  };
  Json json;
  json["name"] = name;
  json["kind"] = kind;
  json["bundle"] = bundle;
  json["report"] = bundle + "/report.html";
  json["classes"] = classes;
  json["auc"] = listOf(auc);
  json["auc_error"] = listOf(aucError);
  json["best_" + unit] = bestEpoch;
  json[unit + "s"] = epochs;
  json["events_read"] = entriesRead;
  json["read_events_per_second"] = rate(entriesRead, readSeconds);
  if (damage.numEntries > 0) json["entries_left_out"] = damage.numEntries;
  json["events_trained"] = eventsTrained;
  json["train_events_per_second"] = rate(eventsTrained, trainSeconds);
  json["seconds"] = {
      {"read", readSeconds}, {"train", trainingStageSeconds}, {"evaluate", evaluationSeconds}, {"write", writeSeconds}};
  return json;
}

Result<std::unique_ptr<Trainer>> makeTrainer(const dataset::Workflow& workflow, const TrainerFactories& factories) {
  MLAAS_TRY(const TrainerFactory factory, factoryOf(workflow, factories));
  MLAAS_CHECK(checkTargets(workflow));
  MLAAS_CHECK(checkLengths(workflow));
  MLAAS_TRY(const ClassTable classes, makeClassTable(workflow.dataset.samples, workflow.dataset.classes));
  return factory(workflow, classes);
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
  MLAAS_TRY(const ClassTable classes, makeClassTable(workflow.dataset.samples, workflow.dataset.classes));
  MLAAS_TRY(const auto trainer, makeTrainer(workflow, options.factories));

  Stopwatch watch;
  TaskPool pool(options.readerThreads);
  MLAAS_TRY(const auto data, dataset::Dataset::open(workflow.dataset, pool, options.stop));
  Made made;
  MLAAS_TRY(const auto needs, trainer->statisticsNeeded(data->features()));
  MLAAS_TRY(made.statistics, data->statistics(needs));
  warnOfDuplicates(made.statistics);
  summary.readSeconds = watch.lap();
  // Before the long work, so that a folder that cannot be written is known now.
  MLAAS_TRY(auto writer, model::BundleWriter::begin(summary.bundle));

  const TrainingInput input{data.get(), &made.statistics, &classes, options.progress, options.stop};
  MLAAS_TRY(made.outcome, trainer->train(input));
  summary.trainingStageSeconds = watch.lap();
  MLAAS_TRY(made.evaluation, evaluate(*made.outcome.model, input));
  summary.evaluationSeconds = watch.lap();
  summary.damage = data->damage();
  if (options.stop.stop_requested()) return cancelledTraining();
  MLAAS_CHECK(writeBundle(writer, workflow, *data, made, options.version));
  summary.writeSeconds = watch.lap();
  summarise(made, summary);
  return summary;
}

}  // namespace mlaas::train
