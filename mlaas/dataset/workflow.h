// The workflow file: one YAML (or JSON) text that says what to train, on what, and where the result goes.
// Parsed strictly: a wrong key, type or name is kInvalidArgument with file, line, column and the nearest right name.
// Schema: docs/workflow.md. Threads: values.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/damage.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/table/chain/friend_options.h"

namespace mlaas::dataset {

// Tables whose columns stand beside those of a sample's files.
struct SampleFriend {
  table::FriendOptions options;
  std::string where;  // for messages
};

struct Sample {
  std::string name;
  int64_t label = 0;               // -1 where each event has its own
  std::vector<std::string> files;  // paths, patterns, URLs; each may name its tree, as table::FileReference spells it
  std::string weight;              // expression; empty means 1
  std::string where;               // "workflow.yaml:5:12", for messages
  std::string tree = {};           // of files that name none; empty: DatasetConfig::tree
  std::vector<SampleFriend> friends = {};
  // With a cross-section weights are scaled by it, the luminosity and the sum of generator weights of all entries.
  std::optional<double> crossSection = {};         // pb
  std::string generatorWeight = {};                // expression; empty means 1
  std::optional<double> sumGeneratorWeights = {};  // where the files do not have all events that were generated
  std::string labelExpression = {};                // gives the label of each event, 0, 1, ...; empty: `label`
  // Names of the variations that its columns have; in others they are read as they are. Absent: all.
  std::optional<std::vector<std::string>> variations = {};
  double subsample = 1;                            // fraction of the events that are used, chosen by their identity
  std::map<std::string, std::string> places = {};  // of keys that are there: "weight" -> "workflow.yaml:6:20"

  // Where `key` stands, else where the sample does.
  const std::string& whereIs(const std::string& key) const;
};

// Weights of training and validation are multiplied so that each class has the wanted distribution of some variables.
struct Reweighting {
  struct Variable {
    std::string name;           // of a flat column or define
    std::vector<double> edges;  // ascending, at least two; the outermost bins take what lies beyond them
  };
  std::vector<Variable> variables;  // one or two
  std::string reference;            // name of the sample whose distribution is wanted; empty: a flat one
  std::string where;
};

// The share of the rows in an epoch of training that each sample, or each class, has.
struct Mixing {
  enum class Sampling { kUnder, kOver };
  std::vector<double> bySample;  // in the order of samples; empty where shares are those of classes
  std::vector<double> byClass;   // by label
  Sampling sampling = Sampling::kUnder;
  std::string where;
};

// A systematic variation: columns that are read under the names of others.
struct Variation {
  struct Replacement {
    std::string column;
    std::string by;
  };
  std::string name;
  std::vector<Replacement> replacements;
  std::string where;
};

// What takes the place of missing values of the features that `pattern` matches.
struct FillRule {
  std::string pattern;  // a feature's own name goes before patterns, an earlier pattern before a later one
  feature::Fill::Kind kind = feature::Fill::Kind::kNumber;
  double value = 0;       // of kNumber
  bool infinite = false;  // infinities are missing too
  std::string where;
};

struct Split {
  double train = 0.64;
  double validation = 0.16;
  double test = 0.20;
  uint64_t seed = 1;
  // With folds the test part is one of them, and `validation` is a fraction of all others.
  int64_t folds = 0;  // 0: none, else at least 2
  int64_t fold = 0;   // of folds
};

struct DatasetConfig {
  std::string tree;  // empty: the only table of each file
  std::vector<Sample> samples;
  std::vector<std::string> identity;  // integer columns; never features
  feature::FeatureSpec features;      // names may still have wildcards
  Split split;
  size_t memoryBytes = size_t{1} << 30;
  std::optional<double> luminosity = {};  // 1/pb
  std::optional<Reweighting> reweighting = {};
  std::vector<Variation> variations = {};
  std::string variation = {};  // the one that is read; empty: none
  DamagePolicy damaged = {};
  std::optional<Mixing> mixing = {};
  // Where "select", "define NAME", "target NAME", "scalars" and "group NAME" stand, for messages.
  std::map<std::string, std::string> places = {};
  std::vector<std::string> classes = {};  // names by label; empty: those of the samples
  // Flat columns or defines that a model is to predict, numbers of each event; empty: it tells classes apart.
  std::vector<std::string> targets = {};
  std::vector<FillRule> fills = {};

  // Where one of `places` stands; empty where it is not known.
  std::string whereIs(const std::string& place) const;
};

// Whether a sample takes labels from its events.
bool hasEventLabels(const DatasetConfig& config);

// By label: the names that the workflow gives, or those of the samples of each label, joined by '+'.
std::vector<std::string> classNames(const DatasetConfig& config);

// Labels are 0 to numClasses - 1 in a workflow that was read.
int64_t numClasses(const DatasetConfig& config);

struct ModelConfig {
  std::string kind;                // "mlp" or "trees"
  nlohmann::ordered_json options;  // the other keys, an object; checked by the trainer of that kind
  std::string where;
};

struct Workflow {
  std::string name;
  DatasetConfig dataset;
  ModelConfig model;
  nlohmann::ordered_json training;  // an object; checked by the trainer
  std::string trainingWhere;
  nlohmann::ordered_json evaluation;  // an object; checked by train::readEvaluationOptions
  nlohmann::ordered_json compare;     // a list of names of traditional methods, or null; checked there too
  std::string output;
  std::string file;  // where it was read from
  std::string text;  // the resolved workflow as canonical JSON, for the bundle; parses to the same workflow
  std::map<std::string, std::string> places;  // "model.layers" -> "workflow.yaml:20:31", of every key

  // Where a key stands ("training.optimizer.lr"), for messages; of the nearest map above it where the key is absent.
  std::string where(std::string_view path) const;
};

// Reads a workflow; `settings` are "a.b=c" overrides, c being YAML. Environment variables that it names are expanded; a
// file may include others, a text may not.
Result<Workflow> readWorkflow(const std::string& path, const std::vector<std::string>& settings);
Result<Workflow> parseWorkflow(const std::string& text, const std::string& nameForMessages,
                               const std::vector<std::string>& settings);

}  // namespace mlaas::dataset
