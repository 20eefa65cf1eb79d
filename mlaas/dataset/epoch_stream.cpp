#include "mlaas/dataset/epoch_stream.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <numeric>
#include <utility>

#include "mlaas/base/random.h"
#include "mlaas/dataset/mixing.h"

namespace mlaas::dataset {

namespace {

// The rows at a position of the plan; where only some of a unit's are taken, they are of its average size.
size_t bytesAt(const EpochPlan& plan, size_t position, const PassResult& pass, Part part) {
  const uint32_t unit = plan.units[position];
  const size_t bytes = pass.bytesOfUnit[static_cast<size_t>(part)][unit];
  if (plan.taken.empty()) return bytes;
  const auto rows = static_cast<double>(pass.rowsOfUnit[static_cast<size_t>(part)][unit]);
  return static_cast<size_t>(
      std::ceil(static_cast<double>(bytes) / rows * static_cast<double>(plan.taken[position].count)));
}

// Work on the pool that refers to what is around it: that must not end before, whatever is thrown.
struct PendingWork {
  std::vector<std::future<void>> futures;

  PendingWork() = default;
  PendingWork(const PendingWork&) = delete;
  PendingWork& operator=(const PendingWork&) = delete;
  ~PendingWork() {
    for (auto& future : futures) {
      if (future.valid()) future.wait();
    }
  }
};

// Of batches that are made before they are asked for.
size_t bytesAhead(const RowSource& source) { return source.plan().bufferBytes / 16; }

// Of a row in a batch, where lists have a length.
size_t bytesInBatch(const RowLayout& layout) {
  size_t bytes = layout.fixedBytes;
  for (const auto& group : layout.groups) bytes += static_cast<size_t>(group.length) * group.elementBytes;
  return bytes;
}

// Memory that a stream takes at most: the rows of two neighbouring buffers, their places, and the units in work. Rows
// that the cache holds are not its own.
size_t shareBytes(const RowSource& source, const EpochPlan& plan, const PassResult& pass, Part part, size_t window) {
  constexpr size_t kPlaceBytes = 2 * sizeof(uint32_t);
  size_t neighbours = 0;
  size_t previous = 0;
  int64_t largest = 0;
  for (const EpochBuffer& buffer : plan.buffers) {
    size_t bytes = 0;
    for (size_t i = buffer.first; i < buffer.last; ++i) bytes += bytesAt(plan, i, pass, part);
    neighbours = std::max(neighbours, previous + bytes);
    previous = bytes;
    largest = std::max(largest, buffer.numRows);
  }
  const size_t places = static_cast<size_t>(largest) * kPlaceBytes;
  if (!pass.cached.empty()) return places + bytesAhead(source);
  return places + neighbours + window * source.bytesInWork();
}

// Rows of average size that fill a buffer.
int64_t rowsOfBuffer(size_t bufferBytes, std::span<const int64_t> rowsOfUnit, std::span<const size_t> bytesOfUnit) {
  const auto rows = static_cast<size_t>(std::accumulate(rowsOfUnit.begin(), rowsOfUnit.end(), int64_t{0}));
  const size_t bytes = std::accumulate(bytesOfUnit.begin(), bytesOfUnit.end(), size_t{0});
  return rows == 0 ? 1 : static_cast<int64_t>(bufferBytes / std::max<size_t>(1, bytes / rows));
}

// The first buffer that a stream needs, and the rows before it.
struct Start {
  size_t buffer = 0;
  int64_t row = 0;
};

Start startOf(const EpochPlan& plan, const EpochSteps& steps, const StreamOptions& options) {
  if (options.firstBatch >= steps.numSteps()) return {plan.buffers.size(), plan.numRows};
  const int64_t wanted = steps.rows(options.firstBatch, options.rank).first;
  Start start;
  while (start.buffer < plan.buffers.size() && start.row + plan.buffers[start.buffer].numRows <= wanted) {
    start.row += plan.buffers[start.buffer++].numRows;
  }
  return start;
}

Result<void> checkOptions(const StreamOptions& options) {
  if (options.batchSize < 1) {
    return Error(ErrorCode::kInvalidArgument,
                 "a batch needs at least one row, found a batch size of " + std::to_string(options.batchSize));
  }
  if (options.numRanks < 1 || options.rank < 0 || options.rank >= options.numRanks || options.firstBatch < 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "a share of an epoch is rank 0 to N - 1 of N, from batch 0 or later on, found rank " +
                     std::to_string(options.rank) + " of " + std::to_string(options.numRanks) + " from batch " +
                     std::to_string(options.firstBatch));
  }
  if (options.mixed && (options.part != Part::kTrain || !options.shuffle)) {
    return Error(ErrorCode::kInvalidArgument, "a mixed epoch is one of the training part, shuffled");
  }
  return {};
}

uint64_t epochSeed(const StreamOptions& options) { return combineSeeds(options.seed, options.epoch); }

EpochPlan planOf(const RowSource& source, const PassResult& pass, const StreamOptions& options) {
  const auto& rowsOfUnit = pass.rowsOfUnit[static_cast<size_t>(options.part)];
  const auto& bytesOfUnit = pass.bytesOfUnit[static_cast<size_t>(options.part)];
  const int64_t bufferRows = rowsOfBuffer(source.plan().bufferBytes, rowsOfUnit, bytesOfUnit);
  if (!options.mixed || !source.config().mixing) {
    return planEpoch(source.units(), rowsOfUnit, bufferRows, options.shuffle, epochSeed(options));
  }
  std::vector<double> times;
  for (const auto& sample : pass.statistics.samples) times.push_back(sample.timesInEpoch);
  const auto turns = mixedTurns(source.units(), rowsOfUnit, times, options.epoch);
  return planMixedEpoch(source.units(), turns, bufferRows, epochSeed(options));
}

// By sample: what weights are multiplied with; empty: nothing.
std::vector<float> weightFactors(const EpochPlan& plan, const Statistics& statistics) {
  std::vector<float> factors;
  for (const auto& sample : statistics.samples) {
    if (!plan.taken.empty()) factors.push_back(static_cast<float>(1 / sample.timesInEpoch));
  }
  return factors;
}

// Copies a row's elements behind those of the rows before it.
void appendElements(const std::byte* values, size_t count, size_t row, feature::GroupTensor& group) {
  const size_t before = group.values.size();
  group.values.resize(before + count * static_cast<size_t>(group.numColumns));
  if (group.values.size() > before) {
    std::memcpy(group.values.data() + before, values, (group.values.size() - before) * sizeof(float));
  }
  group.offsets[row + 1] = group.offsets[row] + static_cast<int64_t>(count);
}

// Copies a row's elements into a group; where the next group's begin.
const std::byte* takeElements(const std::byte* values, size_t count, size_t row, feature::GroupTensor& group) {
  const auto numColumns = static_cast<size_t>(group.numColumns);
  if (group.length == feature::JaggedGroup::kAll) {
    appendElements(values, count, row, group);
    return values + count * numColumns * sizeof(float);
  }
  const auto length = static_cast<size_t>(group.length);
  float* to = group.values.data() + row * length * numColumns;
  const size_t filled = count * numColumns;
  if (filled > 0) std::memcpy(to, values, filled * sizeof(float));
  std::fill(to + filled, to + length * numColumns, 0.0F);
  return values + filled * sizeof(float);
}

void resizeBatch(const RowLayout& layout, Batch& batch, int64_t rows) {
  const auto count = static_cast<size_t>(rows);
  batch.features.rows = rows;
  batch.features.numScalars = layout.numScalars;
  batch.features.scalars.resize(count * static_cast<size_t>(layout.numScalars));
  batch.features.groups.resize(layout.groups.size());
  for (size_t g = 0; g < layout.groups.size(); ++g) {
    auto& group = batch.features.groups[g];
    group.length = layout.groups[g].length;
    group.numColumns = layout.groups[g].numColumns;
    group.count.resize(count);
    if (group.length == feature::JaggedGroup::kAll) {
      group.offsets.resize(count + 1);
      group.values.resize(static_cast<size_t>(group.offsets.back() * group.numColumns));
    } else {
      group.values.resize(count * static_cast<size_t>(group.length * group.numColumns));
    }
  }
  batch.label.resize(count);
  batch.targets.resize(count * static_cast<size_t>(layout.numTargets));
  batch.weight.resize(count);
  batch.sample.resize(count);
  batch.row.resize(count);
}

}  // namespace

