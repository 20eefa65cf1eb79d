#include "mlaas/train/neural/mlp_options.h"

#include <limits>
#include <map>

#include "mlaas/train/option_reader.h"
#include "mlaas/train/training_options.h"

namespace mlaas::train {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const std::map<std::string, model::Activation>& activations() {
  using model::Activation;
  static const std::map<std::string, Activation> kActivations = {
      {"relu", Activation::kRelu}, {"elu", Activation::kElu},   {"selu", Activation::kSelu},
      {"gelu", Activation::kGelu}, {"silu", Activation::kSilu}, {"tanh", Activation::kTanh}};
  return kActivations;
}

void readOptimizer(OptionReader& reader, AdamOptions& adam) {
  const std::string kind = reader.choice("kind", "adam", {"adam", "adamw"});
  adam.decoupled = kind == "adamw";
  adam.learningRate = reader.number("lr", adam.learningRate, 0, kInfinity);
  const auto betas = reader.numbers("betas", {adam.beta1, adam.beta2}, 0, 0.9999999);
  if (betas.size() == 2) {
    adam.beta1 = betas[0];
    adam.beta2 = betas[1];
  } else {
    reader.reject("betas", "expected two numbers, found " + std::to_string(betas.size()));
  }
  adam.epsilon = reader.number("epsilon", adam.epsilon, 0, 1);
  adam.weightDecay = reader.number("weight_decay", adam.decoupled ? 0.01 : 0, 0, kInfinity);
}

void readChunks(OptionReader& training, ChunkOptions& chunks) {
  if (!training.has("chunks")) return;
  OptionReader& reader = training.section("chunks");
  chunks.events = reader.integer("events", 0, 1, 10000000);
  if (chunks.events == 0) reader.reject("events", "is missing: the events of a chunk");
  chunks.passes = reader.integer("passes", chunks.passes, 1, 1000000);
}

}  // namespace

nlohmann::ordered_json MlpOptions::toJson() const {
  nlohmann::ordered_json json;
  json["layers"] = layers;
  json["dropout"] = dropout;
  json["activation"] = activationName;
  json["scaling"] = scaling.toJson();
  json["epochs"] = epochs;
  json["batch_size"] = batchSize;
  if (chunks.events > 0) json["chunks"] = {{"events", chunks.events}, {"passes", chunks.passes}};
  json["optimizer"] = {{"kind", optimizer.decoupled ? "adamw" : "adam"},
                       {"lr", optimizer.learningRate},
                       {"betas", {optimizer.beta1, optimizer.beta2}},
                       {"epsilon", optimizer.epsilon},
                       {"weight_decay", optimizer.weightDecay}};
  json["early_stopping"] = earlyStoppingJson(patience, leastImprovement);
  json["class_balance"] = balanceName(balance);
  json["negative_weights"] = negativeName(negative);
  json["seed"] = seed;
  json["threads"] = threads;
  return json;
}

Result<MlpOptions> readMlpOptions(const dataset::Workflow& workflow) {
  MlpOptions options;
  OptionReader model(workflow.model.options, workflow.model.where, "model");
  options.layers = model.integers("layers", options.layers, 1, 65536);
  if (options.layers.size() > 64) model.reject("layers", "expected at most 64 layers");
  options.dropout = model.number("dropout", 0, 0, 0.99);
  std::vector<std::string> names;
  for (const auto& [name, activation] : activations()) names.push_back(name);
  options.activationName = model.choice("activation", "relu", names);
  options.activation = activations().at(options.activationName);
  model.value("scaling");  // read below
  MLAAS_CHECK(model.finish());
  MLAAS_TRY(options.scaling, ScalingRules::read(workflow));

  OptionReader training(workflow.training, workflow.trainingWhere, "training");
  options.epochs = training.integer("epochs", options.epochs, 1, 1000000);
  options.batchSize = training.integer("batch_size", options.batchSize, 1, 10000000);
  readChunks(training, options.chunks);
  readOptimizer(training.section("optimizer"), options.optimizer);
  readEarlyStopping(training, options.patience, options.leastImprovement);
  options.balance = readBalance(training);
  options.negative = readNegative(training, NegativeWeights::kKeep);
  options.seed = static_cast<uint64_t>(training.integer("seed", 1, 0, std::numeric_limits<int32_t>::max()));
  options.threads = static_cast<int>(training.integer("threads", 1, 1, 1024));
  MLAAS_CHECK(training.finish());
  return options;
}

}  // namespace mlaas::train
