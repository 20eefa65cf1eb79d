// mlaas vet-model: what `mlaas serve` starts to try a model that may bring down a process. Not for people.
#include <chrono>
#include <string>

#include "apps/mlaas/commands.h"
#include "mlaas/infer/model_vetting.h"

namespace mlaas::command {

namespace {

struct VetOptions {
  std::string model;
  int64_t milliseconds = infer::VettingLimits{}.time.count();
  int parent = 0;
  uint64_t memoryBytes = infer::VettingLimits{}.memoryBytes;
};

void declareOptions(CLI::App& app, VetOptions& options) {
  app.group("");  // not listed
  app.add_option("MODEL", options.model, "Model file or folder")->required();
  app.add_option("--milliseconds", options.milliseconds, "Most time")->check(CLI::Range(1, 86'400'000));
  app.add_option("--memory", options.memoryBytes, "Most bytes of address space");
  app.add_option("--parent", options.parent, "Process with which this one ends");
}

Result<int> runVet(const VetOptions& options, const Environment& environment) {
  const infer::VettingLimits limits{std::chrono::milliseconds(options.milliseconds), options.memoryBytes};
  environment.output.print(infer::vettingReport(infer::loadOnTrial(options.model, limits, options.parent)) + "\n");
  return 0;
}

}  // namespace

void addVetModel(CLI::App& app, Action& chosen) {
  addCommand<VetOptions>(app, chosen, "vet-model", "Load a model on trial", declareOptions, runVet);
}

}  // namespace mlaas::command
