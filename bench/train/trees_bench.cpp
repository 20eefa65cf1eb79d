// Measures loading and boosting of trees, through our matrices in memory and in files, and with XGBoost's C library
// alone on one array. Prints one line of JSON; see README.md.
#include <xgboost/c_api.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "mlaas/base/random.h"
#include "mlaas/train/trees/xgboost_library.h"

namespace {

using namespace mlaas;
using Clock = std::chrono::steady_clock;

constexpr int64_t kBatchRows = 4096;

struct Options {
  std::string matrix = "memory";
  int64_t rows = 200000;
  int64_t columns = 40;
  int rounds = 50;
  int depth = 4;
  int threads = 1;
  int64_t pageRows = 65536;
  std::string folder = ".";
};

// Rows from a seed, batch by batch: nothing is kept, so that the peak of memory is the matrix's.
class GeneratedRows final : public train::TreeSource {
 public:
  GeneratedRows(const Options& options, int64_t batchRows) : options_(options), batchRows_(batchRows) {}
  void reset() override { first_ = 0; }
  Result<bool> next(train::TreeBatch& batch) override {
    const auto start = Clock::now();
    const int64_t rows = std::min(batchRows_, options_.rows - first_);
    batch.values.resize(static_cast<size_t>(rows * options_.columns));
    batch.label.resize(static_cast<size_t>(rows));
    batch.weight.assign(static_cast<size_t>(rows), 1.0F);
    for (int64_t row = 0; row < rows; ++row) fill(first_ + row, batch, static_cast<size_t>(row));
    first_ += rows;
    seconds += std::chrono::duration<double>(Clock::now() - start).count();
    return rows > 0;
  }

  double seconds = 0;  // spent here, not in the library

 private:
  void fill(int64_t number, train::TreeBatch& batch, size_t row) const {
    float* x = batch.values.data() + row * static_cast<size_t>(options_.columns);
    Random random(static_cast<uint64_t>(number));
    for (int64_t column = 0; column < options_.columns; ++column)
      x[column] = static_cast<float>(random.uniform()) - 0.5F;
    const float score = x[0] + 2 * x[1] * x[2] + x[3] * x[3] + static_cast<float>(random.uniform()) - 0.5F;
    batch.label[row] = score > 0.1F ? 1.0F : 0.0F;
  }

  const Options& options_;
  int64_t batchRows_;
  int64_t first_ = 0;
};

void check(int status) {
  if (status != 0) throw Error(ErrorCode::kInternal, XGBGetLastError());
}

struct Measured {
  double loadSeconds = 0;
  double boostSeconds = 0;
  double boostCpuSeconds = 0;
  double loss = 0;
};

train::TreeParameters parametersOf(const Options& options) {
  return {{"objective", "binary:logistic"},
          {"tree_method", "hist"},
          {"max_bin", "256"},
          {"eval_metric", "logloss"},
          {"eta", "0.1"},
          {"seed", "1"},
          {"nthread", std::to_string(options.threads)},
          {"max_depth", std::to_string(options.depth)}};
}

// The largest resident memory, in MB. getrusage() would count the process that started this one, too.
double peakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) * 1024e-6;
  }
  return 0;
}

double cpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Measured runOurs(const Options& options) {
  Measured result;
  const bool inFiles = options.matrix == "files";
  std::vector<std::string> names;
  for (int64_t i = 0; i < options.columns; ++i) names.push_back("x" + std::to_string(i));
  GeneratedRows source(options, inFiles ? options.pageRows : kBatchRows);
  std::string folder = (std::filesystem::path(options.folder) / ".trees_bench.XXXXXX").string();
  if (inFiles && ::mkdtemp(folder.data()) == nullptr) throw Error(ErrorCode::kIo, folder + ": cannot be made");
  {
    auto start = Clock::now();
    const auto matrix = (inFiles ? train::TreeMatrix::page(source, names, options.threads, folder)
                                 : train::TreeMatrix::quantise(source, names, 256, options.threads, nullptr))
                            .value();
    result.loadSeconds = std::chrono::duration<double>(Clock::now() - start).count() - source.seconds;
    auto booster = train::Booster::make({&matrix}, parametersOf(options)).value();
    start = Clock::now();
    const double cpu = cpuSeconds();
    for (int round = 0; round < options.rounds; ++round) booster.boost(round, matrix).value();
    result.boostSeconds = std::chrono::duration<double>(Clock::now() - start).count();
    result.boostCpuSeconds = cpuSeconds() - cpu;
    result.loss = booster.evaluate(options.rounds, {{"train", &matrix}}).value().front().value;
  }
  if (inFiles) std::filesystem::remove_all(folder);
  return result;
}

