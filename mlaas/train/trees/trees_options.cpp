#include "mlaas/train/trees/trees_options.h"

#include <algorithm>
#include <array>
#include <limits>

#include "mlaas/train/option_reader.h"
#include "mlaas/train/training_options.h"
#include "mlaas/train/trees/tree_objectives.h"

namespace mlaas::train {

namespace {

// Parameters of XGBoost that have another place in a workflow, or only one value here.
struct Reserved {
  std::string_view name;
  std::string_view instead;
};
constexpr std::array kReserved = {
    Reserved{"nthread", "training.threads says how many threads compute"},
    Reserved{"n_jobs", "training.threads says how many threads compute"},
    Reserved{"seed_per_iteration", "it is always true, so that a resumed training draws the same numbers"},
    Reserved{"seed", "training.seed is the seed of all that is random"},
    Reserved{"random_state", "training.seed is the seed of all that is random"},
    Reserved{"num_class", "the labels of the samples say how many classes there are"},
    Reserved{"updater", "model.tree_method says how trees grow"},
    Reserved{"num_feature", "dataset.features says how many there are"},
    Reserved{"process_type", "training always grows new trees"},
    Reserved{"validate_parameters", "parameters are always validated"},
    Reserved{"verbosity", "use mlaas --verbose or --quiet"},
};

void readMetrics(OptionReader& model, const ClassTable& classes, TreeParameters& parameters) {
  const nlohmann::ordered_json given = model.value("eval_metric");
  if (given.is_null()) {  // the last one decides about early stopping
    if (classes.predictsTargets()) {
      parameters.emplace_back("eval_metric", "rmse");
      return;
    }
    if (classes.isBinary()) parameters.emplace_back("eval_metric", "auc");
    parameters.emplace_back("eval_metric", classes.isBinary() ? "logloss" : "mlogloss");
    return;
  }
  for (const auto& metric : given.is_array() ? given : nlohmann::ordered_json::array({given})) {
    if (!metric.is_string()) {
      model.reject("eval_metric", "expected a name or a list of names, found " + given.dump());
      return;
    }
    parameters.emplace_back("eval_metric", metric.get<std::string>());
  }
}

int64_t readRounds(OptionReader& model, int64_t fallback) {
  int given = 0;
  int64_t rounds = fallback;
  for (const char* name : {"rounds", "n_estimators", "num_boost_round"}) {
    if (!model.has(name)) continue;
    rounds = model.integer(name, fallback, 1, 1000000);
    if (++given > 1) model.reject(name, "is another name of an option that is given too; give one of them");
  }
  return rounds;
}

void addPassedOn(OptionReader& model, TreeParameters& parameters) {
  for (const auto& [name, value] : model.remaining()) {
    const auto reserved =
        std::find_if(kReserved.begin(), kReserved.end(), [&name = name](const Reserved& r) { return r.name == name; });
    if (reserved != kReserved.end()) model.reject(name, "is not for a workflow: " + std::string(reserved->instead));
    parameters.emplace_back(name, value);
  }
}

// What is passed on only where another option asks for it.
struct Dependent {
  std::string_view name;
  std::string_view needs;
};
constexpr std::array kDependent = {
    Dependent{"sample_type", "booster: dart"},
    Dependent{"normalize_type", "booster: dart"},
    Dependent{"rate_drop", "booster: dart"},
    Dependent{"one_drop", "booster: dart"},
    Dependent{"skip_drop", "booster: dart"},
    Dependent{"huber_slope", "objective: reg:pseudohubererror"},
    Dependent{"tweedie_variance_power", "objective: reg:tweedie"},
};

// The library would only call these unknown.
void checkDependent(OptionReader& model, const TreeParameters& parameters) {
  for (const Dependent& one : kDependent) {
    const size_t colon = one.needs.find(": ");
    const std::pair<std::string, std::string> needed(one.needs.substr(0, colon), one.needs.substr(colon + 2));
    if (!model.has(std::string(one.name)) || std::ranges::find(parameters, needed) != parameters.end()) continue;
    model.reject(std::string(one.name), "is a parameter of '" + std::string(one.needs) + "' alone");
  }
}

ExternalMemory readExternal(OptionReader& model) {
  const std::string name = model.choice("external_memory", "auto", {"auto", "always", "never"});
  if (name == "auto") return ExternalMemory::kAuto;
  return name == "always" ? ExternalMemory::kAlways : ExternalMemory::kNever;
}

void readModel(OptionReader& model, const ClassTable& classes, TreesOptions& options) {
  auto& parameters = options.parameters;
  options.rounds = readRounds(model, options.rounds);
  options.maxBin = model.integer("max_bin", options.maxBin, 2, 65536);
  options.external = readExternal(model);
  parameters.emplace_back("objective", readObjective(model, classes));
  if (!classes.isBinary() && !classes.predictsTargets())
    parameters.emplace_back("num_class", std::to_string(classes.numClasses()));
  parameters.emplace_back("booster", model.choice("booster", "gbtree", {"gbtree", "dart"}));
  parameters.emplace_back("tree_method", model.choice("tree_method", "hist", {"hist", "approx"}));
  if (parameters.back().second == "approx") {
    // Quantiles anew for each tree, which a quantised matrix cannot give.
    if (options.external == ExternalMemory::kNever) {
      model.reject("external_memory", "tree_method 'approx' reads its data from files; leave 'never' out");
    }
    options.external = ExternalMemory::kAlways;
  }
  parameters.emplace_back("max_bin", std::to_string(options.maxBin));
  parameters.emplace_back("max_depth", std::to_string(model.integer("max_depth", 4, 0, 1000)));
  if (!model.has("eta")) {
    parameters.emplace_back("learning_rate", nlohmann::json(model.number("learning_rate", 0.1, 0, 1)).dump());
  } else if (model.has("learning_rate")) {
    model.reject("eta", "is another name of learning_rate, which is given too; give one of them");
  }
  readMetrics(model, classes, parameters);
  options.columns = ColumnOptions::read(model);
  checkDependent(model, parameters);
  addPassedOn(model, parameters);
}

void readTraining(OptionReader& training, TreesOptions& options) {
  for (const char* name : {"epochs", "batch_size", "optimizer"}) {
    if (training.has(name)) {
      training.reject(name, "is an option of networks; trees have model.rounds and model.learning_rate");
    }
  }
  readEarlyStopping(training, options.patience, options.leastImprovement);
  options.balance = readBalance(training);
  options.negative = readNegative(training, NegativeWeights::kAbsolute);
  if (options.negative == NegativeWeights::kKeep) {
    training.reject("negative_weights",
                    "XGBoost takes no negative weights; use 'absolute', 'drop' or 'pair-annihilate'");
  }
  options.seed = static_cast<uint64_t>(training.integer("seed", 1, 0, std::numeric_limits<int32_t>::max()));
  options.threads = static_cast<int>(training.integer("threads", 1, 1, 1024));
  options.parameters.emplace_back("seed", std::to_string(options.seed));
  options.parameters.emplace_back("seed_per_iteration", "1");
  options.parameters.emplace_back("nthread", std::to_string(options.threads));
  options.parameters.emplace_back("validate_parameters", "1");
  options.parameters.emplace_back("verbosity", "1");
}

}  // namespace

bool TreesOptions::samplesColumns() const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [](const auto& parameter) { return parameter.first.starts_with("colsample_"); });
}

