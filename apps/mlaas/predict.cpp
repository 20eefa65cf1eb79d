// mlaas predict: scores for every entry of ROOT files, beside them.
#include <chrono>
#include <filesystem>
#include <set>

#include "apps/mlaas/commands.h"
#include "apps/mlaas/progress.h"
#include "apps/mlaas/table_source.h"
#include "mlaas/base/log.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/infer/file_scorer.h"
#include "mlaas/infer/output/score_output.h"
#include "mlaas/model/bundle.h"
#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/table.h"

namespace mlaas::command {

namespace {

namespace fs = std::filesystem;

struct PredictOptions {
  std::string model;
  TableSource source;
  std::string out;
  std::string treeName = "Scores";
  std::string format = "root";
  size_t threads = 0;
};

// One output and the inputs whose rows it gets, in order.
struct PredictJob {
  std::string out;
  std::vector<table::FileReference> inputs;
};

struct Counts {
  int64_t entries = 0;
  int64_t selected = 0;
  int64_t nan = 0;
};

// An output must not replace one of the inputs.
Result<void> checkNotAnInput(const PredictJob& job) {
  for (const table::FileReference& input : job.inputs) {
    std::error_code ignored;
    if (fs::equivalent(job.out, input.url, ignored))
      return Error(ErrorCode::kInvalidArgument, "--out '" + job.out + "' is an input file; choose another name");
  }
  return {};
}

// All inputs into one file, or into a folder a file for each: "tth_0.root" to "tth_0.scores.root".
Result<std::vector<PredictJob>> planJobs(const PredictOptions& options,
                                         const std::vector<table::FileReference>& inputs) {
  bool folder = options.out.ends_with('/') || fs::is_directory(options.out);
  if (!folder && !infer::isScoreFileName(options.out))
    return Error(ErrorCode::kInvalidArgument, "--out '" + options.out + "': expected a name that ends in .root, .npy " +
                                                  "or .csv, or a folder (ending in /)");
  std::vector<PredictJob> jobs;
  if (!folder) jobs.push_back({options.out, inputs});
  std::set<std::string> names;
  for (const table::FileReference& input : folder ? inputs : std::vector<table::FileReference>()) {
    std::string name = fs::path(input.url).stem().string() + ".scores." + options.format;
    if (!names.insert(name).second)
      return Error(ErrorCode::kInvalidArgument,
                   "two input files would both be written to '" + name + "': predict them into different folders");
    jobs.push_back({(fs::path(options.out) / name).string(), {input}});
  }
  std::error_code error;
  if (folder) fs::create_directories(options.out, error);
  if (error) return Error(ErrorCode::kIo, "folder '" + options.out + "' cannot be made: " + error.message());
  for (const PredictJob& job : jobs) MLAAS_CHECK(checkNotAnInput(job));
  return jobs;
}

// What is opened as one: each file by itself, or all where friends stand beside them. `tree` is that of files that name
// none.
std::vector<std::vector<table::FileReference>> readTogether(const PredictJob& job, const TableSource& source,
                                                            const std::string& tree) {
  std::vector<std::vector<table::FileReference>> parts;
  for (table::FileReference input : job.inputs) {
    if (input.tree.empty()) input.tree = tree;
    if (parts.empty() || source.friends.empty()) parts.emplace_back();
    parts.back().push_back(std::move(input));
  }
  return parts;
}

Result<Counts> runJob(const PredictJob& job, const PredictOptions& options, infer::FileScorer& scorer,
                      const Environment& environment) {
  const model::Bundle& bundle = scorer.bundle();
  std::vector<std::string> names = bundle.identity;
  MLAAS_TRY(const auto used, feature::columnNames(bundle.features, {}));
  names.insert(names.end(), used.begin(), used.end());
  std::unique_ptr<infer::ScoreOutput> output;
  Counts counts;
  for (const auto& files : readTogether(job, options.source, infer::recordedTree(bundle))) {
    MLAAS_TRY(const auto opened, openFiles(files, options.source, names, environment.stop));
    const auto& table = opened.table;
    if (!output) {
      MLAAS_TRY(auto layout, infer::scoreLayout(bundle, *table, options.treeName));
      MLAAS_TRY(output, infer::makeScoreOutput(job.out, layout));
    }
    ProgressBar progress("scoring " + table->url(), "entries", table->numEntries(), !environment.quiet);
    auto take = [&](const infer::ScoreBlock& block) {
      counts.entries += block.entries.size();
      counts.selected += block.numSelected;
      counts.nan += block.numNan;
      progress.advance(block.entries.size());
      return output->write(block);
    };
    MLAAS_CHECK(scorer.score(*table, take, environment.stop));
  }
  MLAAS_CHECK(output->close());
  return counts;
}

void report(const PredictJob& job, const Counts& counts, double seconds) {
  char rate[64];
  std::snprintf(rate, sizeof rate, "%.2f s, %.3g entries/s", seconds,
                static_cast<double>(counts.entries) / std::max(seconds, 1e-9));
  if (counts.nan > 0)
    log::warning("'" + job.out + "': " + std::to_string(counts.nan) +
                 " entries have a NaN among their features; their score is NaN");
  log::info("'" + job.out + "': " + std::to_string(counts.entries) + " entries, " + std::to_string(counts.selected) +
            " pass the model's selection, " + rate);
}

Result<int> predict(const PredictOptions& options, const Environment& environment) {
  MLAAS_TRY(auto inputs, table::expandFileReferences(options.source.files, options.source.tree));
  MLAAS_TRY(auto jobs, planJobs(options, inputs));
  MLAAS_TRY(auto bundle, model::readBundle(options.model));
  TaskPool pool(options.threads);
  MLAAS_TRY(auto scorer, infer::FileScorer::make(std::move(bundle), pool));
  for (const PredictJob& job : jobs) {
    auto start = std::chrono::steady_clock::now();
    MLAAS_TRY(auto counts, runJob(job, options, scorer, environment));
    report(job, counts, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 0;
}

void declare(CLI::App& command, PredictOptions& options) {
  command.add_option("MODEL", options.model, "Model bundle: the folder that `mlaas train` wrote")->required();
  declareSource(command, options.source);
  declareFriends(command, options.source);
  command
      .add_option(
          "--out,-o", options.out,
          "File ending in .root, .npy or .csv with the rows of all inputs, or a folder: one file for each input")
      ->required();
  command.add_option("--tree-name", options.treeName, "The tree to write into .root files")->capture_default_str();
  command.add_option("--format", options.format, "What to write into a folder")
      ->check(CLI::IsMember({"root", "npy", "csv"}))
      ->capture_default_str();
  command.add_option("--threads", options.threads, "Threads that read and score (default: all cores)");
}

}  // namespace

void addPredict(CLI::App& app, Action& chosen) {
  addCommand<PredictOptions>(app, chosen, "predict", "Scores of a model for every entry of ROOT files", declare,
                             predict);
}

}  // namespace mlaas::command
