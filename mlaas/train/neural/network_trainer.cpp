#include "mlaas/train/neural/network_trainer.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "mlaas/base/log.h"
#include "mlaas/base/random.h"
#include "mlaas/train/metrics/classification.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/neural/flat_optimizer.h"
#include "mlaas/train/neural/learning_rate.h"
#include "mlaas/train/neural/network_input.h"
#include "mlaas/train/neural/network_loss.h"
#include "mlaas/train/neural/network_model.h"
#include "mlaas/train/neural/network_options.h"
#include "mlaas/train/neural/target_scale.h"
#include "mlaas/train/neural/torch_network.h"
#include "mlaas/train/neural/weight_average.h"
#include "mlaas/train/prefetcher.h"
#include "mlaas/train/scoring.h"
#include "mlaas/train/training_options.h"
#include "mlaas/train/weight_pairing.h"

namespace mlaas::train {

namespace {

constexpr double kLeastProbability = 1e-7;

// Streams of random numbers that must not be the same.
enum class Purpose : uint64_t { kWeights = 1, kDropout = 2, kChunks = 3 };

uint64_t seedFor(uint64_t seed, Purpose purpose, int64_t epoch = 0) {
  return combineSeeds(combineSeeds(seed, static_cast<uint64_t>(purpose)), static_cast<uint64_t>(epoch));
}

// A batch as the network takes it.
struct NetworkBatch {
  NetworkRows rows;
  std::vector<int32_t> label;
  std::vector<float> target;  // in the scale of the loss
  std::vector<float> weight;
};

OutputForm outputFormOf(const LossOptions& loss, const ClassTable& classes) {
  if (!classes.predictsTargets()) return {OutputForm::Kind::kClasses, classes.numOutputs()};
  const bool flags = loss.kind == LossOptions::Kind::kFlags;
  return {flags ? OutputForm::Kind::kFlags : OutputForm::Kind::kNumbers, classes.numOutputs()};
}

// One training from its first to its last epoch.
class NetworkTraining {
 public:
  NetworkTraining(const NetworkOptions& options, const TrainingInput& input, WeightScale scale, TargetScale targetScale,
                  std::unique_ptr<NetworkModel> model)
      : options_(options),
        input_(input),
        scale_(std::move(scale)),
        targetScale_(std::move(targetScale)),
        model_(std::move(model)),
        network_(model_->network()),
        optimizer_(network_.weights().size(), options.optimizer),
        rate_(options.schedule, options.optimizer.learningRate, options.stepsFor(input.eventsInMixedEpoch()),
              options.epochs),
        average_(options.averaging),
        stopping_(options.patience, options.leastImprovement),
        learns_(options.architecture->reproduces()) {
    history_.lossName = lossName(options.loss, input.classes->numOutputs());
  }

  Result<TrainingOutcome> run() {
    const bool validates = input_.eventsIn(dataset::Part::kValidation) > 0;
    if (!validates) log::warning("the validation part is empty: no early stopping, the last epoch is kept");
    MLAAS_CHECK(resume());
    while (!isOver(validates)) {
      EpochRecord record;
      record.epoch = static_cast<int64_t>(history_.epochs.size()) + 1;
      MLAAS_TRY(const bool whole, trainEpoch(record));
      if (!whole) return interrupted();
      average_.swap(network_.weights());
      if (validates) MLAAS_CHECK(validate(record));
      history_.epochs.push_back(record);
      if (!validates || stopping_.improves(*record.validationLoss)) keep(record.epoch);
      average_.swap(network_.weights());
      rate_.endEpoch(record.validationLoss.value_or(record.trainLoss));
      report();
      history_.stoppedEarly = validates && stopping_.exhausted();
      if (input_.checkpoints != nullptr && (isOver(validates) || input_.checkpoints->dueAfterEpoch())) {
        MLAAS_CHECK(save());
      }
    }
    return outcome();
  }

