#include "mlaas/train/scoring.h"

#include "mlaas/train/prefetcher.h"

namespace mlaas::train {

namespace {

constexpr int64_t kScoringBatch = 4096;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Result<ScoredEvents> scorePart(TrainedModel& model, dataset::Dataset& data, dataset::Part part, int64_t numOutputs,
                               const std::stop_token& stop, bool withRows) {
  dataset::StreamOptions options;
  options.part = part;
  options.batchSize = kScoringBatch;
  options.shuffle = false;
  MLAAS_TRY(const auto stream, data.stream(options));
  Prefetcher<dataset::Batch> batches([&stream](dataset::Batch& batch) { return stream->next(batch); });

  ScoredEvents events;
  events.numOutputs = numOutputs;
  dataset::Batch batch;
  std::vector<float> scores;
  for (;;) {
    if (stop.stop_requested()) return cancelledTraining();
    MLAAS_TRY(const bool more, batches.next(batch));
    if (!more) return events;
    MLAAS_CHECK(model.scoreBatch(batch, scores));
    append(events.score, scores);
    append(events.label, batch.label);
    append(events.target, batch.targets);
    append(events.weight, batch.weight);
    if (withRows) append(events.row, batch.row);
  }
}

}  // namespace mlaas::train
