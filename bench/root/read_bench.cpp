// Measures reading columns of a table, cluster by cluster, as datasets do. Prints one line of JSON; see README.md.
// The fastest of the repetitions is reported: others wait for the machine, not for the reader.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/root/cpu_clock.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/feature/feature_maker.h"
#include "mlaas/table/range_reader.h"

namespace {

using namespace mlaas;
using bench::cpuSeconds;

struct Options {
  std::string file;
  std::string tree;
  std::string columns;
  size_t threads = 1;
  int repeat = 1;
  double expectedSum = std::nan("");
  std::string memory;
  std::string select;
};

struct Measurement {
  size_t budgetPeak = 0;
  int64_t numEntries = 0;
  size_t numColumns = 0;
  size_t bytes = 0;
  double seconds = 0;
  double cpuSeconds = 0;
  double sum = 0;
};

double wallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Adds the time between its construction and stop() to a measurement.
class Stopwatch {
 public:
  explicit Stopwatch(Measurement& to) : to_(to), wall_(wallSeconds()), cpu_(cpuSeconds()) {}
  void stop() {
    to_.seconds += wallSeconds() - wall_;
    to_.cpuSeconds += cpuSeconds() - cpu_;
  }

 private:
  Measurement& to_;
  const double wall_;
  const double cpu_;
};

double sumOf(const Column& column) {
  return visitDType(column.type.dtype, [&](auto zero) {
    double sum = 0;
    for (const auto value : column.valuesAs<decltype(zero)>()) sum += static_cast<double>(value);
    return sum;
  });
}

std::vector<size_t> chooseColumns(const table::Table& table, const std::string& names) {
  std::vector<size_t> chosen;
  if (names == "*") {
    for (size_t i = 0; i < table.columns().size(); ++i) {
      if (table.columns()[i].unsupported.empty()) chosen.push_back(i);
    }
    return chosen;
  }
  for (const std::string& name : CLI::detail::split(names, ',')) chosen.push_back(table.findColumn(name).value());
  return chosen;
}

void add(Measurement& result, const std::vector<Column>& columns) {
  for (const Column& column : columns) {
    result.bytes += column.sizeBytes();
    result.sum += sumOf(column);
  }
}

// The features of the entries that a selection keeps, as datasets read them: columns that it does not need are read
// where an entry survives.
Measurement measureSelection(const Options& options) {
  Measurement result;
  Stopwatch all(result);
  const auto table = table::openTable(options.file, options.tree).value();
  const auto columns = chooseColumns(*table, options.columns);
  feature::FeatureSpec spec;
  spec.select = options.select;
  for (const size_t column : columns) spec.scalars.push_back(table->columns()[column].name);
  const auto maker = feature::FeatureMaker::make(spec, *table, {}, true).value();
  result.numEntries = table->numEntries();
  result.numColumns = columns.size();
  for (const auto& range : table::readingRanges(*table, {0, table->numEntries()}, columns)) {
    const auto block = maker.process(*table, range).value();
    result.bytes += block.tensors.scalars.size() * sizeof(float);
    for (const float value : block.tensors.scalars) result.sum += static_cast<double>(value);
  }
  all.stop();
  return result;
}

Measurement measure(const Options& options, TaskPool* pool) {
  if (!options.select.empty()) return measureSelection(options);
  Measurement result;
  Stopwatch opening(result);
  const auto table = table::openTable(options.file, options.tree).value();
  const auto columns = chooseColumns(*table, options.columns);
  opening.stop();
  result.numEntries = table->numEntries();
  result.numColumns = columns.size();
  Stopwatch starting(result);
  const size_t memory = options.memory.empty() ? size_t{1} << 40 : parseByteSize(options.memory).value();
  MemoryBudget budget(memory);
  const auto limits = table::ReadingLimits::of(memory);
  const auto ranges = table::readingRanges(*table, {0, table->numEntries()}, columns, limits.ranges);
  const size_t threads = pool ? pool->numThreads() : 1;
  const auto working =
      budget.reserve(table::workingBytes(*table, ranges, columns, limits.fetchBytes, threads), "reading").value();
  const auto known = budget.reserve(table->metadataBytes(), "the open file").value();
  table::RangeReader reader(*table, ranges, columns, {pool, &budget, limits.fetchBytes, limits.aheadBytes});
  starting.stop();
  while (true) {
    Stopwatch reading(result);
    const auto block = reader.next().value();
    reading.stop();
    if (!block) break;
    add(result, block->columns);
  }
  result.budgetPeak = budget.peakBytes();
  return result;
}

double peakRssMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

nlohmann::ordered_json toJson(const Options& options, const Measurement& best, double startMegabytes) {
  return {{"reader", "mlaas4hep"},
          {"file", options.file},
          {"tree", options.tree},
          {"columns", best.numColumns},
          {"threads", options.threads},
          {"entries", best.numEntries},
          {"seconds", best.seconds},
          {"cpu_seconds", best.cpuSeconds},
          {"events_per_second", static_cast<double>(best.numEntries) / best.seconds},
          {"megabytes", static_cast<double>(best.bytes) / 1e6},
          {"peak_rss_megabytes", peakRssMegabytes()},
          {"start_rss_megabytes", startMegabytes},
          {"budget_peak_megabytes", static_cast<double>(best.budgetPeak) / 1e6},
          {"sum", best.sum}};
}

int run(const Options& options) {
  const double startMegabytes = peakRssMegabytes();
  std::unique_ptr<TaskPool> pool;
  if (options.threads != 1) pool = std::make_unique<TaskPool>(options.threads);
  Measurement best;
  for (int i = 0; i < options.repeat; ++i) {
    const Measurement one = measure(options, pool.get());
    const Measurement before = std::exchange(best, one);
    if (i == 0) continue;
    best.seconds = std::min(one.seconds, before.seconds);
    best.cpuSeconds = std::min(one.cpuSeconds, before.cpuSeconds);
  }
  if (!std::isnan(options.expectedSum) &&
      !(std::abs(best.sum - options.expectedSum) <= 1e-9 * std::abs(options.expectedSum))) {
    std::cerr << "the sum of all values is " << best.sum << ", expected " << options.expectedSum << '\n';
    return 1;
  }
  std::cout << toJson(options, best, startMegabytes).dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
#ifndef NDEBUG
  std::cerr << "read_bench: asserts are on; measure with the preset 'bench'\n";
#endif
  CLI::App app("Measures reading columns of a table");
  Options options;
  app.add_option("file", options.file, "A ROOT file")->required();
  app.add_option("tree", options.tree, "The table in it")->required();
  app.add_option("columns", options.columns, "Names with commas between, or *")->required();
  app.add_option("--threads", options.threads, "Threads that decode; 0: one a core");
  app.add_option("--repeat", options.repeat, "Repetitions; the fastest counts");
  app.add_option("--memory", options.memory, "Limit of everything that is held, as in 64 MiB (default: none)");
  app.add_option("--select", options.select, "Read the flat columns of the entries that this expression keeps");
  app.add_option("--expect-sum", options.expectedSum, "Fail unless the values add up to this");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return exitCode(error.code());
  }
}
