// Measures rows/s of boosted trees in our kernel and in XGBoost's own in-place prediction, one thread, for some sizes of
// batches. The scores must agree. Prints one line of JSON for each size; see README.md.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "mlaas/base/random.h"
#include "mlaas/model/trees/tree_kernel.h"
#include "mlaas/model/trees/tree_model.h"
#include "mlaas/train/trees/xgboost_library.h"

namespace {

using namespace mlaas;
using Clock = std::chrono::steady_clock;

struct Options {
  int64_t columns = 69;
  int rounds = 200;
  int depth = 4;
  double missing = 0.2;
  double seconds = 0.3;
  std::vector<int64_t> sizes = {1, 8, 32, 100, 1000, 10000};
};

constexpr int64_t kTrainingRows = 20000;

// Rows of which some values are missing, in one batch.
class Rows final : public train::TreeSource {
 public:
  explicit Rows(const Options& options) {
    Random random(1);
    for (int64_t row = 0; row < kTrainingRows; ++row) {
      float score = 0;
      for (int64_t column = 0; column < options.columns; ++column) {
        const auto value = static_cast<float>(random.uniform() - 0.5);
        score += column % 2 == 0 ? value : value * value;
        const bool isMissing = random.uniform() < options.missing;
        batch_.values.push_back(isMissing ? std::numeric_limits<float>::quiet_NaN() : value);
      }
      batch_.label.push_back(score > static_cast<float>(random.uniform()) * 4 ? 1.0F : 0.0F);
      batch_.weight.push_back(1);
    }
  }
  void reset() override { given_ = false; }
  Result<bool> next(train::TreeBatch& batch) override {
    if (std::exchange(given_, true)) return false;
    batch = batch_;
    return true;
  }
  const std::vector<float>& values() const { return batch_.values; }

 private:
  train::TreeBatch batch_;
  bool given_ = false;
};

// Rows a second of `predict`, called again and again on batches that follow one another.
template <typename Predict>
double rate(const Options& options, int64_t size, const Predict& predict) {
  int64_t rows = 0;
  int64_t first = 0;
  const auto start = Clock::now();
  double passed = 0;
  while (passed < options.seconds) {
    for (int i = 0; i < 8; ++i) {
      predict(first);
      rows += size;
      first = first + 2 * size <= kTrainingRows ? first + size : 0;
    }
    passed = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return static_cast<double>(rows) / passed;
}

train::Booster trained(const Options& options, Rows& rows) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < options.columns; ++i) names.push_back("x" + std::to_string(i));
  const auto matrix = train::TreeMatrix::quantise(rows, names, 256, 1, nullptr).value();
  auto booster = train::Booster::make({&matrix}, {{"objective", "binary:logistic"},
                                                  {"tree_method", "hist"},
                                                  {"nthread", "1"},
                                                  {"eta", "0.1"},
                                                  {"max_depth", std::to_string(options.depth)}})
                     .value();
  for (int round = 0; round < options.rounds; ++round) booster.boost(round, matrix).value();
  return booster;
}

bool measure(const Options& options, const train::Booster& booster, const model::TreeModel& trees,
             const std::vector<float>& values, int64_t size) {
  const auto part = [&](int64_t first) {
    return std::span(values).subspan(static_cast<size_t>(first * options.columns),
                                     static_cast<size_t>(size * options.columns));
  };
  std::vector<float> ours(static_cast<size_t>(size));
  std::vector<float> theirs;
  const auto own = [&](int64_t first) { model::predictTrees(trees, part(first), size, ours); };
  const auto peer = [&](int64_t first) { booster.predict(part(first), options.columns, theirs).value(); };
  own(0);
  peer(0);
  double apart = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    apart = std::max(apart, std::abs(static_cast<double>(ours[i]) - static_cast<double>(theirs[i])));
  }
  const double ownRate = rate(options, size, own);
  const double peerRate = rate(options, size, peer);
  const nlohmann::ordered_json line = {{"rows", size},
                                       {"trees", options.rounds},
                                       {"depth", options.depth},
                                       {"rows_per_second", ownRate},
                                       {"xgboost_rows_per_second", peerRate},
                                       {"ratio", ownRate / peerRate},
                                       {"largest_difference", apart}};
  std::cout << line.dump() << "\n";
  return apart < 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Boosted trees in our kernel, next to XGBoost's prediction");
  app.add_option("--columns", options.columns)->check(CLI::PositiveNumber);
  app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber);
  app.add_option("--depth", options.depth)->check(CLI::PositiveNumber);
  app.add_option("--missing", options.missing)->check(CLI::Range(0.0, 1.0));
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--sizes", options.sizes)->check(CLI::Range(int64_t{1}, kTrainingRows));
  CLI11_PARSE(app, argc, argv);
  try {
    train::limitTreeThreads(1);
    Rows rows(options);
    const train::Booster booster = trained(options, rows);
    const model::TreeModel trees = model::readXgboostJson(booster.toJson().value()).value();
    bool good = true;
    for (const int64_t size : options.sizes) good = measure(options, booster, trees, rows.values(), size) && good;
    return good ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << "tree_kernel_bench: " << error.what() << "\n";
    return 1;
  }
}
