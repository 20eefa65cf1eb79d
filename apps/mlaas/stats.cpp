// mlaas stats: statistics of every column of files, or of a workflow's dataset, in one pass.
#include <algorithm>

#include "apps/mlaas/commands.h"
#include "apps/mlaas/progress.h"
#include "apps/mlaas/statistics_table.h"
#include "apps/mlaas/table_source.h"
#include "mlaas/base/log.h"
#include "mlaas/dataset/sample_files.h"
#include "mlaas/dataset/sample_scale.h"
#include "mlaas/dataset/statistics_key.h"
#include "mlaas/dataset/statistics_scan.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/workflow_dataset.h"
#include "mlaas/feature/column_patterns.h"
#include "mlaas/table/chain/friend_options.h"

namespace mlaas::command {

namespace {

struct StatsOptions {
  TableSource source;
  std::vector<std::string> columns;
  std::string select;
  std::string weight;
  std::vector<std::string> identity;
  std::vector<std::string> settings;
  size_t threads = 0;
  size_t mostCorrelated = 100;
  std::string out;
  bool fresh = false;
  bool json = false;
};

// What is opened for one scan; members that others use come first.
struct Prepared {
  std::unique_ptr<MemoryBudget> budget;
  dataset::ScanRequest request;
  std::string out;                 // where the statistics are kept; empty: nowhere
  nlohmann::ordered_json what;     // the request, for the key
  std::vector<std::string> files;  // that are read; only where they are kept
};

bool isWorkflow(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

std::vector<std::string> namesOf(const table::Table& table, const std::vector<size_t>& columns) {
  std::vector<std::string> names;
  for (const size_t column : columns) names.push_back(table.columns()[column].name);
  return names;
}

// Those of `columns` whose first entry can be read: of some classes it is seen only then that they cannot.
Result<std::vector<size_t>> leaveUnreadable(const table::Table& table, const std::vector<size_t>& columns) {
  std::vector<size_t> readable;
  MLAAS_TRY(const auto fetched, table.fetchNow({0, std::min<int64_t>(1, table.numEntries())}, columns));
  for (const size_t column : columns) {
    const auto first = fetched->decode(column);
    if (first.ok() || first.error().code() != ErrorCode::kUnsupported) readable.push_back(column);
  }
  return readable;
}

// All columns that can be read, or those that the user names.
Result<std::vector<std::string>> chooseColumns(const table::Table& table, const std::vector<std::string>& patterns) {
  std::vector<size_t> described;
  for (size_t i = 0; i < table.columns().size(); ++i) {
    if (table.columns()[i].unsupported.empty()) described.push_back(i);
  }
  if (!patterns.empty()) {
    auto chosen = feature::expandColumnNames(patterns, namesOf(table, described), {});
    if (!chosen.ok()) return std::move(chosen).error().within(table.name()).within(table.url());
    return chosen;
  }
  MLAAS_TRY(const auto readable, leaveUnreadable(table, described));
  if (readable.size() < table.columns().size()) {
    log::warning(table.url() + ": " + table.name() + ": " + std::to_string(table.columns().size() - readable.size()) +
                 " column(s) cannot be read and are left out; mlaas export names them");
  }
  return namesOf(table, readable);
}

// What kept statistics follow from. Where not all of that is known, they are not kept.
Result<void> setFiles(Result<std::vector<std::string>> files, Prepared& prepared) {
  if (files.ok()) {
    prepared.files.insert(prepared.files.end(), files->begin(), files->end());
    return {};
  }
  if (files.error().code() != ErrorCode::kUnsupported) return std::move(files).error();
  if (!prepared.out.empty()) log::info(std::string(files.error().what()) + "; the statistics are not kept");
  prepared.out.clear();
  return {};
}

Result<void> nameFiles(const TableSource& source, Prepared& prepared) {
  MLAAS_CHECK(setFiles(dataset::filesOfReferences(source.files, source.tree), prepared));
  for (const auto& one : source.friends) {
    MLAAS_TRY(const auto parsed, table::parseFriend(one));
    MLAAS_CHECK(setFiles(dataset::filesOfReferences(parsed.files, parsed.tree), prepared));
  }
  const auto& request = prepared.request;
  prepared.what = {{"tree", source.tree},
                   {"files", source.files},
                   {"friends", source.friends},
                   {"friend_index", source.friendIndex},
                   {"friend_missing", source.friendMissing},
                   {"memory", source.memory},
                   {"columns", request.columns},
                   {"select", request.select},
                   {"identity", request.identity},
                   {"weight", request.samples.front().weight}};
  return {};
}

Result<Prepared> prepareFiles(const StatsOptions& options, const Environment& environment) {
  if (!options.settings.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "--set changes a workflow, but the input is no .yaml, .yml or .json file");
  }
  std::vector<std::string> names = options.columns;
  for (const auto& text : {options.select, options.weight}) {
    if (text.empty()) continue;
    // What does not parse is reported when it is compiled.
    const auto used = table::namesUsed(text);
    if (used.ok()) names.insert(names.end(), used->begin(), used->end());
  }
  MLAAS_TRY(auto opened, openSource(options.source, names, environment.stop));
  Prepared prepared{std::move(opened.budget), {}, options.out, {}, {}};
  MLAAS_TRY(prepared.request.columns, chooseColumns(*opened.table, options.columns));
  prepared.request.select = options.select;
  prepared.request.samples.push_back({opened.table->name(), options.weight, {{opened.table}}, 1, 1});
  prepared.request.identity = options.identity;
  if (!prepared.out.empty()) MLAAS_CHECK(nameFiles(options.source, prepared));
  return prepared;
}

Result<Prepared> prepareWorkflow(const StatsOptions& options, TaskPool& pool, const Environment& environment) {
  const TableSource& source = options.source;
  if (source.files.size() != 1) {
    return Error(ErrorCode::kInvalidArgument, "expected one workflow, or ROOT files only; found " +
                                                  std::to_string(source.files.size()) + " inputs with " +
                                                  source.files.front());
  }
  if (!options.columns.empty() || !options.select.empty() || !options.weight.empty() || !options.identity.empty() ||
      !source.tree.empty() || !source.friends.empty()) {
    return Error(ErrorCode::kInvalidArgument, source.files.front() +
                                                  ": a workflow says itself what is read; change it by --set instead "
                                                  "of --columns, --select, --weight, --identity, --tree or --friend");
  }
  MLAAS_TRY(const auto workflow, dataset::readWorkflow(source.files.front(), options.settings));
  const auto& config = workflow.dataset;
  Prepared prepared{std::make_unique<MemoryBudget>(config.memoryBytes), {}, options.out, {}, {}};
  if (prepared.out.empty()) prepared.out = workflow.output + ".statistics.json";
  MLAAS_TRY(auto files, dataset::openSampleFiles(config, pool, *prepared.budget, environment.stop));
  auto& request = prepared.request;
  request.defines = files.features.defines;
  request.select = files.features.select;
  request.columns = files.features.scalars;
  for (const auto& group : files.features.groups) {
    for (const auto& column : group.columns) {
      if (std::ranges::find(request.columns, column) == request.columns.end()) request.columns.push_back(column);
    }
  }
  MLAAS_CHECK(dataset::scaleWeights(config, files, pool, *prepared.budget, environment.stop));
  request.identity = config.identity;
  request.seed = config.split.seed;
  for (size_t i = 0; i < config.samples.size(); ++i) {
    const auto& sample = config.samples[i];
    request.samples.push_back({sample.name, sample.weight, {}, files.weightScale[i], sample.subsample});
  }
  for (const auto& file : files.files) {
    request.samples[file.sample].tables.push_back({file.table, file.entryBytes});
    MLAAS_CHECK(setFiles(dataset::filesOfTable(*file.table), prepared));
  }
  for (const auto& sample : config.samples) {
    for (const auto& one : sample.friends) {
      MLAAS_CHECK(setFiles(dataset::filesOfReferences(one.options.files, one.options.tree), prepared));
    }
  }
  prepared.what = {{"dataset", dataset::datasetConfigToJson(config)}, {"columns", request.columns}};
  return prepared;
}

Result<nlohmann::ordered_json> scan(const Prepared& prepared, TaskPool& pool, const Environment& environment) {
  int64_t numEntries = 0;
  for (const auto& sample : prepared.request.samples) {
    for (const auto& scanned : sample.tables) numEntries += scanned.table->numEntries();
  }
  ProgressBar progress("reading", "entries", numEntries, !environment.quiet);
  MLAAS_TRY(const auto result, dataset::scanStatistics(prepared.request, pool, *prepared.budget, environment.stop,
                                                       [&](int64_t entries) { progress.advance(entries); }));
  return result.toJson();
}

// The kept statistics where they are of the same files and request, else new ones, which are kept.
Result<nlohmann::ordered_json> findStatistics(const StatsOptions& options, Prepared& prepared, TaskPool& pool,
                                              const Environment& environment) {
  if (prepared.out.empty()) return scan(prepared, pool, environment);
  MLAAS_TRY(const auto contents, dataset::identifyFiles(prepared.files, pool, environment.stop));
  prepared.what["correlate"] = options.mostCorrelated;
  const std::string key = dataset::statisticsKey(contents, prepared.what);
  if (!options.fresh) {
    if (auto kept = dataset::readKeptStatistics(prepared.out, key)) {
      log::info(prepared.out + " has the statistics of these files and this request; nothing is read again");
      return *std::move(kept);
    }
  }
  MLAAS_TRY(auto statistics, scan(prepared, pool, environment));
  MLAAS_CHECK(dataset::checkUnchanged(contents));
  MLAAS_CHECK(dataset::keepStatistics(prepared.out, key, contents, statistics));
  log::info("kept in " + prepared.out);
  return statistics;
}

void warnOfDuplicates(const nlohmann::ordered_json& statistics) {
  for (const auto& sample : statistics["samples"]) {
    if (!sample.contains("identity") || sample["identity"]["duplicates"] == 0) continue;
    const auto& identity = sample["identity"];
    const double fraction = identity["fraction_looked_at"].get<double>();
    const std::string among = fraction < 1 ? " among " + identity["fraction_looked_at"].dump() + " of the events" : "";
    log::warning("sample '" + sample["name"].get<std::string>() + "': " + identity["duplicates"].dump() +
                 " event(s) stand more than once by their identity" + among + ", the first again in " +
                 identity["examples"].at(0).get<std::string>() + "; each counts every time");
  }
}

Result<int> printStatistics(const StatsOptions& options, const Environment& environment) {
  TaskPool pool(options.threads);
  const bool fromWorkflow = std::ranges::any_of(options.source.files, isWorkflow);
  MLAAS_TRY(auto prepared,
            fromWorkflow ? prepareWorkflow(options, pool, environment) : prepareFiles(options, environment));
  prepared.request.mostCorrelated = options.mostCorrelated;
  MLAAS_TRY(const auto statistics, findStatistics(options, prepared, pool, environment));
  const auto text = [&] {
    return statistics.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  };
  warnOfDuplicates(statistics);
  environment.output.print(options.json ? text() : describeStatistics(statistics));
  return 0;
}

void declare(CLI::App& command, StatsOptions& options) {
  declareSource(command, options.source);
  declareFriends(command, options.source);
  command.get_option("FILE")->description(
      "One workflow (.yaml, .yml, .json), or ROOT files as mlaas export takes them");
  command.add_option("--columns,-c", options.columns, "Columns, separated by commas; * and ? match (default: all)")
      ->delimiter(',');
  command.add_option("--select,-s", options.select, "Expression that is true for the entries to count (default: all)");
  command.add_option("--weight,-w", options.weight, "Expression, the weight of an entry (default: 1)");
  command
      .add_option("--identity", options.identity,
                  "Integer columns, separated by commas, that together name an event: finds events that stand twice")
      ->delimiter(',');
  command.add_option("--set", options.settings, "KEY=VALUE, replaces a value of the workflow; may be repeated")
      ->allow_extra_args(false);
  command
      .add_option("--correlate", options.mostCorrelated,
                  "Correlations of the flat columns, none where they are more than this")
      ->capture_default_str();
  command.add_option("--threads", options.threads, "Threads that read (default: all cores)");
  command.add_option("--out,-o", options.out,
                     "Keeps the statistics there, to be used again for the same files and request (default of a "
                     "workflow: beside its bundle, OUTPUT.statistics.json)");
  command.add_flag("--fresh", options.fresh, "Read all data, even where kept statistics would do");
  command.add_flag("--json", options.json, "Print JSON, with quantiles, histograms and correlations");
}

}  // namespace

void addStats(CLI::App& app, Action& chosen) {
  addCommand<StatsOptions>(app, chosen, "stats", "Statistics of the columns of files or of a workflow's dataset",
                           declare, printStatistics);
}

}  // namespace mlaas::command