Result<std::unique_ptr<BatchStream>> EpochStream::make(const RowSource& source, const PassResult& pass, TaskPool& pool,
                                                       MemoryBudget& budget, const StreamOptions& options) {
  MLAAS_CHECK(checkOptions(options));
  EpochPlan plan = planOf(source, pass, options);
  if (plan.numRows > 0 && plan.numRows < options.numRanks) {
    return Error(ErrorCode::kInvalidArgument, "an epoch of " + std::to_string(plan.numRows) +
                                                  " events cannot be shared by " + std::to_string(options.numRanks) +
                                                  " ranks; use fewer");
  }
  // Streams that read files find the cache's share free: two of them may have more units in work.
  const size_t workBytes = source.plan().workBytes * (pass.cached.empty() ? 2 : 1);
  size_t window = source.window(pool.numThreads(), workBytes);
  size_t bytes = shareBytes(source, plan, pass, options.part, window);
  while (window > 1 && bytes > budget.limitBytes() - budget.usedBytes()) {
    bytes = shareBytes(source, plan, pass, options.part, --window);
  }
  auto share = budget.tryReserve(bytes);
  if (share.bytes() != bytes) {
    return Error(ErrorCode::kInvalidArgument, "another batch stream needs " + formatByteSize(bytes) +
                                                  " but of the memory budget of " +
                                                  formatByteSize(budget.limitBytes()) + " only " +
                                                  formatByteSize(budget.limitBytes() - budget.usedBytes()) +
                                                  " are free; raise dataset.memory or use fewer streams at once");
  }
  return std::unique_ptr<BatchStream>(
      new EpochStream(source, pass, pool, options, std::move(plan), std::move(share), window));
}

