// What one pass over a dataset finds out: moments of every feature, events and sums of weights of every sample.
// Partial results of single reading units are merged in a fixed order, so that the result does not depend on threads.
// Units: features keep the unit of their column; deviations are those of the population.
// Threads: values.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/identity_split.h"
#include "mlaas/dataset/quantile_sketch.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/feature/transform.h"

namespace mlaas::dataset {

struct FeatureStatistics {
  std::string name;  // scalar, or jagged column (over its elements within the length)
  int64_t count = 0;
  double mean = 0;  // unweighted
  double deviation = 0;
  double minimum = 0;
  double maximum = 0;
  int64_t numFilled = 0;  // missing values, which count in nothing else
  // Where they were asked for.
  double logarithmMean = 0;  // of feature::signedLogarithm of the values
  double logarithmDeviation = 0;
  std::optional<QuantileSketch> quantiles = {};
};

// Events and their weights, by part.
struct EventSums {
  std::array<int64_t, 3> selected = {};
  std::array<double, 3> sumWeights = {};
  std::array<double, 3> sumAbsoluteWeights = {};
  std::array<int64_t, 3> numNegative = {};  // events with a weight below 0

  void add(Part part, double weight);
  void add(const EventSums& other);
  nlohmann::ordered_json json(Part part) const;
};

// What a trainer wants to know of a feature beside its moments.
struct FeatureNeeds {
  bool logarithm = false;
  bool quantiles = false;
};
// In the order of momentNames(); empty where nothing more is needed.
using StatisticsNeeds = std::vector<FeatureNeeds>;

struct SampleStatistics {
  std::string name;
  int64_t label = 0;  // -1 where events have their own
  std::vector<std::string> files;
  int64_t numEntries = 0;                         // before the selection
  std::array<int64_t, 3> selected = {};           // by part
  std::array<double, 3> sumWeights = {};          // by part
  std::array<double, 3> sumAbsoluteWeights = {};  // by part, of |weight|
  std::array<int64_t, 3> numNegative = {};        // by part, selected events with a weight below 0
  std::vector<EventSums> byClass = {};            // by label, where events have their own; else empty
  std::string labelExpression = {};
  nlohmann::ordered_json identity = {};  // events whose identity stands twice in the sample, see DuplicateFinder
  double timesInEpoch = 1;               // how often a mixed epoch has an event of the training part, on average
};

// From one pass over all data; features over the training part only.
struct Statistics {
  std::vector<FeatureStatistics> scalars;
  std::vector<std::vector<FeatureStatistics>> groups;  // [group][column]
  std::vector<FeatureStatistics> targets = {};
  std::vector<SampleStatistics> samples;

  // Selected events of one part, all samples together.
  int64_t numSelected(Part part) const;
  // Selected events of all samples that have this label.
  EventSums ofClass(int64_t label) const;
  // Rows of a mixed epoch of the training part, within the rounding of read units.
  double rowsOfMixedEpoch() const;
  nlohmann::ordered_json toJson() const;
};

// The transform that the statistics suggest: inverseScale = 1 / deviation, 1 where the feature is constant.
feature::Transform standardise(const FeatureStatistics& feature);
std::vector<feature::Transform> standardise(const std::vector<FeatureStatistics>& features);

// Count, mean and spread of numbers, mergeable (Chan, Golub, LeVeque 1979).
struct Moments {
  int64_t count = 0;
  double mean = 0;
  double sumSquares = 0;  // of the differences from the mean
  double minimum = 0;
  double maximum = 0;
  void merge(const Moments& other);
};

// How many values of a feature are no finite numbers, and where the first is.
struct NonFinite {
  int64_t count = 0;
  int64_t firstRow = 0;  // in the block looked at, later in the dataset
  float firstValue = 0;
};

// Moments and findings of every feature of one block of rows; features in the order of momentNames().
class FeatureMoments {
 public:
  std::vector<Moments> moments;
  std::vector<NonFinite> nonFinite;
  std::vector<int64_t> numFilled;                        // of the training part
  std::vector<Moments> logarithms;                       // where needed
  std::vector<std::optional<QuantileSketch>> quantiles;  // where needed

  explicit FeatureMoments(size_t numFeatures = 0);
  // What `spec` fills is missing, and no finding. `seed` decides what sketches keep.
  FeatureMoments(const feature::FeatureSpec& spec, const StatisticsNeeds& needs, uint64_t seed);
  // Adds the rows of `tensors`: moments from those where parts[row] is kTrain, non-finite values from all;
  // rowNumbers[row] is what NonFinite::firstRow becomes.
  void add(const feature::Tensors& tensors, std::span<const Part> parts, std::span<const int64_t> rowNumbers);
  void merge(const FeatureMoments& other);

  // Memory of one sketch at most.
  static size_t sketchBytes();

 private:
  // Values of one feature of one block.
  struct Values;
  void addFeature(size_t feature, const Values& values);

  std::vector<std::optional<feature::Fill>> fills_;
  StatisticsNeeds needs_;
};

// The scalars, then every group's columns.
std::vector<std::string> momentNames(const feature::FeatureSpec& spec);

// The fills of `spec` with their values. kInvalidArgument where a mean or median is that of no value.
Result<std::vector<feature::Fill>> valuesOfFills(const feature::FeatureSpec& spec, const Statistics& statistics);

// Fills `statistics` scalars and groups from the moments of all rows.
void assignFeatures(const FeatureMoments& moments, const feature::FeatureSpec& spec, Statistics& statistics);
// Fills its targets from the moments of all rows, in their order.
void assignTargets(const FeatureMoments& moments, std::span<const std::string> targets, Statistics& statistics);

}  // namespace mlaas::dataset