 private:
  // How far the present epoch is.
  struct Position {
    int64_t steps = 0;
    int64_t events = 0;
    double loss = 0;  // summed over the events
  };

  bool isOver(bool validates) const {
    return static_cast<int64_t>(history_.epochs.size()) >= options_.epochs || (validates && stopping_.exhausted());
  }

  TrainingOutcome outcome() {
    std::ranges::copy(bestWeights_, network_.weights().begin());
    std::ranges::copy(bestRunning_, network_.running().begin());
    return {std::move(model_), std::move(history_)};
  }

  Result<TrainingOutcome> interrupted() {
    if (input_.checkpoints != nullptr) MLAAS_CHECK(save());
    if (history_.epochs.empty()) return cancelledTraining();
    history_.interrupted = true;
    return outcome();
  }

  // All that the steps to come follow from; masks and order follow from seed, epoch and step.
  Result<void> save() {
    const auto& rate = rate_.memory();
    TrainingState state;
    state.values = {{"history", historyState(history_)},
                    {"early_stopping", stopping_.state()},
                    {"epoch", {{"steps", position_.steps}, {"events", position_.events}, {"loss", position_.loss}}},
                    {"steps", numSteps_},
                    {"optimizer_steps", optimizer_.memory().numSteps},
                    {"rate", {{"scale", rate.scale}, {"best", rate.best}, {"bad_epochs", rate.badEpochs}}}};
    for (const auto& [name, values] : buffers()) state.blobs[name] = blobOf(values);
    state.blobs["average"] = blobOf(average_.values());
    state.blobs["best_weights"] = blobOf(bestWeights_);
    state.blobs["best_running"] = blobOf(bestRunning_);
    return input_.checkpoints->save(state);
  }

  Result<void> resume() {
    if (input_.checkpoints == nullptr || !input_.checkpoints->resumed()) return {};
    const TrainingState& state = *input_.checkpoints->resumed();
    try {
      const auto& values = state.values;
      history_ = restoreHistory(values.at("history"));
      stopping_.restore(values.at("early_stopping"));
      const auto& epoch = values.at("epoch");
      position_ = {epoch.at("steps").get<int64_t>(), epoch.at("events").get<int64_t>(), epoch.at("loss").get<double>()};
      numSteps_ = values.at("steps").get<int64_t>();
      optimizer_.memory().numSteps = values.at("optimizer_steps").get<int64_t>();
      const auto& rate = values.at("rate");
      const auto& best = rate.at("best");  // JSON has no infinity
      rate_.memory() = {rate.at("scale").get<double>(),
                        best.is_null() ? std::numeric_limits<double>::infinity() : best.get<double>(),
                        rate.at("bad_epochs").get<int64_t>()};
    } catch (const std::exception& failure) {
      return Error(ErrorCode::kCorrupt, std::string("the checkpoint is none of a network: ") + failure.what());
    }
    for (const auto& [name, values] : buffers()) MLAAS_CHECK(readBlob(state, name, values));
    if (numSteps_ > 0 && average_.isUsed()) average_.values().resize(network_.weights().size());
    MLAAS_CHECK(readBlob(state, "average", average_.values()));
    if (history_.bestEpoch > 0) {
      bestWeights_.resize(network_.weights().size());
      bestRunning_.resize(network_.running().size());
    }
    MLAAS_CHECK(readBlob(state, "best_weights", bestWeights_));
    return readBlob(state, "best_running", bestRunning_);
  }

  std::vector<std::pair<std::string, std::span<float>>> buffers() {
    auto& memory = optimizer_.memory();
    return {{"weights", network_.weights()},
            {"running", network_.running()},
            {"first_moment", memory.first},
            {"second_moment", memory.second}};
  }

  void keep(int64_t epoch) {
    const auto weights = network_.weights();
    const auto running = network_.running();
    bestWeights_.assign(weights.begin(), weights.end());
    bestRunning_.assign(running.begin(), running.end());
    history_.bestEpoch = epoch;
  }

