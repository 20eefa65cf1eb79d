// mlaas check: what a workflow comes to in its real files, without training.
#include <map>
#include <string>
#include <vector>

#include "apps/mlaas_train/check_text.h"
#include "apps/mlaas_train/commands.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/workflow_check.h"
#include "mlaas/train/training_run.h"

namespace mlaas::command {

namespace {

using dataset::CheckDepth;

const std::map<std::string, CheckDepth>& depths() {
  static const std::map<std::string, CheckDepth> kDepths = {
      {"nothing", CheckDepth::kColumns}, {"weights", CheckDepth::kWeights}, {"features", CheckDepth::kFeatures}};
  return kDepths;
}

struct CheckOptions {
  std::string workflow;
  std::vector<std::string> settings;
  std::string read = "weights";
  size_t threads = 0;
  bool json = false;
};

Result<int> check(const CheckOptions& options, const Environment& environment) {
  MLAAS_TRY(const auto workflow, dataset::readWorkflow(options.workflow, options.settings));
  MLAAS_TRY(const auto trainer, train::makeTrainer(workflow, trainerFactories()));
  TaskPool pool(options.threads);
  MLAAS_TRY(const auto found,
            dataset::checkDataset(workflow.dataset, depths().at(options.read), pool, environment.stop));
  environment.output.print(options.json ? checkJson(workflow, found) : checkText(workflow, found));
  return 0;
}

}  // namespace

void declareCheck(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<CheckOptions>();
  app.add_option("workflow", options->workflow, "The workflow file (YAML or JSON)")->required()->type_name("FILE");
  app.add_option("--set", options->settings, "Another value for one key of the workflow, as in --set training.epochs=5")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--read", options->read,
                 "What is read of the events: weights (with selection and identity; the default), features, nothing")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"weights", "features", "nothing"}));
  app.add_option("--threads", options->threads, "Threads that read and decode (default: one a core)")
      ->check(CLI::Range(size_t{1}, size_t{1024}));
  app.add_flag("--json", options->json, "Print JSON, for programs");
  app.callback([options, &chosen] {
    chosen = [options](const Environment& environment) { return check(*options, environment); };
  });
}

}  // namespace mlaas::command
