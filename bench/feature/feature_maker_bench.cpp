// Features of a ttH-like sample from columns in memory: 29 scalars and 8 jets of 5 columns, with and without a
// selection, and single expressions. Fixed seed; the first result is checked against a plain loop before timing.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "mlaas/base/random.h"
#include "mlaas/feature/feature_maker.h"

namespace {

using namespace mlaas;

constexpr int64_t kNumRows = 50'000;  // a cluster
constexpr int kNumScalars = 29;

struct Events {
  std::map<std::string, Column> columns;
  std::vector<table::NamedType> types;

  void add(const std::string& name, Column column) {
    types.push_back({name, column.type});
    columns[name] = std::move(column);
  }
};

const Events& events() {
  static const Events kMade = [] {
    Events sample;
    Random random(1);
    for (int k = 0; k < kNumScalars; ++k) {
      std::vector<float> values(kNumRows);
      for (float& value : values) value = static_cast<float>(100 * random.uniform());
      sample.add("x" + std::to_string(k), makeFlatColumn<float>(values));
    }
    std::vector<int64_t> offsets = {0};
    for (int64_t row = 0; row < kNumRows; ++row) {
      offsets.push_back(offsets.back() + 6 + static_cast<int64_t>(random.below(5)));
    }
    for (const char* name : {"Jet_pt", "Jet_eta", "Jet_phi", "Jet_mass", "Jet_btag"}) {
      std::vector<float> values(static_cast<size_t>(offsets.back()));
      for (float& value : values) value = static_cast<float>(100 * random.uniform());
      sample.add(name, makeJaggedColumn<float>(offsets, values));
    }
    return sample;
  }();
  return kMade;
}

feature::FeatureSpec spec(const std::string& select) {
  feature::FeatureSpec made;
  made.select = select;
  for (int k = 0; k < kNumScalars; ++k) made.scalars.push_back("x" + std::to_string(k));
  made.groups = {{"jets", {"Jet_pt", "Jet_eta", "Jet_phi", "Jet_mass", "Jet_btag"}, 8}};
  return made;
}

Result<Column> lookup(const std::string& name) { return events().columns.at(name); }

void features(benchmark::State& state, const std::string& select) {
  const auto maker = feature::FeatureMaker::make(spec(select), events().types, {}, true).value();
  const auto first = maker.process(lookup, kNumRows).value();
  const auto x1 = events().columns.at("x1").valuesAs<float>();
  for (size_t i = 0; i < first.entries.size(); ++i) {
    if (first.tensors.scalars[i * kNumScalars + 1] != x1[static_cast<size_t>(first.entries[i])]) {
      state.SkipWithError("wrong feature");
      return;
    }
  }
  for (auto _ : state) benchmark::DoNotOptimize(maker.process(lookup, kNumRows).value().tensors.scalars.data());
  state.SetItemsProcessed(state.iterations() * kNumRows);
  state.counters["survivors"] = static_cast<double>(first.entries.size());
}

void expression(benchmark::State& state, const std::string& text) {
  const auto compiled = table::Expression::compile(text, events().types).value();
  std::vector<Column> inputs;
  for (const std::string& name : compiled.columns()) inputs.push_back(events().columns.at(name));
  for (auto _ : state) benchmark::DoNotOptimize(compiled.evaluate(inputs, kNumRows).value().values.get());
  state.SetItemsProcessed(state.iterations() * kNumRows);
}

}  // namespace

BENCHMARK_CAPTURE(features, all, std::string());
BENCHMARK_CAPTURE(features, half, std::string("x0 > 50"));
BENCHMARK_CAPTURE(features, jets, std::string("sum(Jet_pt > 30) >= 6"));
BENCHMARK_CAPTURE(expression, scalar_sum, std::string("x0 + 2 * x1"));
BENCHMARK_CAPTURE(expression, selection, std::string("x0 > 20 && sum(Jet_pt > 30) >= 6"));
BENCHMARK_CAPTURE(expression, mask, std::string("Jet_pt[Jet_btag > 50]"));
BENCHMARK_CAPTURE(expression, leading, std::string("max(Jet_pt)"));
BENCHMARK_CAPTURE(expression, chained, std::string("1 <= x3 <= 16"));
BENCHMARK_CAPTURE(expression, logarithm, std::string("log(x3)"));
// Those that awkward_peer.py computes too.
BENCHMARK_CAPTURE(expression, list_arithmetic, std::string("Jet_pt * Jet_pt + Jet_eta * 2"));
BENCHMARK_CAPTURE(expression, list_sum, std::string("sum(Jet_pt)"));
BENCHMARK_CAPTURE(expression, list_sort, std::string("sort(Jet_pt)"));
BENCHMARK_CAPTURE(expression, list_argsort, std::string("Jet_eta[argsort(Jet_pt)]"));
BENCHMARK_CAPTURE(expression, list_slice, std::string("Jet_pt[:3]"));
BENCHMARK_CAPTURE(expression, pair_sums, std::string("sum(combinations(Jet_pt, 2))"));
BENCHMARK_CAPTURE(expression, pair_masses,
                  std::string("InvariantMass(combinations(Jet_pt, 2), combinations(Jet_eta / 50, 2), "
                              "combinations(Jet_phi / 16, 2), combinations(Jet_mass, 2))"));
BENCHMARK_CAPTURE(
    expression, nearest_distance,
    std::string("nearestDeltaR(Jet_eta, Jet_phi / 16, Jet_eta[Jet_btag > 50], (Jet_phi / 16)[Jet_btag > 50])"));
