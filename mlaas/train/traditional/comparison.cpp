#include "mlaas/train/traditional/comparison.h"

#include <memory>

#include "mlaas/train/prefetcher.h"
#include "mlaas/train/traditional/traditional_method.h"

namespace mlaas::train {

namespace {

constexpr size_t kMostVariables = 100;
constexpr int64_t kBatch = 4096;

struct TestScores {
  std::vector<std::vector<float>> score;  // [method][row]
  std::vector<uint8_t> isSignal;
  std::vector<float> weight;
};

Result<TestScores> scoreTestPart(const TrainingInput& input, const std::vector<Variable>& variables,
                                 const std::vector<std::unique_ptr<TraditionalMethod>>& methods) {
  dataset::StreamOptions options;
  options.part = dataset::Part::kTest;
  options.batchSize = kBatch;
  options.shuffle = false;
  MLAAS_TRY(const auto stream, input.data->stream(options));
  Prefetcher<dataset::Batch> batches([&stream](dataset::Batch& batch) { return stream->next(batch); });
  TestScores result;
  result.score.resize(methods.size());
  dataset::Batch batch;
  for (;;) {
    if (input.stop.stop_requested()) return cancelledTraining();
    MLAAS_TRY(const bool more, batches.next(batch));
    if (!more) return result;
    const VariableTable table = makeVariableTable(variables, batch.features);
    for (size_t m = 0; m < methods.size(); ++m) {
      const auto scores = methods[m]->score(table);
      result.score[m].insert(result.score[m].end(), scores.begin(), scores.end());
    }
    for (const int32_t label : batch.label) result.isSignal.push_back(label == 1 ? 1 : 0);
    result.weight.insert(result.weight.end(), batch.weight.begin(), batch.weight.end());
  }
}

}  // namespace

Result<std::vector<ComparedMethod>> compareMethods(const TrainingInput& input, const EvaluationOptions& options) {
  std::vector<ComparedMethod> result;
  if (options.compare.empty()) return result;
  const auto variables = variablesOf(input.data->features(), kMostVariables);
  MLAAS_TRY(const EventSample sample,
            sampleEvents(*input.data, dataset::Part::kTrain, options.compareEvents, options.seed, input.stop));
  const TrainingTable table = makeTrainingTable(variables, sample);
  std::vector<std::unique_ptr<TraditionalMethod>> methods;
  for (const auto& name : options.compare) {
    if (input.stop.stop_requested()) return cancelledTraining();
    MLAAS_TRY(auto method, trainTraditional(name, table));
    methods.push_back(std::move(method));
  }
  MLAAS_TRY(const TestScores test, scoreTestPart(input, variables, methods));
  for (size_t m = 0; m < methods.size(); ++m) {
    ComparedMethod compared;
    compared.name = options.compare[m];
    compared.description = methods[m]->description();
    compared.trainingEvents = table.weight.size();
    compared.roc = computeRoc(test.score[m], test.isSignal, test.weight);
    compared.bootstrap = bootstrapAuc(test.score[m], test.isSignal, test.weight, options.bootstrap, options.seed);
    if (const auto curve = computePrecisionRecall(test.score[m], test.isSignal, test.weight)) {
      compared.averagePrecision = curve->averagePrecision;
    }
    result.push_back(std::move(compared));
  }
  return result;
}

}  // namespace mlaas::train
