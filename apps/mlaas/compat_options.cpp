#include "apps/mlaas/compat_options.h"

#include <filesystem>
#include <system_error>

#include "mlaas/base/log.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/io/output_file.h"

namespace mlaas::command {

namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultParameters = "params.json";

// specs-FILE.json of each file, and global-specs.json.
Result<void> writeSpecs(const fs::path& folder, const dataset::CompatConversion& conversion) {
  if (!conversion.specs) {
    return Error(ErrorCode::kInvalidArgument, "--write-specs writes what is found in the data; leave --specs out");
  }
  std::error_code failure;
  fs::create_directories(folder, failure);
  for (const auto& file : conversion.files) {
    MLAAS_CHECK(writeTextFile((folder / ("specs-" + file.name + ".json")).string(), file.specs.toJson().dump() + "\n"));
  }
  return writeTextFile((folder / "global-specs.json").string(), conversion.globalSpecs().dump() + "\n");
}

}  // namespace

Result<void> writeTextFile(const std::string& path, const std::string& text) {
  MLAAS_TRY(auto file, io::OutputFile::create(path));
  MLAAS_CHECK(file.write(text));
  return file.commit();
}

CLI::Option* declareCompat(CLI::App& command, CompatOptions& options) {
  auto& compat = options.command;
  auto* files =
      command.add_option("--files", compat.files, "MLaaS4HEP: files, separated by commas, or a file with one a line");
  auto* labels = command.add_option("--labels", compat.labels, "The label of each file, as --files lists them");
  files->needs(labels);
  const auto add = [&](const char* name, std::string& value, const char* description) {
    return command.add_option(name, value, description)->needs(files);
  };
  labels->needs(files);
  add("--params", compat.parameters, "params.json (default: the one in the working directory, if there is one)");
  add("--preproc", compat.preprocessing, "preproc.json");
  add("--specs", compat.specs, "A specs file, instead of reading the data for it");
  add("--model", compat.model, "mlp (default), trees, or a YAML file with the workflow's model");
  add("--dtype", compat.dataType, "root");
  add("--fout", compat.output, "Folder of the bundle")->type_name("DIR");
  add("--name", compat.name, "Name of the workflow and its model");
  add("--write-specs", options.specsFolder, "Write specs-FILE.json and global-specs.json here")->type_name("DIR");
  return files;
}

Result<dataset::CompatConversion> runConversion(CompatOptions options, size_t threads, const std::stop_token& stop) {
  std::error_code failure;
  if (options.command.parameters.empty() && fs::is_regular_file(kDefaultParameters, failure)) {
    options.command.parameters = kDefaultParameters;
    log::info("parameters are those of params.json in the working directory");
  }
  TaskPool pool(threads);
  MLAAS_TRY(auto conversion, dataset::convertCompat(options.command, pool, stop));
  for (const auto& note : conversion.notes) log::warning(note);
  if (!options.specsFolder.empty()) MLAAS_CHECK(writeSpecs(options.specsFolder, conversion));
  return conversion;
}

}  // namespace mlaas::command
