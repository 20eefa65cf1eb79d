// Measures shuffled batches of a workflow's training part, scaled into the matrix that a network multiplies. Prints one
// line of JSON; see README.md.
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
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/row_scaler.h"
#include "mlaas/io/opener.h"

namespace {

using namespace mlaas;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string workflow = "examples/tth/mlp.yaml";
  std::string memory = "1 GiB";
  std::string scaling = "standard";
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

// Of all threads.
double cpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
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

feature::RowScaler scalerOf(const dataset::Statistics& statistics, const feature::FeatureSpec& features, bool toUnit) {
  const auto transforms = [&](const std::vector<dataset::FeatureStatistics>& found) {
    if (!toUnit) return dataset::standardise(found);
    std::vector<feature::Transform> result;
    for (const auto& one : found) {
      const double range = one.maximum - one.minimum;
      result.push_back({static_cast<float>(one.minimum), range > 0 ? static_cast<float>(1 / range) : 1.F});
    }
    return result;
  };
  std::vector<feature::RowScaler::Group> groups;
  for (size_t g = 0; g < statistics.groups.size(); ++g) {
    groups.push_back({transforms(statistics.groups[g]), features.groups[g].length});
  }
  return {transforms(statistics.scalars), groups};
}

// What a consumer keeps from one epoch to the next.
struct Consumer {
  feature::RowScaler scaler;
  dataset::Batch batch;
  std::vector<float> matrix;
};

struct Epoch {
  double seconds = 0;
  double cpuSeconds = 0;
  int64_t rows = 0;
  int64_t batches = 0;
  int64_t sumOfRows = 0;  // of the row numbers: the same in every epoch
};

Epoch readEpoch(dataset::Dataset& data, Consumer& consumer, const Options& options, uint64_t number) {
  const auto start = Clock::now();
  const double startCpu = cpuSeconds();
  Epoch epoch;
  auto stream = data.stream({dataset::Part::kTrain, options.batchSize, true, 1, number}).value();
  dataset::Batch& batch = consumer.batch;
  while (stream->next(batch).value()) {
    epoch.rows += batch.features.rows;
    ++epoch.batches;
    for (const int64_t row : batch.row) epoch.sumOfRows += row;
    consumer.scaler.fill(batch.features, consumer.matrix);
    if (consumer.matrix.empty()) throw Error(ErrorCode::kInternal, "a batch without numbers");
  }
  epoch.seconds = secondsSince(start);
  epoch.cpuSeconds = cpuSeconds() - startCpu;
  return epoch;
}

nlohmann::ordered_json measure(const Options& options) {
  auto config = dataset::readWorkflow(options.workflow, {}).value().dataset;
  config.memoryBytes = parseByteSize(options.memory).value();
  LinkFolder links;
  for (auto& sample : config.samples) sample.files = links.link(sample.files, options.copies);
  TaskPool pool(options.threads);
  const double startRss = peakRssMiB();

  const double startCpu = cpuSeconds();
  const auto start = Clock::now();
  const auto data = dataset::Dataset::open(config, pool, {}).value();
  const double openSeconds = secondsSince(start);
  const size_t openBytes = data->memory().usedBytes();
  const auto statistics = data->statistics().value();
  const double passSeconds = secondsSince(start) - openSeconds;
  const bool cached = data->memory().usedBytes() > openBytes;
  Consumer consumer{scalerOf(statistics, data->features(), options.scaling == "minmax"), {}, {}};
  const Epoch first = readEpoch(*data, consumer, options, 0);
  const double firstSeconds = secondsSince(start);
  const double firstCpu = cpuSeconds() - startCpu;

  double fastest = std::numeric_limits<double>::infinity();
  double leastCpu = std::numeric_limits<double>::infinity();
  for (int i = 1; i < options.epochs; ++i) {
    const Epoch epoch = readEpoch(*data, consumer, options, static_cast<uint64_t>(i));
    fastest = std::min(fastest, epoch.seconds);
    leastCpu = std::min(leastCpu, epoch.cpuSeconds);
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
          {"first_epoch_cpu_s", firstCpu},
          {"epoch_cpu_s", leastCpu},
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
  app.add_option("--scaling", options.scaling, "standard or minmax")
      ->capture_default_str()
      ->check(CLI::IsMember({"standard", "minmax"}));
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