  Result<std::unique_ptr<dataset::BatchStream>> streamOf(int64_t epoch) const {
    dataset::StreamOptions streamOptions;
    streamOptions.batchSize = options_.batchSize;
    streamOptions.seed = options_.seed;
    streamOptions.epoch = static_cast<uint64_t>(epoch - 1);
    streamOptions.mixed = true;
    const ChunkOptions& chunks = options_.chunks;
    streamOptions.firstBatch = position_.steps;
    if (chunks.events > 0) {
      streamOptions.batchSize = chunks.events;
      streamOptions.firstBatch = 0;
    }
    MLAAS_TRY(auto stream, input_.data->stream(streamOptions));
    if (chunks.events == 0) return stream;
    const uint64_t seed = seedFor(options_.seed, Purpose::kChunks, epoch);
    stream = std::make_unique<ChunkPasses>(std::move(stream), chunks.passes, options_.batchSize, seed);
    // How many batches a chunk has is known when it is there.
    dataset::Batch passedOver;
    for (int64_t i = 0; i < position_.steps; ++i) MLAAS_CHECK(stream->next(passedOver));
    return stream;
  }

  // Goes on at position_; false where it was asked to stop.
  Result<bool> trainEpoch(EpochRecord& record) {
    MLAAS_TRY(const auto stream, streamOf(record.epoch));
    dataset::Batch raw;
    Prefetcher<NetworkBatch> batches([&, this](NetworkBatch& batch) { return prepare(*stream, raw, batch); });

    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    Clock::duration waiting{0};
    const int64_t total = input_.eventsInMixedEpoch() * options_.chunks.passes;
    const uint64_t dropoutSeed = seedFor(options_.seed, Purpose::kDropout, record.epoch);
    NetworkBatch batch;
    for (;;) {
      if (input_.stop.stop_requested()) return false;
      const auto asked = Clock::now();
      MLAAS_TRY(const bool more, batches.next(batch));
      waiting += Clock::now() - asked;
      if (!more) break;
      const auto step = static_cast<uint64_t>(position_.steps);
      MLAAS_TRY(const double batchLoss, trainBatch(batch, combineSeeds(dropoutSeed, step)));
      if (!std::isfinite(batchLoss)) return diverged(record.epoch);
      ++position_.steps;
      position_.loss += batchLoss;
      position_.events += static_cast<int64_t>(batch.label.size());
      input_.progress->batch(record.epoch, position_.events, total);
      if (input_.checkpoints != nullptr && input_.checkpoints->dueWithinEpoch()) MLAAS_CHECK(save());
    }
    const Position done = std::exchange(position_, {});
    if (done.events == 0) {
      return Error(ErrorCode::kInvalidArgument, "the training part has no event; check dataset.split");
    }
    record.trainLoss = done.loss / static_cast<double>(done.events);
    history_.eventsTrained += done.events;
    history_.trainSeconds += std::chrono::duration<double>(Clock::now() - start).count();
    history_.waitingSeconds += std::chrono::duration<double>(waiting).count();
    return true;
  }

  // One step; gives the sum of weight * loss.
  Result<double> trainBatch(NetworkBatch& batch, uint64_t seed) {
    if (batch.label.empty()) return 0.0;
    const Truth truth{
        .label = batch.label, .target = learns_.empty() ? batch.target : batch.rows.flat, .weight = batch.weight};
    MLAAS_TRY(const double loss, network_.trainStep(batch.rows, truth, options_.loss, seed));
    if (options_.gradientClipping > 0) clipNorm(network_.gradients(), options_.gradientClipping);
    optimizer_.step(network_.weights(), network_.gradients(), rate_.at(numSteps_++));
    if (average_.isUsed()) average_.update(network_.weights());
    return loss;
  }

