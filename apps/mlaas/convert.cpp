// mlaas convert: the files of MLaaS4HEP as a workflow.
#include "apps/mlaas/commands.h"
#include "apps/mlaas/compat_options.h"

namespace mlaas::command {

namespace {

struct ConvertOptions {
  CompatOptions compat;
  std::string output;
  size_t threads = 0;
};

Result<int> convert(const ConvertOptions& options, const Environment& environment) {
  MLAAS_TRY(const auto conversion, runConversion(options.compat, options.threads, environment.stop));
  if (options.output.empty()) {
    environment.output.print(conversion.text());
  } else {
    MLAAS_CHECK(writeTextFile(options.output, conversion.text()));
  }
  return 0;
}

void declare(CLI::App& command, ConvertOptions& options) {
  declareCompat(command, options.compat)->required();
  command.add_option("--out,-o", options.output, "The workflow file to write (default: standard output)")
      ->type_name("FILE");
  command.add_option("--threads", options.threads, "Threads that read and decode (default: one a core)")
      ->check(CLI::Range(size_t{1}, size_t{1024}));
}

}  // namespace

void addConvert(CLI::App& app, Action& chosen) {
  addCommand<ConvertOptions>(app, chosen, "convert", "Write the workflow that does what MLaaS4HEP's files say", declare,
                             convert);
}

}  // namespace mlaas::command