bool TreesOptions::isDart() const {
  return std::ranges::any_of(parameters,
                             [](const auto& one) { return one.first == "booster" && one.second == "dart"; });
}

nlohmann::ordered_json TreesOptions::toJson() const {
  nlohmann::ordered_json json;
  json["rounds"] = rounds;
  for (const auto& [name, value] : parameters) {
    if (name == "validate_parameters" || name == "verbosity") continue;
    if (!json.contains(name)) {
      json[name] = value;
    } else if (json[name].is_array()) {
      json[name].push_back(value);
    } else {
      json[name] = {json[name], value};
    }
  }
  json["early_stopping"] = earlyStoppingJson(patience, leastImprovement);
  json["class_balance"] = balanceName(balance);
  json["negative_weights"] = negativeName(negative);
  return json;
}

Result<TreesOptions> readTreesOptions(const dataset::Workflow& workflow, const ClassTable& classes) {
  TreesOptions options;
  OptionReader model(workflow.model.options, workflow.model.where, "model");
  readModel(model, classes, options);
  MLAAS_CHECK(model.finish());
  OptionReader training(workflow.training, workflow.trainingWhere, "training");
  readTraining(training, options);
  MLAAS_CHECK(training.finish());

  const std::vector<std::string> ourNames = {"rounds",      "n_estimators",    "num_boost_round", "booster",
                                             "eval_metric", "external_memory", "feature_weights"};
  limitTreeThreads(options.threads);
  const int64_t numClasses = classes.predictsTargets() ? 0 : classes.numClasses();
  if (auto result = checkTreeParameters(options.parameters, numClasses, ourNames); !result.ok()) {
    const std::string where = workflow.model.where.empty() ? "" : workflow.model.where + ": ";
    return Error(result.error().code(), where + "model: " + result.error().what());
  }
  return options;
}

}  // namespace mlaas::train
