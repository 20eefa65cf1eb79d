#include "mlaas/train/neural/network_options.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "mlaas/train/option_reader.h"
#include "mlaas/train/training_options.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;
using Optimizer = OptimizerOptions::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::array<std::pair<const char*, Optimizer>, 4> kOptimizers = {
    {{"adam", Optimizer::kAdam}, {"adamw", Optimizer::kAdamW}, {"sgd", Optimizer::kSgd}, {"radam", Optimizer::kRadam}}};

void readOptimizer(OptionReader& reader, OptimizerOptions& options) {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kOptimizers) names.emplace_back(name);
  const std::string chosen = reader.choice("kind", "adam", names);
  options.kind = std::ranges::find(kOptimizers, chosen, [](const auto& one) { return std::string(one.first); })->second;
  const bool isSgd = options.kind == Optimizer::kSgd;
  options.learningRate = reader.number("lr", isSgd ? 0.01 : options.learningRate, 0, kInfinity);
  options.weightDecay = reader.number("weight_decay", options.kind == Optimizer::kAdamW ? 0.01 : 0, 0, kInfinity);
  if (isSgd) {
    options.momentum = reader.number("momentum", 0, 0, 0.9999999);
    options.nesterov = reader.flag("nesterov", false);
    if (options.nesterov && options.momentum <= 0) reader.reject("nesterov", "needs a momentum above 0");
    return;
  }
  const auto betas = reader.numbers("betas", {options.beta1, options.beta2}, 0, 0.9999999);
  if (betas.size() == 2) {
    options.beta1 = betas[0];
    options.beta2 = betas[1];
  } else {
    reader.reject("betas", "expected two numbers, found " + std::to_string(betas.size()));
  }
  options.epsilon = reader.number("epsilon", options.epsilon, 0, 1);
}

Json optimizerJson(const OptimizerOptions& options) {
  Json json;
  json["kind"] = std::ranges::find(kOptimizers, options.kind, [](const auto& one) { return one.second; })->first;
  json["lr"] = options.learningRate;
  if (options.kind == Optimizer::kSgd) {
    json["momentum"] = options.momentum;
    json["nesterov"] = options.nesterov;
  } else {
    json["betas"] = {options.beta1, options.beta2};
    json["epsilon"] = options.epsilon;
  }
  json["weight_decay"] = options.weightDecay;
  return json;
}

void readChunks(OptionReader& training, ChunkOptions& chunks) {
  if (!training.has("chunks")) return;
  OptionReader& reader = training.section("chunks");
  chunks.events = reader.integer("events", 0, 1, 10000000);
  if (chunks.events == 0) reader.reject("events", "is missing: the events of a chunk");
  chunks.passes = reader.integer("passes", chunks.passes, 1, 1000000);
}

constexpr std::array<std::pair<const char*, LossOptions::Kind>, 6> kLosses = {
    {{"cross_entropy", LossOptions::Kind::kCrossEntropy},
     {"focal", LossOptions::Kind::kFocal},
     {"squared", LossOptions::Kind::kSquared},
     {"huber", LossOptions::Kind::kHuber},
     {"quantile", LossOptions::Kind::kQuantile},
     {"flags", LossOptions::Kind::kFlags}}};

const char* nameOf(LossOptions::Kind kind) {
  return std::ranges::find(kLosses, kind, [](const auto& one) { return one.second; })->first;
}

// Those of classes, or those of targets.
void readLoss(OptionReader& training, bool hasTargets, bool reproduces, LossOptions& loss) {
  if (reproduces) {
    loss.kind = LossOptions::Kind::kSquared;
    for (const char* key : {"loss", "label_smoothing"}) {
      if (training.has(key)) training.reject(key, "an autoencoder learns by the squared error; leave this out");
    }
    return;
  }
  loss.kind = hasTargets ? LossOptions::Kind::kSquared : LossOptions::Kind::kCrossEntropy;
  if (training.has("loss")) {
    OptionReader& reader = training.section("loss");
    std::vector<std::string> names;
    for (const auto& [name, kind] : kLosses) {
      if (LossOptions{.kind = kind}.usesTargets() == hasTargets) names.emplace_back(name);
    }
    const std::string chosen = reader.choice("kind", nameOf(loss.kind), names);
    loss.kind = std::ranges::find(kLosses, chosen, [](const auto& one) { return std::string(one.first); })->second;
    if (loss.kind == LossOptions::Kind::kFocal) loss.gamma = reader.number("gamma", loss.gamma, 0, 100);
    if (loss.kind == LossOptions::Kind::kHuber) loss.delta = reader.number("delta", loss.delta, 1e-6, 1e6);
    if (loss.kind == LossOptions::Kind::kQuantile) loss.level = reader.number("level", loss.level, 0.001, 0.999);
  }
  loss.smoothing = training.number("label_smoothing", 0, 0, 1);
  if (loss.smoothing > 0 && loss.kind != LossOptions::Kind::kCrossEntropy) {
    training.reject("label_smoothing", "goes with the cross entropy only, not with another loss");
  }
}

