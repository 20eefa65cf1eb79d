#include "mlaas/train/neural/mlp_trainer.h"

#include <chrono>
#include <cmath>

#include "mlaas/base/log.h"
#include "mlaas/base/random.h"
#include "mlaas/model/onnx_writer.h"
#include "mlaas/train/metrics/classification.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/neural/mlp_input.h"
#include "mlaas/train/neural/mlp_network.h"
#include "mlaas/train/neural/mlp_options.h"
#include "mlaas/train/prefetcher.h"
#include "mlaas/train/scoring.h"
#include "mlaas/train/training_options.h"
#include "mlaas/train/weight_pairing.h"

namespace mlaas::train {

namespace {

// Streams of random numbers that must not be the same.
enum class Purpose : uint64_t { kWeights = 1, kDropout = 2, kChunks = 3 };

uint64_t seedFor(uint64_t seed, Purpose purpose, int64_t epoch = 0) {
  return combineSeeds(combineSeeds(seed, static_cast<uint64_t>(purpose)), static_cast<uint64_t>(epoch));
}

// A batch as the network takes it.
struct MlpBatch {
  std::vector<float> input;
  std::vector<int32_t> label;
  std::vector<float> weight;
};

class MlpModel final : public TrainedModel {
 public:
  MlpModel(feature::FeatureSpec features, MlpInput input, MlpNetwork network, MlpOptions options)
      : features_(std::move(features)),
        input_(std::move(input)),
        network_(std::move(network)),
        options_(std::move(options)) {}

  Result<void> score(const feature::Tensors& features, std::vector<float>& scores) override {
    input_.flatten(features, flat_);
    return network_.score(flat_, scores);
  }
  model::EngineKind engine() const override { return model::EngineKind::kOnnx; }
  std::string fileName() const override { return "model.onnx"; }
  Result<std::string> serialise() const override {
    model::MlpGraph graph;
    graph.features = features_;
    graph.scalars = input_.scalars;
    graph.groups = input_.groups;
    graph.layers = network_.layers();
    return model::writeOnnx(graph);
  }
  nlohmann::ordered_json description() const override {
    nlohmann::ordered_json json;
    json["kind"] = "mlp";
    json["inputs"] = input_.width();
    int64_t parameters = 0;
    for (const auto& layer : network_.layers()) parameters += (layer.inputs + 1) * layer.outputs;
    json["parameters"] = parameters;
    json["options"] = options_.toJson();
    json["library"] = "libtorch " + torchVersion();
    return json;
  }

  const MlpInput& input() const { return input_; }
  MlpNetwork& network() { return network_; }

 private:
  feature::FeatureSpec features_;
  MlpInput input_;
  MlpNetwork network_;
  MlpOptions options_;
  std::vector<float> flat_;
};

// One training from its first to its last epoch.
class MlpTraining {
 public:
  MlpTraining(const MlpOptions& options, const TrainingInput& input, WeightScale scale, std::unique_ptr<MlpModel> model)
      : options_(options),
        input_(input),
        scale_(std::move(scale)),
        model_(std::move(model)),
        adam_(model_->network().parameters().size(), options.optimizer),
        stopping_(options.patience, options.leastImprovement) {
    history_.lossName = input.classes->isBinary() ? "binary cross entropy" : "cross entropy";
  }

  Result<TrainingOutcome> run() {
    const bool validates = input_.eventsIn(dataset::Part::kValidation) > 0;
    if (!validates) log::warning("the validation part is empty: no early stopping, the last epoch is kept");
    std::vector<float> best;
    for (int64_t epoch = 1; epoch <= options_.epochs; ++epoch) {
      EpochRecord record;
      record.epoch = epoch;
      MLAAS_CHECK(trainEpoch(record));
      if (validates) MLAAS_CHECK(validate(record));
      history_.epochs.push_back(record);
      if (!validates || stopping_.improves(*record.validationLoss)) {
        const auto parameters = model_->network().parameters();
        best.assign(parameters.begin(), parameters.end());
        history_.bestEpoch = epoch;
      }
      report();
      if (validates && stopping_.exhausted()) {
        history_.stoppedEarly = true;
        break;
      }
    }
    std::copy(best.begin(), best.end(), model_->network().parameters().begin());
    return TrainingOutcome{std::move(model_), std::move(history_)};
  }