EpochStream::EpochStream(const RowSource& source, const PassResult& pass, TaskPool& pool, const StreamOptions& options,
                         EpochPlan plan, MemoryBudget::Reservation share, size_t window)
    : source_(source),
      pass_(pass),
      pool_(pool),
      options_(options),
      plan_(std::move(plan)),
      steps_(plan_.numRows, options.batchSize, options.numRanks),
      weightFactors_(weightFactors(plan_, pass.statistics)),
      missing_(pass.features),
      share_(std::move(share)),
      step_(options.firstBatch),
      row_(startOf(plan_, steps_, options).row),
      nextBuffer_(startOf(plan_, steps_, options).buffer),
      firstUnit_(nextBuffer_ < plan_.buffers.size() ? plan_.buffers[nextBuffer_].first : plan_.units.size()),
      blocksAhead_(pool, pass.cached.empty() ? plan_.units.size() - firstUnit_ : 0, window,
                   [this](size_t index) { return readUnit(firstUnit_ + index); }) {}

Result<EpochStream::Block> EpochStream::readUnit(size_t position) const {
  const size_t unit = plan_.units[position];
  MLAAS_TRY(const auto loaded, source_.load(unit));
  if (!loaded) return Block();
  RowBlock block = packRows(loaded->rows, source_.layout(), source_.units()[unit].sample, options_.part);
  if (!plan_.taken.empty()) {
    block = pickRows(block, source_.layout(), options_.part, takenAt(position));
  }
  return std::make_shared<const RowBlock>(std::move(block));
}

std::vector<uint32_t> EpochStream::takenAt(size_t position) const {
  const uint32_t unit = plan_.units[position];
  const int64_t numRows = pass_.rowsOfUnit[static_cast<size_t>(options_.part)][unit];
  return takenRows(plan_.taken[position], numRows, unit, options_.seed);
}

Result<void> EpochStream::fillBuffer() {
  const EpochBuffer& buffer = plan_.buffers[nextBuffer_++];
  blocks_.clear();
  places_.clear();
  position_ = 0;
  // While this buffer is used up, the next one is read; nothing beyond it.
  const size_t limit = nextBuffer_ < plan_.buffers.size() ? plan_.buffers[nextBuffer_].last : plan_.units.size();
  for (size_t i = buffer.first; i < buffer.last; ++i) {
    if (!pass_.cached.empty()) {
      blocks_.push_back(pass_.cached[plan_.units[i]]);
      continue;
    }
    MLAAS_TRY(auto block, blocksAhead_.next(limit - firstUnit_));
    blocks_.push_back(std::move(block));
  }
  placeRows(buffer);
  return {};
}

