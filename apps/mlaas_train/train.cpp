// mlaas train: trains a model as a workflow file says.
#include <memory>
#include <string>
#include <vector>

#include "apps/mlaas/compat_options.h"
#include "apps/mlaas_train/commands.h"
#include "apps/mlaas_train/epoch_progress.h"
#include "apps/mlaas_train/summary_text.h"
#include "mlaas/base/log.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/infer/engine.h"
#include "mlaas/train/training_run.h"

namespace mlaas::command {

namespace {

struct TrainOptions {
  std::string workflow;
  std::vector<std::string> settings;
  CompatOptions compat;
  std::string output;
  std::string log;
  size_t threads = 0;
  bool resume = false;
  bool json = false;
};

// The engine that predicting and serving use.
Result<train::BundleScorer> loadBundle(const model::Bundle& bundle) {
  MLAAS_TRY(auto engine, infer::makeEngine(bundle));
  const std::shared_ptr<infer::Engine> shared = std::move(engine);
  return train::BundleScorer(
      [shared](const feature::Tensors& features, std::vector<float>& scores) { return shared->run(features, scores); });
}

// The workflow of the file, or that of MLaaS4HEP's command line.
Result<dataset::Workflow> findWorkflow(const TrainOptions& options, const Environment& environment) {
  if (options.compat.command.files.empty()) return dataset::readWorkflow(options.workflow, options.settings);
  MLAAS_TRY(const auto conversion, runConversion(options.compat, options.threads, environment.stop));
  return dataset::parseWorkflow(conversion.text(), "the converted workflow", options.settings);
}

Result<int> train(const TrainOptions& options, const Environment& environment) {
  if (options.workflow.empty() == options.compat.command.files.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 options.workflow.empty()
                     ? "expected a workflow file, or --files and --labels of MLaaS4HEP (see mlaas train --help)"
                     : "a workflow file names its files itself; leave --files out, or the workflow");
  }
  MLAAS_TRY(const auto workflow, findWorkflow(options, environment));
  EpochProgress progress(environment.quiet);
  train::RunOptions run;
  run.output = options.output;
  run.readerThreads = options.threads;
  run.version = MLAAS_VERSION;
  run.factories = trainerFactories();
  run.loader = loadBundle;
  run.progress = &progress;
  run.resume = options.resume;
  run.log = options.log;
  run.stop = environment.stop;
  MLAAS_TRY(const auto summary, train::runTraining(workflow, run));
  for (const std::string& message : summary.damage.messages) log::warning("left out: " + message);
  if (summary.damage.numEntries > 0) {
    log::warning(std::to_string(summary.damage.numEntries) + " entries could not be read and were left out");
  }
  environment.output.print(options.json ? summary.toJson().dump() + "\n" : summaryText(summary));
  if (!summary.interrupted) return 0;
  log::warning(summary.written
                   ? "the bundle has the best model so far; mlaas train --resume goes on from where training stopped"
                   : "no bundle was written, since " + summary.bundle +
                         " has one of a finished training; mlaas train --resume goes on from where this one stopped");
  return train::cancelledTraining();
}

}  // namespace

void declareTrain(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<TrainOptions>();
  app.add_option("workflow", options->workflow, "The workflow file (YAML or JSON)")->type_name("FILE");
  app.add_option("--set", options->settings, "Another value for one key of the workflow, as in --set training.epochs=5")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--output,-o", options->output, "Folder of the bundle, instead of the workflow's 'output'")
      ->type_name("DIR");
  app.add_option("--threads", options->threads, "Threads that read and decode (default: one a core)")
      ->check(CLI::Range(size_t{1}, size_t{1024}));
  app.add_flag("--resume", options->resume, "Go on from the checkpoint of the same training, where there is one");
  app.add_option("--log", options->log, "Append a line of JSON for each epoch to this file")->type_name("FILE");
  declareCompat(app, options->compat);
  app.add_flag("--json", options->json, "Print the summary as one line of JSON");
  app.callback([options, &chosen] {
    chosen = [options](const Environment& environment) { return train(*options, environment); };
  });
}

}  // namespace mlaas::command