Measured runLibrary(const Options& options) {
  Measured result;
  GeneratedRows source(options, options.rows);
  train::TreeBatch all;
  (void)source.next(all).value();
  const auto rows = static_cast<bst_ulong>(options.rows);
  DMatrixHandle matrix = nullptr;
  BoosterHandle booster = nullptr;
  auto start = Clock::now();
  check(XGDMatrixCreateFromMat_omp(all.values.data(), rows, static_cast<bst_ulong>(options.columns),
                                   std::numeric_limits<float>::quiet_NaN(), &matrix, options.threads));
  check(XGDMatrixSetFloatInfo(matrix, "label", all.label.data(), rows));
  check(XGDMatrixSetFloatInfo(matrix, "weight", all.weight.data(), rows));
  check(XGBoosterCreate(&matrix, 1, &booster));
  for (const auto& [name, value] : parametersOf(options))
    check(XGBoosterSetParam(booster, name.c_str(), value.c_str()));
  // The first round quantises: its time belongs to loading but for that of a round.
  check(XGBoosterUpdateOneIter(booster, 0, matrix));
  result.loadSeconds = std::chrono::duration<double>(Clock::now() - start).count();
  start = Clock::now();
  const double cpu = cpuSeconds();
  for (int round = 1; round < options.rounds; ++round) check(XGBoosterUpdateOneIter(booster, round, matrix));
  const double scale = static_cast<double>(options.rounds) / std::max(options.rounds - 1, 1);
  result.boostSeconds = scale * std::chrono::duration<double>(Clock::now() - start).count();
  result.boostCpuSeconds = scale * (cpuSeconds() - cpu);
  result.loadSeconds -= result.boostSeconds / options.rounds;
  const char* name = "train";
  const char* text = nullptr;
  check(XGBoosterEvalOneIter(booster, options.rounds, &matrix, &name, 1, &text));
  result.loss = std::strtod(std::string(text).substr(std::string(text).rfind(':') + 1).c_str(), nullptr);
  XGBoosterFree(booster);
  XGDMatrixFree(matrix);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Boosting of trees, next to XGBoost's C library alone");
  app.add_option("--matrix", options.matrix)->check(CLI::IsMember({"memory", "files", "library"}));
  app.add_option("--rows", options.rows)->check(CLI::PositiveNumber);
  app.add_option("--columns", options.columns)->check(CLI::Range(4, 10000));
  app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber);
  app.add_option("--depth", options.depth)->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--page-rows", options.pageRows)->check(CLI::PositiveNumber);
  app.add_option("--folder", options.folder, "for the files of --matrix files")->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  try {
    train::limitTreeThreads(options.threads);
    const Measured result = options.matrix == "library" ? runLibrary(options) : runOurs(options);
    const auto work = static_cast<double>(options.rows) * options.rounds;
    const nlohmann::ordered_json line = {
        {"trainer", options.matrix == "library" ? "XGBoost " + train::xgboostVersion() : "mlaas4hep"},
        {"matrix", options.matrix},
        {"rows", options.rows},
        {"columns", options.columns},
        {"rounds", options.rounds},
        {"threads", options.threads},
        {"load_seconds", result.loadSeconds},
        {"boost_seconds", result.boostSeconds},
        {"boost_cpu_seconds", result.boostCpuSeconds},
        {"events_per_second", work / result.boostSeconds},
        {"loss", result.loss},
        {"peak_rss_megabytes", peakMegabytes()}};
    std::cout << line.dump() << "\n";
    return result.loss < 0.69 ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << "trees_bench: " << error.what() << "\n";
    return 1;
  }
}
