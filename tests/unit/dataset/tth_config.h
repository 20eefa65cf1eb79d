// The example sample as a dataset, for tests of what reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/dataset/dataset.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

inline std::string tthFiles(const std::string& pattern) {
  return std::string(MLAAS_SOURCE_DIR) + "/examples/tth/data/" + pattern;
}

// Entries of examples/tth/data, as its sample.json says.
inline constexpr int64_t kTthEntries = 6250;
inline constexpr int64_t kTtbarEntries = 6250;
inline constexpr int64_t kMultijetEntries = 2500;

// Sorted by class, as the files are: ttH, ttbar, multijet.
inline DatasetConfig tthConfig() {
  DatasetConfig config;
  config.tree = "Events";
  config.samples = {{"ttH", 1, {tthFiles("tth_*.root")}, "weight", "w.yaml:5:5"},
                    {"ttbar", 0, {tthFiles("ttbar_*.root")}, "weight * 2", "w.yaml:6:5"},
                    {"multijet", 0, {tthFiles("multijet_*.root")}, "", "w.yaml:7:5"}};
  config.identity = {"run", "luminosityBlock", "event"};
  config.features.select = "nJet >= 6";
  config.features.defines = {{"log_ht", "log(ht)"}};
  config.features.scalars = {"log_ht", "met", "nJet"};
  config.features.groups = {{"jets", {"Jet_pt", "Jet_eta", "Jet_btag"}, 6}};
  config.memoryBytes = size_t{64} << 20;
  return config;
}

// What is wrong with a dataset, at its opening or in its pass for the statistics; empty where nothing is.
inline std::string messageOf(const DatasetConfig& config) {
  TaskPool pool(2);
  const auto data = Dataset::open(config, pool, {});
  if (!data.ok()) return data.error().what();
  const auto statistics = (*data)->statistics();
  return statistics.ok() ? std::string() : std::string(statistics.error().what());
}

}  // namespace mlaas::dataset