// What is left out has places too: the order of the others does not depend on it.
void EpochStream::placeRows(const EpochBuffer& buffer) {
  const auto part = static_cast<size_t>(options_.part);
  for (uint32_t b = 0; b < blocks_.size(); ++b) {
    const int64_t first = blocks_[b] ? blocks_[b]->partBegin[part] : 0;
    const size_t position = buffer.first + b;
    if (!plan_.taken.empty() && !pass_.cached.empty()) {
      for (const uint32_t row : takenAt(position)) places_.push_back({b, static_cast<uint32_t>(first) + row});
      continue;
    }
    const int64_t count =
        plan_.taken.empty() ? pass_.rowsOfUnit[part][plan_.units[position]] : plan_.taken[position].count;
    for (int64_t row = first; row < first + count; ++row) places_.push_back({b, static_cast<uint32_t>(row)});
  }
  if (!options_.shuffle) return;
  Random random(combineSeeds(~epochSeed(options_), nextBuffer_));
  random.shuffle(std::span(places_));
}

Result<void> EpochStream::skipTo(int64_t row) {
  while (row_ < row) {
    if (position_ == places_.size()) MLAAS_CHECK(fillBuffer());
    const int64_t count = std::min(row - row_, static_cast<int64_t>(places_.size() - position_));
    position_ += static_cast<size_t>(count);
    row_ += count;
  }
  return {};
}

Result<void> EpochStream::fillBatch(Batch& batch, RowSpan span) {
  MLAAS_CHECK(skipTo(span.first));
  resizeBatch(source_.layout(), batch, span.size());
  int64_t filled = 0;
  while (row_ < span.last) {
    if (position_ == places_.size()) MLAAS_CHECK(fillBuffer());
    const int64_t count = std::min(span.last - row_, static_cast<int64_t>(places_.size() - position_));
    filled += gather(batch, filled, position_, count);
    position_ += static_cast<size_t>(count);
    row_ += count;
  }
  if (filled < span.size()) resizeBatch(source_.layout(), batch, filled);
  return {};
}

Result<bool> EpochStream::next(Batch& batch) {
  if (source_.stop().stop_requested()) return Error(ErrorCode::kCancelled, "stopped between two batches");
  if (numTaken_ < numReady_ || gatherTogether(batch)) {
    std::swap(batch, ready_[numTaken_++]);
    return true;
  }
  resizeBatch(source_.layout(), batch, 0);
  while (step_ < steps_.numSteps() && batch.features.rows == 0) {
    MLAAS_CHECK(fillBatch(batch, steps_.rows(step_++, options_.rank)));
  }
  if (batch.features.rows == 0) return false;
  missing_.fill(batch.features);
  if (pass_.cached.empty()) {
    const bool last = nextBuffer_ >= plan_.buffers.size();
    blocksAhead_.topUp((last ? plan_.units.size() : plan_.buffers[nextBuffer_].last) - firstUnit_);
  }
  return true;
}

std::vector<EpochStream::Piece> EpochStream::planPieces() {
  constexpr size_t kLeastBytes = size_t{256} << 10;  // a thread is not woken for less
  const size_t rowBytes = bytesInBatch(source_.layout());
  const bool ragged = std::ranges::any_of(source_.layout().groups, [](const auto& group) { return group.length == 0; });
  std::vector<Piece> pieces;
  size_t bytes = 0;
  numReady_ = 0;
  numTaken_ = 0;
  for (int64_t step = step_; step < steps_.numSteps(); ++step) {
    const RowSpan span = steps_.rows(step, options_.rank);
    const auto rows = static_cast<size_t>(span.size());
    const bool isThere =
        span.first >= row_ && rows > 0 && static_cast<size_t>(span.last - row_) <= places_.size() - position_;
    if (!isThere || (!pieces.empty() && bytes + rows * rowBytes > bytesAhead(source_))) break;
    bytes += rows * rowBytes;
    const size_t numPieces = ragged ? 1 : std::clamp<size_t>(rows * rowBytes / kLeastBytes, 1, pool_.numThreads());
    for (size_t i = 0; i < numPieces; ++i) {
      const auto first = static_cast<int64_t>(rows * i / numPieces);
      pieces.push_back({static_cast<size_t>(step - step_), first, static_cast<int64_t>(rows * (i + 1) / numPieces),
                        position_ + static_cast<size_t>(span.first - row_ + first)});
    }
  }
  if (bytes < 2 * kLeastBytes) pieces.clear();
  return pieces;
}

