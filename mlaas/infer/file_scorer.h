// Scores whole tables: every entry gets its row, in the order of the table, so that the scores can stand beside it.
// The bundle's selection leaves no row out; it is a column of its own. An entry with a NaN among its features gets NaN.
// Of a bundle of folds each entry is scored by the model that has not seen it in training.
// Work goes piece by piece (whole clusters where they are small) to a task pool, a few pieces ahead of the sink:
// memory does not grow with the table.
// Errors:  those of the table, the features (a missing column; names offered) and the engine; kCancelled.
// Threads: score() from one thread at a time; the pool must outlive the scorer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/model/bundle.h"
#include "mlaas/table/table.h"

namespace mlaas::infer {

// The rows of one range of entries; every column has one value for each entry.
struct ScoreBlock {
  table::EntryRange entries;
  std::vector<Column> identity;  // in the order of Bundle::identity, each of its own type
  std::vector<Column> scores;    // float32, in the order of Bundle::outputs
  Column selected;               // bool: passes the bundle's selection; true where there is none
  int64_t numSelected = 0;
  int64_t numNan = 0;  // entries without a score
};

// Takes the blocks in the order of the entries, on the thread of score().
using ScoreSink = std::function<Result<void>(const ScoreBlock&)>;

class FileScorer {
 public:
  static Result<FileScorer> make(model::Bundle bundle, TaskPool& pool);
  FileScorer(FileScorer&&) noexcept;
  ~FileScorer();

  const model::Bundle& bundle() const;

  // Scores all entries of `table`; ends at the first error of a block or of the sink.
  Result<void> score(const table::Table& table, const ScoreSink& sink, const std::stop_token& stop);

 private:
  struct State;
  explicit FileScorer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::infer
