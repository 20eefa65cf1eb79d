// Measures training events/s of a small network. Prints one line of JSON; see README.md.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "mlaas/base/random.h"
#include "mlaas/train/neural/flat_optimizer.h"
#include "mlaas/train/neural/network_architecture.h"
#include "mlaas/train/neural/torch_network.h"

namespace {

using namespace mlaas;
using Clock = std::chrono::steady_clock;

constexpr double kLearningRate = 1e-3;

struct Options {
  int64_t inputs = 29;
  std::vector<int64_t> layers = {128, 64};
  int64_t batchSize = 1000;
  int64_t steps = 400;
  int repeat = 5;
  double dropout = 0;
  bool sets = false;  // deep sets on lists of `length` elements at most instead of a perceptron
  int64_t columns = 6;
  int64_t length = 10;
};

struct Batch {
  train::NetworkRows rows;
  std::vector<int32_t> label;
  std::vector<float> weight;
};

// A row of numbers that the label shifts a little.
void addRow(Random& random, int64_t width, int32_t label, std::vector<float>& to) {
  for (int64_t i = 0; i < width; ++i) to.push_back(static_cast<float>(3.4 * (random.uniform() - 0.5) + 0.1 * label));
}

// Lists have 3 elements at least, and every length above is as frequent.
std::vector<Batch> makeBatches(const Options& options, size_t count) {
  Random random(1);
  std::vector<Batch> batches(count);
  for (Batch& batch : batches) {
    batch.rows.rows = options.batchSize;
    batch.rows.groups = {{{}, {0}}};
    for (int64_t row = 0; row < options.batchSize; ++row) {
      batch.label.push_back(random.uniform() < 0.5 ? 1 : 0);
      batch.weight.push_back(static_cast<float>(0.5 + random.uniform()));
      addRow(random, options.inputs, batch.label.back(), options.sets ? batch.rows.scalars : batch.rows.flat);
      auto& group = batch.rows.groups.front();
      const int64_t elements = 3 + static_cast<int64_t>(random.below(static_cast<uint64_t>(options.length - 2)));
      addRow(random, elements * options.columns, batch.label.back(), group.elements);
      group.offsets.push_back(group.offsets.back() + elements);
    }
  }
  return batches;
}

Result<model::Network> makeNetwork(const Options& options) {
  feature::FeatureSpec features;
  features.scalars.resize(static_cast<size_t>(options.inputs));
  nlohmann::ordered_json model = {{"dropout", options.dropout}};
  if (options.sets) {
    features.groups = {{"jets", std::vector<std::string>(static_cast<size_t>(options.columns)), options.length}};
  } else {
    model["layers"] = options.layers;
  }
  train::OptionReader reader(model, "", "model");
  const auto architecture = options.sets ? train::readDeepSets(reader) : train::readMlp(reader);
  MLAAS_CHECK(reader.finish());
  return architecture->build(features, {train::OutputForm::Kind::kClasses, 1});
}

double cpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Mean loss of `steps` steps.
double trainSteps(train::TorchNetwork& network, train::FlatOptimizer& adam, std::vector<Batch>& batches,
                  int64_t steps) {
  double loss = 0;
  int64_t events = 0;
  for (int64_t step = 0; step < steps; ++step) {
    Batch& batch = batches[static_cast<size_t>(step) % batches.size()];
    const train::Truth truth{.label = batch.label, .target = {}, .weight = batch.weight};
    loss += network.trainStep(batch.rows, truth, {}, static_cast<uint64_t>(step)).value();
    adam.step(network.weights(), network.gradients(), kLearningRate);
    events += static_cast<int64_t>(batch.label.size());
  }
  return loss / static_cast<double>(events);
}

int measure(const Options& options) {
  auto batches = makeBatches(options, 32);
  train::TorchNetwork network = train::TorchNetwork::make(makeNetwork(options).value(), 1, 1).value();
  train::FlatOptimizer adam(network.weights().size(), {});
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
                                 {"model", options.sets ? "deepsets" : "mlp"},
                                 {"events_per_second", events / bestSeconds},
                                 {"events_per_cpu_second", events / bestCpuSeconds},
                                 {"cpu_seconds", bestCpuSeconds},
                                 {"batch_size", options.batchSize},
                                 {"parameters", network.weights().size()},
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
  app.add_flag("--deepsets", options.sets, "Deep sets with 128-128-128 before and behind the sum");
  app.add_option("--columns", options.columns, "Columns of an element")->check(CLI::PositiveNumber);
  app.add_option("--length", options.length, "Most elements of a list")->check(CLI::Range(3, 1000));
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
