#include "mlaas/train/chunk_passes.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mlaas/base/random.h"

namespace mlaas::train {

namespace {

// Puts rows of `from`, `width` values each, one behind the other into `to`.
template <class T>
void gatherRows(const std::vector<T>& from, size_t width, std::span<const uint32_t> rows, std::vector<T>& to) {
  to.resize(rows.size() * width);
  for (size_t i = 0; i < rows.size(); ++i) std::copy_n(from.data() + rows[i] * width, width, to.data() + i * width);
}

}  // namespace

ChunkPasses::ChunkPasses(std::unique_ptr<dataset::BatchStream> chunks, int64_t passes, int64_t batchSize, uint64_t seed)
    : chunks_(std::move(chunks)), passes_(passes), batchSize_(static_cast<size_t>(batchSize)), seed_(seed) {}

Result<bool> ChunkPasses::next(dataset::Batch& batch) {
  if (position_ == order_.size()) {
    if (pass_ == passes_ || order_.empty()) {
      MLAAS_TRY(const bool more, chunks_->next(chunk_));
      if (!more) return false;
      pass_ = 0;
    }
    beginPass();
  }
  const size_t last = std::min(position_ + batchSize_, order_.size());
  gather(batch, position_, last);
  position_ = last;
  return true;
}

void ChunkPasses::beginPass() {
  order_.resize(chunk_.label.size());
  std::iota(order_.begin(), order_.end(), 0U);
  Random(combineSeeds(seed_, numPasses_++)).shuffle(std::span(order_));
  position_ = 0;
  ++pass_;
}

void ChunkPasses::gather(dataset::Batch& batch, size_t first, size_t last) const {
  const auto rows = std::span<const uint32_t>(order_).subspan(first, last - first);
  const feature::Tensors& from = chunk_.features;
  feature::Tensors& to = batch.features;
  to.rows = static_cast<int64_t>(rows.size());
  to.numScalars = from.numScalars;
  gatherRows(from.scalars, static_cast<size_t>(from.numScalars), rows, to.scalars);
  to.groups.resize(from.groups.size());
  for (size_t g = 0; g < from.groups.size(); ++g) {
    to.groups[g].length = from.groups[g].length;
    to.groups[g].numColumns = from.groups[g].numColumns;
    const auto width = static_cast<size_t>(from.groups[g].length * from.groups[g].numColumns);
    gatherRows(from.groups[g].values, width, rows, to.groups[g].values);
    gatherRows(from.groups[g].count, 1, rows, to.groups[g].count);
  }
  gatherRows(chunk_.label, 1, rows, batch.label);
  gatherRows(chunk_.targets, chunk_.targets.size() / chunk_.label.size(), rows, batch.targets);
  gatherRows(chunk_.weight, 1, rows, batch.weight);
  gatherRows(chunk_.sample, 1, rows, batch.sample);
  gatherRows(chunk_.row, 1, rows, batch.row);
}

}  // namespace mlaas::train
