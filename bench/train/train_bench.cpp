// Measures training events/s of a small network. Prints one line of JSON; see README.md.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "mlaas/base/random.h"
#include "mlaas/train/neural/flat_adam.h"
#include "mlaas/train/neural/mlp_network.h"

namespace {

using namespace mlaas;
using Clock = std::chrono::steady_clock;

struct Options {
  int64_t inputs = 29;
  std::vector<int64_t> layers = {128, 64};
  int64_t batchSize = 1000;
  int64_t steps = 400;
  int repeat = 5;
  double dropout = 0;
};

struct Batch {
  std::vector<float> input;
  std::vector<int32_t> label;
  std::vector<float> weight;
};

// Events whose label shifts every column a little.
std::vector<Batch> makeBatches(const Options& options, size_t count) {
  Random random(1);
  std::vector<Batch> batches(count);
  for (Batch& batch : batches) {
    for (int64_t row = 0; row < options.batchSize; ++row) {
      batch.label.push_back(random.uniform() < 0.5 ? 1 : 0);
      batch.weight.push_back(static_cast<float>(0.5 + random.uniform()));
      for (int64_t i = 0; i < options.inputs; ++i) {
        batch.input.push_back(static_cast<float>(3.4 * (random.uniform() - 0.5) + 0.1 * batch.label.back()));
      }
    }
  }
  return batches;
}

double cpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Mean loss of `steps` steps.
double trainSteps(train::MlpNetwork& network, train::FlatAdam& adam, std::vector<Batch>& batches, int64_t steps) {
  double loss = 0;
  int64_t events = 0;
  for (int64_t step = 0; step < steps; ++step) {
    Batch& batch = batches[static_cast<size_t>(step) % batches.size()];
    loss += network.trainStep(batch.input, batch.label, batch.weight).value();
    adam.step(network.parameters(), network.gradients());
    events += static_cast<int64_t>(batch.label.size());
  }
  return loss / static_cast<double>(events);
}

int measure(const Options& options) {
  auto batches = makeBatches(options, 32);
  train::MlpShape shape;
  shape.inputs = options.inputs;
  shape.hidden = options.layers;
  shape.dropout = options.dropout;
  train::MlpNetwork network = train::MlpNetwork::make(shape, 1).value();
  train::FlatAdam adam(network.parameters().size(), {});
  const double firstLoss = trainSteps(network, adam, batches, 50);
  double bestSeconds = 0;
  double bestCpuSeconds = 0;
  double loss = firstLoss;
  for (int round = 0; round < options.repeat; ++round) {
    const auto start = Clock::now();
    const double cpuStart = cpuSeconds();
    loss = trainSteps(network, adam, batches, options.steps);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (round > 0 && seconds >= bestSeconds) continue;
    bestSeconds = seconds;
    bestCpuSeconds = cpuSeconds() - cpuStart;
  }
  if (!(loss < firstLoss)) {
    std::cerr << "train_bench: the loss rose from " << firstLoss << " to " << loss << "\n";
    return 1;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto events = static_cast<double>(options.steps * options.batchSize);
  nlohmann::ordered_json line = {{"trainer", "mlaas4hep"},
                                 {"events_per_second", events / bestSeconds},
                                 {"events_per_cpu_second", events / bestCpuSeconds},
                                 {"cpu_seconds", bestCpuSeconds},
                                 {"batch_size", options.batchSize},
                                 {"parameters", network.parameters().size()},
                                 {"loss", loss},
                                 {"peak_rss_megabytes", static_cast<double>(usage.ru_maxrss) * 1.024e-3}};
  std::cout << line.dump() << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Training events/s of a small network");
  app.add_option("--batch-size", options.batchSize, "Events a batch")->check(CLI::PositiveNumber);
  app.add_option("--inputs", options.inputs, "Input columns")->check(CLI::PositiveNumber);
  app.add_option("--layers", options.layers, "Widths of the hidden layers");
  app.add_option("--dropout", options.dropout, "Probability")->check(CLI::Range(0.0, 0.99));
  app.add_option("--steps", options.steps, "Batches a round")->check(CLI::PositiveNumber);
  app.add_option("--repeat", options.repeat, "Rounds; the best counts")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
#ifndef NDEBUG
  std::cerr << "train_bench: asserts are on; use the preset 'release' for figures\n";
#endif
  try {
    return measure(options);
  } catch (const std::exception& error) {
    std::cerr << "train_bench: " << error.what() << "\n";
    return 1;
  }
}
