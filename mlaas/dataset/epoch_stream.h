// The batches of one epoch of one part: units read ahead on a pool, rows shuffled within a buffer, gathered into batches.
// Threads: a stream is used by one thread at a time; reading runs on the pool.
// Owns:    its share of the memory budget from make() on, so that it can never wait for another holder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mlaas/base/memory_budget.h"
#include "mlaas/dataset/dataset.h"
#include "mlaas/dataset/epoch_steps.h"
#include "mlaas/dataset/read_ahead.h"
#include "mlaas/dataset/row_source.h"
#include "mlaas/dataset/statistics_pass.h"
#include "mlaas/feature/missing_values.h"

namespace mlaas::dataset {

class EpochStream : public BatchStream {
 public:
  // kInvalidArgument where the budget has no room for another stream. `source`, `pass`, `pool` and `budget` outlive it.
  static Result<std::unique_ptr<BatchStream>> make(const RowSource& source, const PassResult& pass, TaskPool& pool,
                                                   MemoryBudget& budget, const StreamOptions& options);

  Result<bool> next(Batch& batch) override;

 private:
  using Block = std::shared_ptr<const RowBlock>;
  // One row of the buffer: which of its blocks, and which record there; a block that is left out is nullptr.
  struct RowPlace {
    uint32_t block = 0;
    uint32_t row = 0;
  };

  EpochStream(const RowSource& source, const PassResult& pass, TaskPool& pool, const StreamOptions& options,
              EpochPlan plan, MemoryBudget::Reservation share, size_t window);

  Result<Block> readUnit(size_t position) const;
  // Of a mixed epoch: the rows of the unit at this position of the plan that are taken.
  std::vector<uint32_t> takenAt(size_t position) const;
  Result<void> fillBuffer();
  void placeRows(const EpochBuffer& buffer);
  // Goes to a row of the epoch's order at or behind the present one.
  Result<void> skipTo(int64_t row);
  // Fills the batch with `span` of the epoch's order, less what is left out.
  Result<void> fillBatch(Batch& batch, RowSpan span);
  // Puts `count` rows of the buffer from `position` on into the batch behind its first `filled`; how many of them there
  // are.
  int64_t gather(Batch& batch, int64_t filled, size_t position, int64_t count) const;
  // Where rows are kept in memory, the pool gathers: the next batches together, or one that is large in pieces. False
  // where that does not pay, or the buffer does not have the rows. Uses the memory of `batch`.
  bool gatherTogether(Batch& batch);
  // Rows [first, last) of a batch, and where the first is in the buffer.
  struct Piece {
    size_t batch = 0;
    int64_t first = 0;
    int64_t last = 0;
    size_t position = 0;
  };
  // The next batches, resized, in pieces for gatherTogether().
  std::vector<Piece> planPieces();

  const RowSource& source_;
  const PassResult& pass_;
  TaskPool& pool_;
  const StreamOptions options_;
  const EpochPlan plan_;
  const EpochSteps steps_;
  const std::vector<float> weightFactors_;  // by sample; empty where none is to be changed
  const feature::MissingValues missing_;
  MemoryBudget::Reservation share_;
  int64_t step_ = 0;
  int64_t row_ = 0;  // in the epoch's order
  size_t nextBuffer_ = 0;
  std::vector<Block> blocks_;     // of the current buffer
  std::vector<RowPlace> places_;  // its rows in the order of the stream
  size_t position_ = 0;           // in places_
  std::vector<Batch> ready_;      // batches ahead of the consumer's
  size_t numReady_ = 0;           // of ready_; the others keep their memory
  size_t numTaken_ = 0;           // of these
  size_t firstUnit_ = 0;          // position in the plan of the first that is read
  ReadAhead<Block> blocksAhead_;  // last: its jobs use the members above
};

}  // namespace mlaas::dataset
