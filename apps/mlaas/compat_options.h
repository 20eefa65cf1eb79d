// The options of MLaaS4HEP's command line, which `mlaas convert` and `mlaas train` take.
#pragma once

#include <CLI/CLI.hpp>

#include "mlaas/base/error.h"
#include "mlaas/dataset/compat/compat_conversion.h"

namespace mlaas::command {

struct CompatOptions {
  dataset::CompatCommand command;
  std::string specsFolder;  // where specs files are written; empty: nowhere
};

// Adds --files, --labels, --params, --preproc, --specs, --model, --dtype, --fout, --name and --write-specs; all but the
// first need --files.
CLI::Option* declareCompat(CLI::App& command, CompatOptions& options);

// Converts, says what differs, and writes the specs files that are asked for. params.json of the working directory is
// taken where no other is named, as MLaaS4HEP does.
Result<dataset::CompatConversion> runConversion(CompatOptions options, size_t threads, const std::stop_token& stop);

// A file that is whole or absent.
Result<void> writeTextFile(const std::string& path, const std::string& text);

}  // namespace mlaas::command
