// mlaas: streams ROOT files into training and serves the result.
#include "apps/mlaas/commands.h"
#ifdef MLAAS_HAS_ARROW
#include "mlaas/table/arrow/arrow_formats.h"
#endif

int main(int argc, char** argv) {
  using namespace mlaas::command;
#ifdef MLAAS_HAS_ARROW
  mlaas::table::registerArrowFormats();
#endif
  static constexpr Subcommand kSubcommands[] = {
      addCheck, addConvert, addExport, addInspect, addPredict, addReport, addServe, addStats, addTrain, addVetModel,
  };
  return runProgram({.name = "mlaas",
                     .description = "Streams ROOT files into training and serves the result",
                     .subcommands = kSubcommands,
                     .options = nullptr},
                    argc, argv);
}
