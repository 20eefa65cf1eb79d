// Measures shuffled batches of a workflow's training part. Prints one line of JSON; see README.md.
// Every epoch's rows are counted and their numbers summed: an event lost or seen twice ends the benchmark.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "mlaas/base/memory_budget.h"
#include "mlaas/dataset/dataset.h"
#include "mlaas/io/opener.h"

namespace {

using namespace mlaas;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string workflow = "examples/tth/mlp.yaml";
  std::string memory = "1 GiB";
  size_t copies = 20;
  size_t threads = 0;
  int64_t batchSize = 1000;
  int epochs = 3;
};

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double peakRssMiB() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// A folder of symbolic links, removed at the end.
class LinkFolder {
 public:
  LinkFolder() : path_(std::filesystem::temp_directory_path() / ("mlaas_batch_bench_" + std::to_string(getpid()))) {
    std::filesystem::create_directory(path_);
  }
  ~LinkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  LinkFolder(const LinkFolder&) = delete;
  LinkFolder& operator=(const LinkFolder&) = delete;

  std::vector<std::string> link(const std::vector<std::string>& patterns, size_t copies) {
    std::vector<std::string> links;
    for (const auto& pattern : patterns) {
      const auto files = io::expandPattern(pattern).value();
      for (const auto& file : files) {
        for (size_t i = 0; i < copies; ++i) {
          const auto link = path_ / (std::to_string(count_++) + ".root");
          std::filesystem::create_symlink(std::filesystem::absolute(file), link);
          links.push_back(link.string());
        }
      }
    }
    return links;
  }

 private:
  std::filesystem::path path_;
  size_t count_ = 0;
};

struct Epoch {
  double seconds = 0;
  int64_t rows = 0;
  int64_t batches = 0;
  int64_t sumOfRows = 0;  // of the row numbers: the same in every epoch
};

Epoch readEpoch(dataset::Dataset& data, const Options& options, uint64_t number) {
  const auto start = Clock::now();
  Epoch epoch;
  auto stream = data.stream({dataset::Part::kTrain, options.batchSize, true, 1, number}).value();
  dataset::Batch batch;
  while (stream->next(batch).value()) {
    epoch.rows += batch.features.rows;
    ++epoch.batches;
    for (const int64_t row : batch.row) epoch.sumOfRows += row;
  }
  epoch.seconds = secondsSince(start);
  return epoch;
}

nlohmann::ordered_json measure(const Options& options) {
  auto config = dataset::readWorkflow(options.workflow, {}).value().dataset;
  config.memoryBytes = parseByteSize(options.memory).value();
  LinkFolder links;
  for (auto& sample : config.samples) sample.files = links.link(sample.files, options.copies);
  TaskPool pool(options.threads);
  const double startRss = peakRssMiB();

  const auto start = Clock::now();
  const auto data = dataset::Dataset::open(config, pool, {}).value();
  const double openSeconds = secondsSince(start);
  const size_t openBytes = data->memory().usedBytes();
  const auto statistics = data->statistics().value();
  const double passSeconds = secondsSince(start) - openSeconds;
  const bool cached = data->memory().usedBytes() > openBytes;
  const Epoch first = readEpoch(*data, options, 0);
  const double firstSeconds = secondsSince(start);

  double fastest = std::numeric_limits<double>::infinity();
  for (int i = 1; i < options.epochs; ++i) {
    const Epoch epoch = readEpoch(*data, options, static_cast<uint64_t>(i));
    fastest = std::min(fastest, epoch.seconds);
    if (epoch.rows != first.rows || epoch.sumOfRows != first.sumOfRows) {
      throw Error(ErrorCode::kInternal, "an epoch has other events than the first");
    }
  }
  int64_t entries = 0;
  for (const auto& sample : statistics.samples) entries += sample.numEntries;
  return {{"bench", "dataset_batches"},
          {"entries", entries},
          {"train_rows", first.rows},
          {"floats_per_row", data->features().flatWidth()},
          {"batch_size", options.batchSize},
          {"threads", pool.numThreads()},
          {"memory", options.memory},
          {"cached", cached},
          {"open_s", openSeconds},
          {"pass_s", passSeconds},
          {"first_epoch_s", firstSeconds},
          {"batches_per_s", static_cast<double>(first.batches) / fastest},
          {"events_per_s", static_cast<double>(first.rows) / fastest},
          {"start_rss_mib", startRss},
          {"peak_rss_mib", peakRssMiB()},
          {"budget_peak_mib", static_cast<double>(data->memory().peakBytes()) / 1048576}};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Shuffled batches of a workflow's training part");
  app.add_option("--workflow", options.workflow, "workflow file")->capture_default_str();
  app.add_option("--memory", options.memory, "memory limit")->capture_default_str();
  app.add_option("--copies", options.copies, "times that each file is listed")->capture_default_str();
  app.add_option("--threads", options.threads, "threads that read, 0 for all cores")->capture_default_str();
  app.add_option("--batch", options.batchSize, "rows of a batch")->capture_default_str();
  app.add_option("--epochs", options.epochs, "epochs, at least 2")->capture_default_str()->check(CLI::Range(2, 1000));
  CLI11_PARSE(app, argc, argv);
#if !defined(NDEBUG) || !defined(__OPTIMIZE__)
  std::cerr << "batch_bench: built with asserts or without optimisation; use the preset release\n";
#endif
  try {
    std::cout << measure(options).dump() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "batch_bench: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