 private:
  Result<void> trainEpoch(EpochRecord& record) {
    dataset::StreamOptions streamOptions;
    streamOptions.batchSize = options_.batchSize;
    streamOptions.seed = options_.seed;
    streamOptions.epoch = static_cast<uint64_t>(record.epoch - 1);
    streamOptions.mixed = true;
    const ChunkOptions& chunks = options_.chunks;
    if (chunks.events > 0) streamOptions.batchSize = chunks.events;
    MLAAS_TRY(auto stream, input_.data->stream(streamOptions));
    if (chunks.events > 0) {
      const uint64_t seed = seedFor(options_.seed, Purpose::kChunks, record.epoch);
      stream = std::make_unique<ChunkPasses>(std::move(stream), chunks.passes, options_.batchSize, seed);
    }
    model_->network().seedDropout(seedFor(options_.seed, Purpose::kDropout, record.epoch));
    dataset::Batch raw;
    Prefetcher<MlpBatch> batches([&, this](MlpBatch& batch) { return prepare(*stream, raw, batch); });

    const auto start = std::chrono::steady_clock::now();
    const int64_t total = input_.eventsInMixedEpoch() * chunks.passes;
    double loss = 0;
    int64_t events = 0;
    MlpBatch batch;
    for (;;) {
      if (input_.stop.stop_requested()) return cancelledTraining();
      MLAAS_TRY(const bool more, batches.next(batch));
      if (!more) break;
      MLAAS_TRY(const double batchLoss, model_->network().trainStep(batch.input, batch.label, batch.weight));
      if (!std::isfinite(batchLoss)) return diverged(record.epoch);
      adam_.step(model_->network().parameters(), model_->network().gradients());
      loss += batchLoss;
      events += static_cast<int64_t>(batch.label.size());
      input_.progress->batch(record.epoch, events, total);
    }
    if (events == 0) return Error(ErrorCode::kInvalidArgument, "the training part has no event; check dataset.split");
    record.trainLoss = loss / static_cast<double>(events);
    history_.eventsTrained += events;
    history_.trainSeconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return {};
  }

  Result<bool> prepare(dataset::BatchStream& stream, dataset::Batch& raw, MlpBatch& batch) const {
    MLAAS_TRY(const bool more, stream.next(raw));
    if (!more) return false;
    model_->input().flatten(raw.features, batch.input);
    batch.label.assign(raw.label.begin(), raw.label.end());
    batch.weight.assign(raw.weight.begin(), raw.weight.end());
    scale_.apply(batch.label, raw.row, batch.weight);
    return true;
  }

  Result<void> validate(EpochRecord& record) {
    MLAAS_TRY(ScoredEvents events,
              scorePart(*model_, *input_.data, dataset::Part::kValidation, input_.classes->numOutputs(), input_.stop,
                        options_.negative == NegativeWeights::kPair));
    if (input_.classes->isBinary()) {
      const ClassView view = viewOfClass(events, 1);
      if (const auto roc = computeRoc(view.score, view.isSignal, events.weight)) record.validationAuc = roc->auc;
    }
    scale_.apply(events.label, events.row, events.weight);
    record.validationLoss = logLoss(events);
    if (!std::isfinite(*record.validationLoss)) return diverged(record.epoch);
    return {};
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

  const MlpOptions& options_;
  const TrainingInput& input_;
  WeightScale scale_;
  std::unique_ptr<MlpModel> model_;
  FlatAdam adam_;
  EarlyStopping stopping_;
  TrainingHistory history_;
};

class MlpTrainer final : public Trainer {
 public:
  explicit MlpTrainer(MlpOptions options) : options_(std::move(options)) {}

  Result<dataset::StatisticsNeeds> statisticsNeeded(const feature::FeatureSpec& features) const override {
    MLAAS_TRY(const auto scalings, options_.scaling.resolve(features));
    return needsOf(scalings);
  }

  Result<TrainingOutcome> train(const TrainingInput& input) override {
    MLAAS_TRY(WeightScale scale, makeWeightScale(input, options_.balance, options_.negative));
    // A mixed epoch has more or fewer events, of the same sum of weights.
    scale.stretch(input.statistics->rowsOfMixedEpoch() / static_cast<double>(input.eventsIn(dataset::Part::kTrain)));
    MLAAS_TRY(const auto scalings, options_.scaling.resolve(input.data->features()));
    MLAAS_TRY(MlpInput network, MlpInput::make(input.data->features(), *input.statistics, scalings));
    MlpShape shape;
    shape.inputs = network.width();
    shape.hidden = options_.layers;
    shape.outputs = input.classes->numOutputs();
    shape.activation = options_.activation;
    shape.dropout = options_.dropout;
    shape.threads = options_.threads;
    MLAAS_TRY(MlpNetwork weights, MlpNetwork::make(shape, seedFor(options_.seed, Purpose::kWeights)));
    auto model = std::make_unique<MlpModel>(input.data->features(), std::move(network), std::move(weights), options_);
    return MlpTraining(options_, input, std::move(scale), std::move(model)).run();
  }

 private:
  MlpOptions options_;
};

}  // namespace

Result<std::unique_ptr<Trainer>> makeMlpTrainer(const dataset::Workflow& workflow, const ClassTable& /*classes*/) {
  MLAAS_TRY(MlpOptions options, readMlpOptions(workflow));
  return std::unique_ptr<Trainer>(std::make_unique<MlpTrainer>(std::move(options)));
}

}  // namespace mlaas::train
