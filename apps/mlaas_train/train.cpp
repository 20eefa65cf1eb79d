// mlaas train: trains a model as a workflow file says.
#include <string>
#include <vector>

#include "apps/mlaas_train/commands.h"
#include "apps/mlaas_train/epoch_progress.h"
#include "apps/mlaas_train/summary_text.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/training_run.h"

namespace mlaas::command {

namespace {

struct TrainOptions {
  std::string workflow;
  std::vector<std::string> settings;
  std::string output;
  size_t threads = 0;
  bool json = false;
};

Result<int> train(const TrainOptions& options, const Environment& environment) {
  MLAAS_TRY(const auto workflow, dataset::readWorkflow(options.workflow, options.settings));
  EpochProgress progress(environment.quiet);
  train::RunOptions run;
  run.output = options.output;
  run.readerThreads = options.threads;
  run.version = MLAAS_VERSION;
  run.factories = trainerFactories();
  run.progress = &progress;
  run.stop = environment.stop;
  MLAAS_TRY(const auto summary, train::runTraining(workflow, run));
  environment.output.print(options.json ? summary.toJson().dump() + "\n" : summaryText(summary));
  return 0;
}

}  // namespace

void declareTrain(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<TrainOptions>();
  app.add_option("workflow", options->workflow, "The workflow file (YAML or JSON)")->required()->type_name("FILE");
  app.add_option("--set", options->settings, "Another value for one key of the workflow, as in --set training.epochs=5")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--output,-o", options->output, "Folder of the bundle, instead of the workflow's 'output'")
      ->type_name("DIR");
  app.add_option("--threads", options->threads, "Threads that read and decode (default: one a core)")
      ->check(CLI::Range(size_t{1}, size_t{1024}));
  app.add_flag("--json", options->json, "Print the summary as one line of JSON");
  app.callback([options, &chosen] {
    chosen = [options](const Environment& environment) { return train(*options, environment); };
  });
}

}  // namespace mlaas::command