  Result<bool> prepare(dataset::BatchStream& stream, dataset::Batch& raw, NetworkBatch& batch) const {
    MLAAS_TRY(const bool more, stream.next(raw));
    if (!more) return false;
    model_->input().prepare(network_.network(), raw.features, batch.rows);
    batch.label.assign(raw.label.begin(), raw.label.end());
    batch.target.assign(raw.targets.begin(), raw.targets.end());
    targetScale_.apply(batch.target);
    batch.weight.assign(raw.weight.begin(), raw.weight.end());
    scale_.apply(batch.label, raw.row, batch.weight);
    if (!learns_.empty()) keepLearned(batch);
    return true;
  }

  bool isLearned(int32_t label) const { return std::ranges::find(learns_, label) != learns_.end(); }

  // Leaves the events of other classes out.
  void keepLearned(NetworkBatch& batch) const {
    const size_t width = batch.label.empty() ? 0 : batch.rows.flat.size() / batch.label.size();
    size_t kept = 0;
    for (size_t row = 0; row < batch.label.size(); ++row) {
      if (!isLearned(batch.label[row])) continue;
      std::copy_n(batch.rows.flat.data() + row * width, width, batch.rows.flat.data() + kept * width);
      batch.label[kept] = batch.label[row];
      batch.weight[kept] = batch.weight[row];
      ++kept;
    }
    batch.rows.rows = static_cast<int64_t>(kept);
    batch.rows.flat.resize(kept * width);
    batch.label.resize(kept);
    batch.weight.resize(kept);
  }

  // The mean squared error of the classes that are learned, from scores of e / (1 + e).
  double reproductionLoss(const ScoredEvents& events) const {
    double loss = 0;
    double total = 0;
    for (size_t row = 0; row < events.rows(); ++row) {
      if (!isLearned(events.label[row])) continue;
      const auto score = static_cast<double>(events.score[row]);
      const auto weight = static_cast<double>(events.weight[row]);
      loss += weight * score / (1 - score);
      total += std::abs(weight);
    }
    return total > 0 ? loss / total : 0;
  }

  Result<void> validate(EpochRecord& record) {
    MLAAS_TRY(ScoredEvents events,
              scorePart(*model_, *input_.data, dataset::Part::kValidation, input_.classes->numOutputs(), {},
                        options_.negative == NegativeWeights::kPair));
    if (input_.classes->isBinary()) {
      const ClassView view = viewOfClass(events, 1);
      if (const auto roc = computeRoc(view.score, view.isSignal, events.weight)) record.validationAuc = roc->auc;
    }
    scale_.apply(events.label, events.row, events.weight);
    record.validationLoss = !learns_.empty()              ? reproductionLoss(events)
                            : options_.loss.usesTargets() ? lossOfTargets(events)
                                                          : logLoss(events);
    if (!std::isfinite(*record.validationLoss)) return diverged(record.epoch);
    return {};
  }

  // The mean over |weight|, as logLoss().
  double lossOfTargets(ScoredEvents& events) const {
    // What a network gives for flags are probabilities; the loss takes what stands before the sigmoid.
    if (options_.loss.kind == LossOptions::Kind::kFlags) {
      for (float& score : events.score) {
        const double p = std::clamp(static_cast<double>(score), kLeastProbability, 1 - kLeastProbability);
        score = static_cast<float>(std::log(p / (1 - p)));
      }
    }
    targetScale_.apply(events.score);
    targetScale_.apply(events.target);
    std::vector<float> gradients(events.score.size());
    const double loss = lossOf(options_.loss, events.score, {{}, events.target, events.weight}, gradients);
    double total = 0;
    for (const float weight : events.weight) total += std::abs(static_cast<double>(weight));
    return total > 0 ? loss / total : 0;
  }

  void report() const {
    const double rate = static_cast<double>(history_.eventsTrained) / std::max(history_.trainSeconds, 1e-9);
    input_.progress->epoch(history_, rate);
  }

