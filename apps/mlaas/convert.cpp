// mlaas convert: the files of MLaaS4HEP as a workflow.
#include <filesystem>

#include "apps/mlaas/commands.h"
#include "mlaas/base/log.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/compat/compat_conversion.h"
#include "mlaas/io/output_file.h"

namespace mlaas::command {

namespace {

struct ConvertOptions {
  dataset::CompatCommand command;
  std::string output;
  std::string writeSpecs;
  size_t threads = 0;
};

Result<void> writeText(const std::string& path, const std::string& text) {
  MLAAS_TRY(auto file, io::OutputFile::create(path));
  MLAAS_CHECK(file.write(text));
  return file.commit();
}

// MLaaS4HEP's specs-FILE.json of each file and global-specs.json.
Result<void> writeSpecs(const std::filesystem::path& folder, const dataset::CompatConversion& conversion) {
  if (!conversion.specs) {
    return Error(ErrorCode::kInvalidArgument, "--write-specs writes what is found in the data; leave --specs out");
  }
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  for (const auto& file : conversion.files) {
    MLAAS_CHECK(writeText((folder / ("specs-" + file.name + ".json")).string(), file.specs.toJson().dump() + "\n"));
  }
  return writeText((folder / "global-specs.json").string(), conversion.globalSpecs().dump() + "\n");
}

Result<int> convert(const ConvertOptions& options, const Environment& environment) {
  TaskPool pool(options.threads);
  MLAAS_TRY(const auto conversion, dataset::convertCompat(options.command, pool, environment.stop));
  for (const auto& note : conversion.notes) log::warning(note);
  if (!options.writeSpecs.empty()) MLAAS_CHECK(writeSpecs(options.writeSpecs, conversion));
  if (options.output.empty()) {
    environment.output.print(conversion.text());
  } else {
    MLAAS_CHECK(writeText(options.output, conversion.text()));
  }
  return 0;
}

void declare(CLI::App& command, ConvertOptions& options) {
  auto& compat = options.command;
  command.add_option("--files", compat.files, "Files, separated by commas, or a file with one a line")->required();
  command.add_option("--labels", compat.labels, "The label of each file, as --files lists them")->required();
  command.add_option("--params", compat.parameters, "params.json");
  command.add_option("--preproc", compat.preprocessing, "preproc.json");
  command.add_option("--specs", compat.specs, "A specs file, instead of reading the data for it");
  command.add_option("--model", compat.model, "mlp (default), trees, or a YAML file with the workflow's model");
  command.add_option("--dtype", compat.dataType, "root");
  command.add_option("--fout", compat.output, "Folder of the bundle that the workflow makes")->type_name("DIR");
  command.add_option("--name", compat.name, "Name of the workflow");
  command.add_option("--out,-o", options.output, "The workflow file to write (default: standard output)")
      ->type_name("FILE");
  command.add_option("--write-specs", options.writeSpecs, "Write specs-FILE.json and global-specs.json here")
      ->type_name("DIR");
  command.add_option("--threads", options.threads, "Threads that read and decode (default: one a core)")
      ->check(CLI::Range(size_t{1}, size_t{1024}));
}

}  // namespace

void addConvert(CLI::App& app, Action& chosen) {
  addCommand<ConvertOptions>(app, chosen, "convert", "Write the workflow that does what MLaaS4HEP's files say", declare,
                             convert);
}

}  // namespace mlaas::command
