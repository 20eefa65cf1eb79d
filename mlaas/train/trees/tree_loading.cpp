#include "mlaas/train/trees/tree_loading.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "mlaas/base/log.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/feature/flat_rows.h"
#include "mlaas/train/prefetcher.h"

namespace mlaas::train {

namespace {

constexpr int64_t kLoadingBatch = 4096;
constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// XGBoost's bin of a value in its matrix by rows, 4 bytes where some are missing, and in that by columns.
constexpr int64_t kBytesOfValue = 5;
// Label, weight, gradient and hessian, predictions, and the event's place in the tree: bench/train finds 40.
constexpr int64_t kBytesOfEvent = 40;
// A page has each value with its column; XGBoost holds up to four, and their bins.
constexpr int64_t kBytesOfPagedValue = 8;
constexpr int64_t kPagesInMemory = 12;

// One part of the data as XGBoost takes it, in batches of at least `rows` events but for the last.
class PartSource final : public TreeSource {
 public:
  PartSource(const TrainingInput& input, dataset::Part part, const WeightScale& scale, int64_t rows)
      : input_(input), part_(part), scale_(scale), rows_(static_cast<size_t>(rows)) {}

  void reset() override {
    batches_.reset();
    stream_.reset();
  }

  Result<bool> next(TreeBatch& batch) override {
    batch.values.clear();
    batch.label.clear();
    batch.weight.clear();
    bool more = true;
    while (more && batch.weight.size() < rows_) {
      MLAAS_TRY(more, append(batch));
    }
    return !batch.weight.empty();
  }

 private:
  Result<bool> append(TreeBatch& batch) {
    if (input_.stop.stop_requested()) return cancelledTraining();
    if (batches_ == nullptr) MLAAS_CHECK(open());
    MLAAS_TRY(const bool more, batches_->next(raw_));
    if (!more) return false;
    feature::treeMatrix(raw_.features, kMissing, values_);
    batch.values.insert(batch.values.end(), values_.begin(), values_.end());
    if (raw_.targets.empty()) {
      batch.label.insert(batch.label.end(), raw_.label.begin(), raw_.label.end());
    } else {
      batch.label.insert(batch.label.end(), raw_.targets.begin(), raw_.targets.end());
    }
    weight_ = raw_.weight;
    scale_.apply(raw_.label, raw_.row, weight_);
    batch.weight.insert(batch.weight.end(), weight_.begin(), weight_.end());
    return true;
  }

  Result<void> open() {
    dataset::StreamOptions options;
    options.part = part_;
    options.batchSize = kLoadingBatch;
    options.shuffle = false;
    MLAAS_TRY(stream_, input_.data->stream(options));
    batches_ = std::make_unique<Prefetcher<dataset::Batch>>(
        [stream = stream_.get()](dataset::Batch& batch) { return stream->next(batch); });
    return {};
  }

  const TrainingInput& input_;
  dataset::Part part_;
  const WeightScale& scale_;
  size_t rows_;
  std::unique_ptr<dataset::BatchStream> stream_;
  std::unique_ptr<Prefetcher<dataset::Batch>> batches_;  // reads stream_
  dataset::Batch raw_;
  std::vector<float> values_;  // of raw_
  std::vector<float> weight_;
};

int64_t rowsOfPage(size_t memoryBytes, size_t columns) {
  const auto bytesOfRow = static_cast<int64_t>(columns) * kBytesOfPagedValue;
  return std::max(kLoadingBatch, static_cast<int64_t>(memoryBytes) / kPagesInMemory / std::max<int64_t>(bytesOfRow, 1));
}

Result<TreeMatrix> checkRows(TreeMatrix matrix, int64_t expected) {
  if (matrix.rows() == expected) return matrix;
  return Error(ErrorCode::kInternal, "the matrix of the trees has " + std::to_string(matrix.rows()) +
                                         " rows, expected " + std::to_string(expected));
}

bool staysInMemory(const TrainingInput& input, const TreesOptions& options, size_t columns) {
  if (options.external != ExternalMemory::kAuto) return options.external == ExternalMemory::kNever;
  const int64_t rows = input.eventsIn(dataset::Part::kTrain) + input.eventsIn(dataset::Part::kValidation);
  const size_t needed = quantisedBytes(rows, static_cast<int64_t>(columns));
  const size_t allowed = input.data->config().memoryBytes;
  if (needed <= allowed) return true;
  log::info("the trees' matrix would take " + formatByteSize(needed) + ", dataset.memory is " +
            formatByteSize(allowed) + ": it goes into temporary files (model.external_memory)");
  return false;
}

}  // namespace

Result<ScratchFolder> ScratchFolder::make(const std::string& parent) {
  std::error_code status;
  const std::filesystem::path place =
      parent.empty() ? std::filesystem::temp_directory_path(status) : std::filesystem::path(parent);
  std::string pattern = (place / ".trees.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return Error(ErrorCode::kIo,
                 pattern + ": cannot be made for the trees' matrix: " + std::generic_category().message(errno));
  }
  ScratchFolder folder;
  folder.path_ = pattern;
  return folder;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

size_t quantisedBytes(int64_t rows, int64_t columns) {
  return static_cast<size_t>(rows) * static_cast<size_t>(columns * kBytesOfValue + kBytesOfEvent);
}

Result<TreeMatrices> loadTreeMatrices(const TrainingInput& input, const WeightScale& scale,
                                      const TreesOptions& options) {
  const std::vector<std::string> columns = feature::treeFeatureNames(input.data->features());
  const bool validates = input.eventsIn(dataset::Part::kValidation) > 0;
  TreeMatrices matrices;
  const bool inMemory = staysInMemory(input, options, columns.size());
  if (!inMemory) {
    MLAAS_TRY(matrices.folder, ScratchFolder::make(input.scratch));
  }
  const auto load = [&](dataset::Part part, const TreeMatrix* reference) -> Result<TreeMatrix> {
    const int64_t pageRows = rowsOfPage(input.data->config().memoryBytes, columns.size());
    PartSource source(input, part, scale, inMemory ? kLoadingBatch : pageRows);
    MLAAS_TRY(TreeMatrix matrix,
              inMemory ? TreeMatrix::quantise(source, columns, options.maxBin, options.threads, reference)
                       : TreeMatrix::page(source, columns, options.threads, matrices.folder->path().string()));
    return checkRows(std::move(matrix), input.eventsIn(part));
  };
  MLAAS_TRY(matrices.train, load(dataset::Part::kTrain, nullptr));
  MLAAS_TRY(const std::vector<float> weights, options.columns.weights(columns));
  if (!weights.empty()) MLAAS_CHECK(matrices.train.setColumnWeights(weights));
  if (validates) {
    MLAAS_TRY(matrices.validation, load(dataset::Part::kValidation, &matrices.train));
  }
  return matrices;
}

}  // namespace mlaas::train
