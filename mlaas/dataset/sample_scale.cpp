#include "mlaas/dataset/sample_scale.h"

#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "mlaas/dataset/sample_pass.h"

namespace mlaas::dataset {

namespace {

std::string placeOf(const Sample& sample) {
  return sample.whereIs("generator_weight") + ": sample '" + sample.name + "'";
}

// Over all entries of one sample.
Result<double> sumOverFiles(const DatasetConfig& config, const SampleFiles& files, uint32_t sample, TaskPool& pool,
                            MemoryBudget& budget, const std::stop_token& stop) {
  std::vector<std::optional<RowColumnsSpec>> specs(config.samples.size());
  specs[sample] = RowColumnsSpec{files.features.defines, "", {}, config.samples[sample].generatorWeight};
  MLAAS_TRY(const auto pass, SamplePass::make(files, specs));
  double sum = 0;
  MLAAS_CHECK(pass.run<double>(
      pool, budget, stop,
      [](const SamplePass::Piece&, const RowColumns::Rows& rows) -> Result<double> {
        return std::accumulate(rows.weights.begin(), rows.weights.end(), 0.0);
      },
      [&](const SamplePass::Piece&, double part) { sum += part; }));
  return sum;
}

Result<double> sumGeneratorWeights(const DatasetConfig& config, const SampleFiles& files, uint32_t index,
                                   TaskPool& pool, MemoryBudget& budget, const std::stop_token& stop) {
  const Sample& sample = config.samples[index];
  if (sample.sumGeneratorWeights) return *sample.sumGeneratorWeights;
  if (sample.generatorWeight.empty()) {
    int64_t entries = 0;
    for (const DataFile& file : files.files) {
      if (file.sample == index) entries += file.table->numEntries();
    }
    return static_cast<double>(entries);
  }
  auto sum = sumOverFiles(config, files, index, pool, budget, stop);
  if (!sum.ok()) return std::move(sum).error().within("generator_weight").within(placeOf(sample));
  if (*sum > 0 && std::isfinite(*sum)) return sum;
  return Error(ErrorCode::kInvalidArgument, placeOf(sample) + ": the generator weights '" + sample.generatorWeight +
                                                "' of all entries sum to " + std::to_string(*sum) +
                                                ", expected more than 0; is it the right column?");
}

}  // namespace

Result<void> scaleWeights(const DatasetConfig& config, SampleFiles& files, TaskPool& pool, MemoryBudget& budget,
                          const std::stop_token& stop) {
  files.weightScale.assign(config.samples.size(), 1.0);
  for (uint32_t i = 0; i < config.samples.size(); ++i) {
    const Sample& sample = config.samples[i];
    double& scale = files.weightScale[i];
    if (sample.crossSection) {
      MLAAS_TRY(const double sum, sumGeneratorWeights(config, files, i, pool, budget, stop));
      scale = *sample.crossSection * config.luminosity.value_or(1) / sum;
    }
    scale /= sample.subsample;
  }
  return {};
}

}  // namespace mlaas::dataset
