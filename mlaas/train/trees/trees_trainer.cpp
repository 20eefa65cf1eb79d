#include "mlaas/train/trees/trees_trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "mlaas/base/log.h"
#include "mlaas/feature/feature_maker.h"
#include "mlaas/train/prefetcher.h"
#include "mlaas/train/training_options.h"
#include "mlaas/train/trees/tree_loading.h"
#include "mlaas/train/trees/trees_model.h"
#include "mlaas/train/trees/trees_options.h"
#include "mlaas/train/trees/xgboost_library.h"
#include "mlaas/train/weight_pairing.h"

namespace mlaas::train {

namespace {

constexpr int64_t kRoundsBetweenRenewals = 25;

// Metrics of XGBoost that rise as the model gets better.
bool risesWhenBetter(const std::string& metric) {
  const std::string name = metric.substr(0, metric.find('@'));
  return name == "auc" || name == "aucpr" || name == "map" || name == "ndcg" || name == "pre";
}

void warnOfNegativeWeights(const WeightScale& scale, NegativeWeights negative) {
  if (!(scale.negativeFraction() > 0) || negative == NegativeWeights::kPair) return;
  char text[160];
  std::snprintf(text, sizeof text, "%.3g %% of the training events have a negative weight, which XGBoost refuses; %s ",
                100 * scale.negativeFraction(),
                negative == NegativeWeights::kDrop ? "they are dropped" : "their absolute value is used");
  log::warning(std::string(text) + "(training.negative_weights: absolute, drop or pair-annihilate)");
}

// One training from its first to its last round.
class TreesTraining {
 public:
  TreesTraining(const TreesOptions& options, const TrainingInput& input, WeightScale scale)
      : options_(options),
        input_(input),
        scale_(std::move(scale)),
        stopping_(options.patience, options.leastImprovement) {
    history_.unit = "round";
  }

  Result<TrainingOutcome> run() {
    MLAAS_TRY(parameters_, parametersOf(options_, input_));
    MLAAS_TRY(const TreeMatrices loaded, loadTreeMatrices(input_, scale_, options_));
    const TreeMatrix& train = loaded.train;
    const bool validates = loaded.validation.has_value();
    if (!validates) log::warning("the validation part is empty: no early stopping, all rounds are kept");
    matrices_ = {&train};
    if (validates) matrices_.push_back(&*loaded.validation);
    MLAAS_TRY(Booster booster, begin());
    MLAAS_CHECK(boost(booster, train, validates ? &*loaded.validation : nullptr));
    if (history_.bestEpoch < static_cast<int64_t>(history_.epochs.size())) {
      MLAAS_TRY(booster, bestOf(booster));
    }
    MLAAS_TRY(auto model, makeTreesModel(std::move(booster), input_.data->features(), options_, history_.bestEpoch));
    return TrainingOutcome{std::move(model), std::move(history_)};
  }

 private:
  // From XGBoost's 0.5 the first rounds would do nothing but reach the mean of the target; of several it is that of all.
  static Result<TreeParameters> parametersOf(const TreesOptions& options, const TrainingInput& input) {
    TreeParameters parameters = options.parameters;
    const auto& targets = input.statistics->targets;
    const bool given = std::ranges::any_of(parameters, [](const auto& one) { return one.first == "base_score"; });
    if (!targets.empty() && !given) {
      double mean = 0;
      for (const auto& target : targets) mean += target.mean / static_cast<double>(targets.size());
      parameters.emplace_back("base_score", nlohmann::json(mean).dump());
    }
    MLAAS_TRY(const TreeParameters ofColumns,
              options.columns.parameters(feature::treeFeatureNames(input.data->features())));
    parameters.insert(parameters.end(), ofColumns.begin(), ofColumns.end());
    return parameters;
  }

  // A new booster, or that of the checkpoint with the history until then.
  Result<Booster> begin() {
    const auto* state =
        input_.checkpoints != nullptr && input_.checkpoints->resumed() ? &*input_.checkpoints->resumed() : nullptr;
    if (state == nullptr) return Booster::make(matrices_, parameters_);
    try {
      history_ = restoreHistory(state->values.at("history"));
      stopping_.restore(state->values.at("early_stopping"));
      if (options_.isDart()) best_ = state->blobs.at("best");
      return Booster::restore(matrices_, parameters_, state->blobs.at("booster"));
    } catch (const std::exception& failure) {
      return Error(ErrorCode::kCorrupt, std::string("the checkpoint is none of trees: ") + failure.what());
    }
  }

  // The trees of the best round. DART goes on changing the weights of earlier trees, so that it is kept as it was.
  Result<Booster> bestOf(const Booster& booster) const {
    if (options_.isDart()) return Booster::restore(matrices_, parameters_, best_);
    return booster.first(static_cast<int>(history_.bestEpoch));
  }

  TrainingState stateOf(std::string booster) const {
    TrainingState state;
    state.values = {{"history", historyState(history_)}, {"early_stopping", stopping_.state()}};
    state.blobs["booster"] = std::move(booster);
    if (options_.isDart()) state.blobs["best"] = best_;
    return state;
  }

