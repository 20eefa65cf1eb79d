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
};

struct Measurement {
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

Measurement measure(const Options& options, TaskPool* pool) {
  Measurement result;
  Stopwatch opening(result);
  const auto table = table::openTable(options.file, options.tree).value();
  const auto columns = chooseColumns(*table, options.columns);
  opening.stop();
  result.numEntries = table->numEntries();
  result.numColumns = columns.size();
  Stopwatch starting(result);
  table::RangeReader reader(*table, table::readingRanges(*table, {0, table->numEntries()}, columns), columns,
                            {.pool = pool});
  starting.stop();
  while (true) {
    Stopwatch reading(result);
    const auto block = reader.next().value();
    reading.stop();
    if (!block) break;
    for (const Column& column : block->columns) {
      result.bytes += column.sizeBytes();
      result.sum += sumOf(column);
    }
  }
  return result;
}

nlohmann::ordered_json toJson(const Options& options, const Measurement& best) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
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
          {"peak_rss_megabytes", static_cast<double>(usage.ru_maxrss) * 1024 / 1e6},
          {"sum", best.sum}};
}

int run(const Options& options) {
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
  std::cout << toJson(options, best).dump() << '\n';
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
  app.add_option("--expect-sum", options.expectedSum, "Fail unless the values add up to this");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return exitCode(error.code());
  }
}
