// mlaas stats: statistics of every column of files, or of a workflow's dataset, in one pass.
#include <algorithm>
#include <array>
#include <cstdio>

#include "apps/mlaas/commands.h"
#include "apps/mlaas/progress.h"
#include "apps/mlaas/table_source.h"
#include "apps/mlaas/text_table.h"
#include "mlaas/base/log.h"
#include "mlaas/dataset/sample_files.h"
#include "mlaas/dataset/statistics_scan.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/feature/column_patterns.h"

namespace mlaas::command {

namespace {

using dataset::ColumnStatistics;
using dataset::NumberStatistics;

struct StatsOptions {
  TableSource source;
  std::vector<std::string> columns;
  std::string select;
  std::string weight;
  std::vector<std::string> settings;
  size_t threads = 0;
  size_t mostCorrelated = 100;
  bool json = false;
};

// What is opened for one scan; members that others use come first.
struct Prepared {
  std::unique_ptr<MemoryBudget> budget;
  dataset::ScanRequest request;
};

bool isWorkflow(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

// All columns that can be read, or those that the user names.
Result<std::vector<std::string>> chooseColumns(const table::Table& table, const std::vector<std::string>& patterns) {
  std::vector<std::string> readable;
  size_t numUnreadable = 0;
  for (const auto& column : table.columns()) {
    if (column.unsupported.empty()) {
      readable.push_back(column.name);
    } else {
      ++numUnreadable;
    }
  }
  if (patterns.empty() && numUnreadable > 0) {
    log::warning(table.url() + ": " + table.name() + ": " + std::to_string(numUnreadable) +
                 " column(s) cannot be read and are left out; mlaas inspect names them");
  }
  if (patterns.empty()) return readable;
  auto chosen = feature::expandColumnNames(patterns, readable, {});
  if (!chosen.ok()) return std::move(chosen).error().within(table.name()).within(table.url());
  return chosen;
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
  Prepared prepared{std::move(opened.budget), {}};
  MLAAS_TRY(prepared.request.columns, chooseColumns(*opened.table, options.columns));
  prepared.request.select = options.select;
  prepared.request.samples.push_back({opened.table->name(), options.weight, {opened.table}});
  return prepared;
}

Result<Prepared> prepareWorkflow(const StatsOptions& options, TaskPool& pool, const Environment& environment) {
  const TableSource& source = options.source;
  if (source.files.size() != 1) {
    return Error(ErrorCode::kInvalidArgument, "expected one workflow, or ROOT files only; found " +
                                                  std::to_string(source.files.size()) + " inputs with " +
                                                  source.files.front());
  }
  if (!options.columns.empty() || !options.select.empty() || !options.weight.empty() || !source.tree.empty() ||
      !source.friends.empty()) {
    return Error(ErrorCode::kInvalidArgument, source.files.front() +
                                                  ": a workflow says itself what is read; change it by --set instead "
                                                  "of --columns, --select, --weight, --tree or --friend");
  }
  MLAAS_TRY(const auto workflow, dataset::readWorkflow(source.files.front(), options.settings));
  const auto& config = workflow.dataset;
  Prepared prepared{std::make_unique<MemoryBudget>(config.memoryBytes), {}};
  MLAAS_TRY(const auto files, dataset::openSampleFiles(config, pool, *prepared.budget, environment.stop));
  auto& request = prepared.request;
  request.defines = files.features.defines;
  request.select = files.features.select;
  request.columns = files.features.scalars;
  for (const auto& group : files.features.groups) {
    for (const auto& column : group.columns) {
      if (std::ranges::find(request.columns, column) == request.columns.end()) request.columns.push_back(column);
    }
  }
  for (const auto& sample : config.samples) request.samples.push_back({sample.name, sample.weight, {}});
  for (const auto& file : files.files) request.samples[file.sample].tables.push_back(file.table);
  return prepared;
}

std::string shortNumber(double value) {
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::vector<std::string> numberCells(const NumberStatistics& numbers, std::pair<std::string, std::string> range) {
  std::vector<std::string> cells = {std::to_string(numbers.count()), std::to_string(numbers.numNaN()),
                                    std::to_string(numbers.numInfinite())};
  if (numbers.moments().count == 0) {
    cells.insert(cells.end(), 7, "");
    return cells;
  }
  cells.push_back(std::move(range.first));
  for (const double q : {0.01, 0.5, 0.99}) cells.push_back(shortNumber(numbers.quantile(q)));
  cells.push_back(std::move(range.second));
  cells.push_back(shortNumber(numbers.moments().mean));
  cells.push_back(shortNumber(numbers.deviation()));
  return cells;
}

void addRows(const ColumnStatistics& column, TextTable& table) {
  if (!column.type().isString) {
    auto cells = numberCells(column.values(), column.rangeText());
    cells.insert(cells.begin(), {column.name(), column.type().name()});
    table.addRow(std::move(cells));
  }
  for (size_t level = 0; level < column.lengths().size(); ++level) {
    const NumberStatistics& lengths = column.lengths()[level];
    const auto& moments = lengths.moments();
    auto cells = numberCells(lengths, {shortNumber(moments.minimum), shortNumber(moments.maximum)});
    const bool onlyRow = column.type().isString && level == 0;
    cells.insert(cells.begin(), {onlyRow ? column.name() : "", level == 0 ? "length" : "length, inner"});
    table.addRow(std::move(cells));
  }
}

std::string describe(const dataset::ScanResult& result) {
  TextTable samples({"sample", "entries", "selected", "sum of weights", "negative"},
                    {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight});
  for (const auto& sample : result.samples) {
    samples.addRow({sample.name, std::to_string(sample.numEntries), std::to_string(sample.numSelected),
                    shortNumber(sample.sumWeights), std::to_string(sample.numNegative)});
  }
  std::vector<Align> alignment(12, Align::kRight);
  alignment[0] = alignment[1] = Align::kLeft;
  TextTable columns({"column", "type", "count", "NaN", "inf", "min", "1%", "50%", "99%", "max", "mean", "deviation"},
                    alignment);
  for (const auto& column : result.columns) addRows(column, columns);
  return samples.render("") + "\n" + columns.render("");
}

Result<int> printStatistics(const StatsOptions& options, const Environment& environment) {
  TaskPool pool(options.threads);
  const bool fromWorkflow = std::ranges::any_of(options.source.files, isWorkflow);
  MLAAS_TRY(auto prepared,
            fromWorkflow ? prepareWorkflow(options, pool, environment) : prepareFiles(options, environment));
  prepared.request.mostCorrelated = options.mostCorrelated;
  int64_t numEntries = 0;
  for (const auto& sample : prepared.request.samples) {
    for (const auto& table : sample.tables) numEntries += table->numEntries();
  }
  ProgressBar progress("reading", "entries", numEntries, !environment.quiet);
  MLAAS_TRY(const auto result, dataset::scanStatistics(prepared.request, pool, *prepared.budget, environment.stop,
                                                       [&](int64_t entries) { progress.advance(entries); }));
  environment.output.print(options.json ? result.toJson().dump(1) + "\n" : describe(result));
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
  command.add_option("--set", options.settings, "KEY=VALUE, replaces a value of the workflow; may be repeated")
      ->allow_extra_args(false);
  command
      .add_option("--correlate", options.mostCorrelated,
                  "Correlations of the flat columns, none where they are more than this")
      ->capture_default_str();
  command.add_option("--threads", options.threads, "Threads that read (default: all cores)");
  command.add_flag("--json", options.json, "Print JSON, with quantiles, histograms and correlations");
}

}  // namespace

void addStats(CLI::App& app, Action& chosen) {
  addCommand<StatsOptions>(app, chosen, "stats", "Statistics of the columns of files or of a workflow's dataset",
                           declare, printStatistics);
}

}  // namespace mlaas::command