  static Error diverged(int64_t epoch) {
    return {ErrorCode::kInvalidArgument, "the training diverged: the loss is no finite number in epoch " +
                                             std::to_string(epoch) +
                                             "; lower training.optimizer.lr, or look for extreme weights or features"};
  }

  const NetworkOptions& options_;
  const TrainingInput& input_;
  WeightScale scale_;
  TargetScale targetScale_;
  std::unique_ptr<NetworkModel> model_;
  TorchNetwork& network_;  // of model_
  FlatOptimizer optimizer_;
  LearningRate rate_;
  WeightAverage average_;
  EarlyStopping stopping_;
  int64_t numSteps_ = 0;
  Position position_;
  const std::vector<int64_t> learns_;  // labels to reproduce; empty for what tells classes apart
  std::vector<float> bestWeights_;
  std::vector<float> bestRunning_;
  TrainingHistory history_;
};

class NetworkTrainer final : public Trainer {
 public:
  NetworkTrainer(NetworkOptions options, OutputForm form) : options_(std::move(options)), form_(form) {}

  Result<dataset::StatisticsNeeds> statisticsNeeded(const feature::FeatureSpec& features) const override {
    // Before the files are read for statistics.
    MLAAS_CHECK(options_.build(features, form_));
    MLAAS_TRY(const auto scalings, options_.scaling.resolve(features));
    return needsOf(scalings);
  }

  Result<TrainingOutcome> train(const TrainingInput& input) override {
    const feature::FeatureSpec& features = input.data->features();
    MLAAS_TRY(const auto network, options_.build(features, form_));
    MLAAS_TRY(TargetScale targetScale, TargetScale::make(options_.loss, input.statistics->targets));
    MLAAS_TRY(WeightScale scale, makeWeightScale(input, options_.balance, options_.negative));
    // A mixed epoch has more or fewer events, of the same sum of weights.
    scale.stretch(input.statistics->rowsOfMixedEpoch() / static_cast<double>(input.eventsIn(dataset::Part::kTrain)));
    MLAAS_TRY(const auto scalings, options_.scaling.resolve(features));
    MLAAS_TRY(NetworkInput inputs, NetworkInput::make(features, *input.statistics, scalings));
    MLAAS_TRY(TorchNetwork computed, TorchNetwork::make(network, seedFor(options_.seed, Purpose::kWeights),
                                                        options_.threads, options_.precision));
    targetScale.assign(computed.network(), computed.running());
    auto model = std::make_unique<NetworkModel>(features, std::move(inputs), std::move(computed), options_);
    return NetworkTraining(options_, input, std::move(scale), std::move(targetScale), std::move(model)).run();
  }
  std::string library() const override { return "libtorch " + torchVersion(); }

 private:
  NetworkOptions options_;
  OutputForm form_;
};

TrainerFactory factoryOf(const std::string& kind, ArchitectureReader reader) {
  return
      [kind, reader](const dataset::Workflow& workflow, const ClassTable& classes) -> Result<std::unique_ptr<Trainer>> {
        MLAAS_TRY(NetworkOptions options, readNetworkOptions(kind, reader, workflow));
        const OutputForm form = outputFormOf(options.loss, classes);
        return std::unique_ptr<Trainer>(std::make_unique<NetworkTrainer>(std::move(options), form));
      };
}

}  // namespace

TrainerFactories networkTrainers() {
  const std::map<std::string, ArchitectureReader> kinds = {{"mlp", readMlp},
                                                           {"deepsets", readDeepSets},
                                                           {"particle_transformer", readParticleTransformer},
                                                           {"autoencoder", readAutoencoder}};
  TrainerFactories factories;
  for (const auto& [kind, reader] : kinds) factories.emplace(kind, factoryOf(kind, reader));
  return factories;
}

}  // namespace mlaas::train
