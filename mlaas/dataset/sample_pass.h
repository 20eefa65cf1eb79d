// A pass over some columns of samples before the events are read for training: pieces of files, cut by clusters and the
// number of columns alone, so that sums over them round in the same way in every run.
// Errors:  those of reading; kCancelled.
// Threads: immutable after make(); read() from any thread.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/read_ahead.h"
#include "mlaas/dataset/row_columns.h"
#include "mlaas/dataset/sample_files.h"

namespace mlaas::dataset {

class SamplePass {
 public:
  struct Piece {
    const DataFile* file = nullptr;
    size_t columns = 0;  // which of the files that are read
    table::EntryRange range;
  };

  // specs[sample] says what to read; a sample without one is left out. `files` outlives the pass.
  static Result<SamplePass> make(const SampleFiles& files, const std::vector<std::optional<RowColumnsSpec>>& specs);

  // Calls `use` on the pool with each piece and its rows, and `merge` on this thread with the results in their order.
  template <class Value>
  Result<void> run(TaskPool& pool, MemoryBudget& budget, const std::stop_token& stop,
                   const std::function<Result<Value>(const Piece&, RowColumns::Rows)>& use,
                   const std::function<void(const Piece&, const Value&)>& merge) const {
    const size_t window = windowFor(pool);
    MLAAS_TRY(const auto working, budget.reserve(2 * window * unitBytes_, "reading weights"));
    ReadAhead<Value> results(pool, pieces_.size(), window, [&](size_t i) -> Result<Value> {
      MLAAS_TRY(auto rows, read(pieces_[i], stop));
      return use(pieces_[i], std::move(rows));
    });
    for (const Piece& piece : pieces_) {
      MLAAS_TRY(const Value value, results.next());
      merge(piece, value);
    }
    return {};
  }

 private:
  void cut(const DataFile& file, size_t columns);
  size_t windowFor(const TaskPool& pool) const;
  Result<RowColumns::Rows> read(const Piece& piece, const std::stop_token& stop) const;

  size_t unitBytes_ = 0;
  size_t mostUnits_ = 1;
  std::vector<RowColumns> columns_;  // of the files that are read, in their order
  std::vector<Piece> pieces_;
};

}  // namespace mlaas::dataset
