// Training in chunks, as MLaaS4HEP does it: some events are read and passed over several times, in another order each
// time, before the next ones are read.
// The batches are a function of those of the stream that gives the chunks, and of the seed.
// Threads: as every BatchStream, by one thread at a time.
// Owns:    the stream, and the rows of one chunk beside the batch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/dataset.h"

namespace mlaas::train {

struct ChunkOptions {
  int64_t events = 0;  // a chunk; 0: no chunks
  int64_t passes = 1;
};

class ChunkPasses final : public dataset::BatchStream {
 public:
  // Every batch of `chunks` is one chunk. A batch has rows of one chunk and one pass; the last one may be shorter.
  ChunkPasses(std::unique_ptr<dataset::BatchStream> chunks, int64_t passes, int64_t batchSize, uint64_t seed);

  Result<bool> next(dataset::Batch& batch) override;

 private:
  void beginPass();
  void gather(dataset::Batch& batch, size_t first, size_t last) const;

  const std::unique_ptr<dataset::BatchStream> chunks_;
  const int64_t passes_;
  const size_t batchSize_;
  const uint64_t seed_;
  dataset::Batch chunk_;
  std::vector<uint32_t> order_;  // rows of the chunk in the order of this pass
  size_t position_ = 0;          // in order_
  int64_t pass_ = 0;             // over this chunk, from 1
  uint64_t numPasses_ = 0;       // over all chunks
};

}  // namespace mlaas::train
