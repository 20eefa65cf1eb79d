#include "mlaas/train/trees/trees_options.h"

#include <algorithm>
#include <array>
#include <limits>

#include "mlaas/train/option_reader.h"
#include "mlaas/train/training_options.h"

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
    Reserved{"objective", "without targets it is binary:logistic for two classes and multi:softprob for more"},
    Reserved{"tree_method", "data comes as a stream, which only 'hist' takes"},
    Reserved{"process_type", "training always grows new trees"},
    Reserved{"validate_parameters", "parameters are always validated"},
    Reserved{"verbosity", "use mlaas --verbose or --quiet"},
};

// Constraints count the model's columns, which the check without data does not have.
bool needsColumns(const std::string& name) {
  return name == "monotone_constraints" || name == "interaction_constraints";
}

// XGBoost writes its tuples in round brackets.
std::string parameterText(const std::string& name, std::string value) {
  if (name == "monotone_constraints" && value.size() >= 2 && value.front() == '[') {
    value.front() = '(';
    value.back() = ')';
  }
  return value;
}

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
    parameters.emplace_back(name, parameterText(name, value));
  }
}

// Of a target the user chooses; classes have one each.
std::string readObjective(OptionReader& model, const ClassTable& classes) {
  if (!classes.predictsTargets()) return classes.isBinary() ? "binary:logistic" : "multi:softprob";
  if (classes.targets.size() > 1) {
    model.reject("kind", "trees predict one target, but dataset.targets has " + std::to_string(classes.targets.size()) +
                             "; train one model for each, or a network");
  }
  return model.choice("objective", "reg:squarederror",
                      {"reg:squarederror", "reg:pseudohubererror", "reg:absoluteerror"});
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
  parameters.emplace_back("tree_method", "hist");
  parameters.emplace_back("max_bin", std::to_string(options.maxBin));
  parameters.emplace_back("max_depth", std::to_string(model.integer("max_depth", 4, 0, 1000)));
  if (!model.has("eta")) {
    parameters.emplace_back("learning_rate", nlohmann::json(model.number("learning_rate", 0.1, 0, 1)).dump());
  } else if (model.has("learning_rate")) {
    model.reject("eta", "is another name of learning_rate, which is given too; give one of them");
  }
  readMetrics(model, classes, parameters);
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

  TreeParameters checked = options.parameters;
  std::erase_if(checked, [](const auto& parameter) { return needsColumns(parameter.first); });
  const std::vector<std::string> ourNames = {"rounds",  "n_estimators", "num_boost_round",
                                             "booster", "eval_metric",  "external_memory"};
  limitTreeThreads(options.threads);
  if (auto result = checkTreeParameters(checked, classes.numClasses(), ourNames); !result.ok()) {
    const std::string where = workflow.model.where.empty() ? "" : workflow.model.where + ": ";
    return Error(result.error().code(), where + "model: " + result.error().what());
  }
  return options;
}

}  // namespace mlaas::train