Json lossJson(const LossOptions& loss) {
  Json json = {{"kind", nameOf(loss.kind)}};
  if (loss.kind == LossOptions::Kind::kFocal) json["gamma"] = loss.gamma;
  if (loss.kind == LossOptions::Kind::kHuber) json["delta"] = loss.delta;
  if (loss.kind == LossOptions::Kind::kQuantile) json["level"] = loss.level;
  return json;
}

Precision readPrecision(OptionReader& training) {
  const std::string name = training.choice("precision", "float32", {"float32", "bfloat16", "float16"});
  if (name == "float16") {
    training.reject("precision",
                    "float16 needs a GPU, and networks are trained on the processor; use bfloat16 or float32");
  }
  return name == "bfloat16" ? Precision::kBfloat16 : Precision::kFloat32;
}

void readTraining(OptionReader& training, bool hasTargets, NetworkOptions& options) {
  options.epochs = training.integer("epochs", options.epochs, 1, 1000000);
  options.batchSize = training.integer("batch_size", options.batchSize, 1, 10000000);
  readChunks(training, options.chunks);
  readLoss(training, hasTargets, !options.architecture->reproduces().empty(), options.loss);
  readOptimizer(training.section("optimizer"), options.optimizer);
  options.schedule.read(training);
  options.gradientClipping = training.number("gradient_clipping", 0, 0, kInfinity);
  options.averaging = training.number("averaging", 0, 0, 0.9999999);
  readEarlyStopping(training, options.patience, options.leastImprovement);
  options.balance = readBalance(training);
  options.negative = readNegative(training, NegativeWeights::kKeep);
  options.seed = static_cast<uint64_t>(training.integer("seed", 1, 0, std::numeric_limits<int32_t>::max()));
  options.threads = static_cast<int>(training.integer("threads", 1, 1, 1024));
  options.precision = readPrecision(training);
}

}  // namespace

int64_t NetworkOptions::stepsFor(int64_t events) const {
  const auto steps = [this](int64_t number) { return (number + batchSize - 1) / batchSize; };
  if (chunks.events == 0) return steps(events);
  return chunks.passes * (events / chunks.events * steps(chunks.events) + steps(events % chunks.events));
}

Result<model::Network> NetworkOptions::build(const feature::FeatureSpec& features, OutputForm form) const {
  auto network = architecture->build(features, form);
  if (!network.ok() && !where.empty()) return std::move(network).error().within(where);
  return network;
}

Json NetworkOptions::toJson() const {
  Json json;
  architecture->describe(json);
  json["scaling"] = scaling.toJson();
  json["epochs"] = epochs;
  json["batch_size"] = batchSize;
  if (chunks.events > 0) json["chunks"] = {{"events", chunks.events}, {"passes", chunks.passes}};
  json["loss"] = lossJson(loss);
  if (loss.kind == LossOptions::Kind::kCrossEntropy) json["label_smoothing"] = loss.smoothing;
  json["optimizer"] = optimizerJson(optimizer);
  json["schedule"] = schedule.toJson();
  json["gradient_clipping"] = gradientClipping;
  json["averaging"] = averaging;
  json["early_stopping"] = earlyStoppingJson(patience, leastImprovement);
  json["class_balance"] = balanceName(balance);
  json["negative_weights"] = negativeName(negative);
  json["seed"] = seed;
  json["threads"] = threads;
  json["precision"] = precision == Precision::kBfloat16 ? "bfloat16" : "float32";
  return json;
}

Result<NetworkOptions> readNetworkOptions(const std::string& kind, ArchitectureReader readArchitecture,
                                          const dataset::Workflow& workflow) {
  NetworkOptions options;
  options.kind = kind;
  options.where = workflow.model.where;
  OptionReader model(workflow.model.options, workflow.model.where, "model");
  options.architecture = readArchitecture(model);
  model.value("scaling");  // read below
  MLAAS_CHECK(model.finish());
  MLAAS_TRY(options.scaling, ScalingRules::read(workflow));
  OptionReader training(workflow.training, workflow.trainingWhere, "training");
  readTraining(training, !workflow.dataset.targets.empty(), options);
  MLAAS_CHECK(training.finish());
  return options;
}

}  // namespace mlaas::train