  // Between two rounds. The sampler of columns draws from a state of its own, which no serialised booster has: there the
  // booster is made anew from its own bytes every some rounds, and only there are states kept.
  Result<void> keep(Booster& booster, bool isLast) {
    const auto round = static_cast<int64_t>(history_.epochs.size());
    const bool renews = options_.samplesColumns() && !isLast && round % kRoundsBetweenRenewals == 0;
    const bool saves = input_.checkpoints != nullptr && (isLast || input_.checkpoints->dueAfterEpoch()) &&
                       (renews || isLast || !options_.samplesColumns());
    if (!renews && !saves) return {};
    MLAAS_TRY(std::string bytes, booster.serialise());
    if (saves) MLAAS_CHECK(input_.checkpoints->save(stateOf(bytes)));
    if (renews) {
      MLAAS_TRY(booster, Booster::restore(matrices_, parameters_, bytes));
      atRenewal_ = stateOf(std::move(bytes));
    }
    return {};
  }

  bool isOver(bool validates) const {
    return static_cast<int64_t>(history_.epochs.size()) >= options_.rounds || (validates && stopping_.exhausted());
  }

  Result<void> interrupt(const Booster& booster) {
    if (history_.epochs.empty()) return cancelledTraining();
    history_.interrupted = true;
    if (input_.checkpoints == nullptr) return {};
    if (options_.samplesColumns()) return atRenewal_ ? input_.checkpoints->save(*atRenewal_) : Result<void>{};
    MLAAS_TRY(std::string bytes, booster.serialise());
    return input_.checkpoints->save(stateOf(std::move(bytes)));
  }

  Result<void> boost(Booster& booster, const TreeMatrix& train, const TreeMatrix* validation) {
    std::vector<std::pair<std::string, const TreeMatrix*>> evaluated = {{"train", &train}};
    if (validation != nullptr) evaluated.emplace_back("validation", validation);
    while (!isOver(validation != nullptr)) {
      if (input_.stop.stop_requested()) return interrupt(booster);
      const int64_t round = static_cast<int64_t>(history_.epochs.size()) + 1;
      const auto start = std::chrono::steady_clock::now();
      MLAAS_CHECK(booster.boost(static_cast<int>(round - 1), train));
      history_.trainSeconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      history_.eventsTrained += train.rows();
      MLAAS_TRY(const auto metrics, booster.evaluate(static_cast<int>(round - 1), evaluated));
      record(round, metrics);
      const EpochRecord& last = history_.epochs.back();
      const double sign = risesWhenBetter(history_.lossName) ? -1 : 1;
      if (validation == nullptr || stopping_.improves(sign * *last.validationLoss)) {
        history_.bestEpoch = round;
        if (options_.isDart()) {
          MLAAS_TRY(best_, booster.serialise());
        }
      }
      input_.progress->epoch(history_,
                             static_cast<double>(history_.eventsTrained) / std::max(history_.trainSeconds, 1e-9));
      const bool isLast = isOver(validation != nullptr);
      if (isLast) history_.stoppedEarly = validation != nullptr && stopping_.exhausted();
      MLAAS_CHECK(keep(booster, isLast));
    }
    return {};
  }

  // The last metric is the loss; "auc" is kept beside it.
  void record(int64_t round, const std::vector<TreeMetric>& metrics) {
    EpochRecord record;
    record.epoch = round;
    for (const auto& metric : metrics) {
      if (metric.matrix == "train") record.trainLoss = metric.value;
      if (metric.matrix == "validation") record.validationLoss = metric.value;
      if (metric.matrix == "validation" && metric.name == "auc") record.validationAuc = metric.value;
    }
    history_.lossName = metrics.back().name;
    history_.epochs.push_back(record);
  }

  const TreesOptions& options_;
  const TrainingInput& input_;
  TreeParameters parameters_;  // of run()
  WeightScale scale_;
  std::vector<const TreeMatrix*> matrices_;  // of run()
  std::optional<TrainingState> atRenewal_;   // of a booster that draws columns, where it was made anew
  std::string best_;                         // DART's booster after the best round
  EarlyStopping stopping_;
  TrainingHistory history_;
};

class TreesTrainer final : public Trainer {
 public:
  TreesTrainer(TreesOptions options, std::string where) : options_(std::move(options)), where_(std::move(where)) {}

  // Names of features among the options are known before any event is read.
  Result<dataset::StatisticsNeeds> statisticsNeeded(const feature::FeatureSpec& features) const override {
    const std::vector<std::string> columns = feature::treeFeatureNames(features);
    const auto parameters = options_.columns.parameters(columns);
    if (!parameters.ok()) return Error(parameters.error()).within(where_);
    const auto weights = options_.columns.weights(columns);
    if (!weights.ok()) return Error(weights.error()).within(where_);
    return dataset::StatisticsNeeds();
  }

  Result<TrainingOutcome> train(const TrainingInput& input) override {
    MLAAS_TRY(WeightScale scale, makeWeightScale(input, options_.balance, options_.negative));
    if (input.data->config().mixing) {
      log::warning("dataset.mixing is about the batches of networks; trees take every training event once");
    }
    limitTreeThreads(options_.threads);
    warnOfNegativeWeights(scale, options_.negative);
    return TreesTraining(options_, input, std::move(scale)).run();
  }
  std::string library() const override { return "XGBoost " + xgboostVersion(); }

 private:
  TreesOptions options_;
  std::string where_;  // of `model` in the workflow
};

}  // namespace

Result<std::unique_ptr<Trainer>> makeTreesTrainer(const dataset::Workflow& workflow, const ClassTable& classes) {
  MLAAS_TRY(TreesOptions options, readTreesOptions(workflow, classes));
  return std::unique_ptr<Trainer>(std::make_unique<TreesTrainer>(std::move(options), workflow.model.where));
}

}  // namespace mlaas::train