bool EpochStream::gatherTogether(Batch& batch) {
  if (pass_.cached.empty() || pool_.numThreads() < 2) return false;
  const std::vector<Piece> pieces = planPieces();
  if (pieces.size() < 2) return false;
  numReady_ = pieces.back().batch + 1;
  if (ready_.size() < numReady_) ready_.resize(numReady_);
  std::swap(ready_.front(), batch);
  for (size_t i = 0; i < numReady_; ++i) {
    resizeBatch(source_.layout(), ready_[i], steps_.rows(step_ + static_cast<int64_t>(i), options_.rank).size());
  }
  const auto work = [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      const Piece& piece = pieces[i];
      gather(ready_[piece.batch], piece.first, piece.position, piece.last - piece.first);
    }
  };
  const size_t numShares = std::min(pool_.numThreads(), pieces.size());
  PendingWork others;
  for (size_t i = 1; i < numShares; ++i) {
    others.futures.push_back(pool_.submit([&work, first = pieces.size() * i / numShares,
                                           last = pieces.size() * (i + 1) / numShares] { work(first, last); }));
  }
  work(0, pieces.size() / numShares);
  for (auto& other : others.futures) other.get();
  for (size_t i = 0; i < numReady_; ++i) missing_.fill(ready_[i].features);
  step_ += static_cast<int64_t>(numReady_);
  const RowSpan last = steps_.rows(step_ - 1, options_.rank);
  position_ += static_cast<size_t>(last.last - row_);
  row_ = last.last;
  return true;
}

int64_t EpochStream::gather(Batch& batch, int64_t filled, size_t position, int64_t count) const {
  const RowLayout& layout = source_.layout();
  const auto& samples = source_.config().samples;
  const auto numScalars = static_cast<size_t>(layout.numScalars);
  auto out = static_cast<size_t>(filled);
  for (int64_t i = 0; i < count; ++i) {
    const RowPlace place = places_[position + static_cast<size_t>(i)];
    if (!blocks_[place.block]) continue;
    const RowBlock& block = *blocks_[place.block];
    const std::byte* record = block.record(place.row, layout);
    if (numScalars > 0) {
      std::memcpy(batch.features.scalars.data() + out * numScalars, record, numScalars * sizeof(float));
    }
    const std::byte* values = record + layout.fixedBytes;
    for (size_t g = 0; g < layout.groups.size(); ++g) {
      auto& group = batch.features.groups[g];
      std::memcpy(&group.count[out], record + layout.countsOffset + g * sizeof(int32_t), sizeof(int32_t));
      values = takeElements(values, static_cast<size_t>(group.count[out]), out, group);
    }
    std::memcpy(&batch.weight[out], record + layout.weightOffset, sizeof(float));
    if (!weightFactors_.empty()) batch.weight[out] *= weightFactors_[block.sample];
    if (const auto numTargets = static_cast<size_t>(layout.numTargets); numTargets > 0) {
      std::memcpy(batch.targets.data() + out * numTargets, record + layout.targetsOffset(), numTargets * sizeof(float));
    }
    std::memcpy(&batch.row[out], record + layout.rowOffset, sizeof(int64_t));
    batch.sample[out] = static_cast<int32_t>(block.sample);
    if (layout.labelOffset > 0) {
      std::memcpy(&batch.label[out], record + layout.labelOffset, sizeof(int32_t));
    } else {
      batch.label[out] = static_cast<int32_t>(samples[block.sample].label);
    }
    ++out;
  }
  return static_cast<int64_t>(out) - filled;
}

}  // namespace mlaas::dataset
