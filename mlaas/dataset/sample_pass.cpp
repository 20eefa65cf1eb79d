#include "mlaas/dataset/sample_pass.h"

#include <algorithm>

#include "mlaas/dataset/read_units.h"

namespace mlaas::dataset {

Result<SamplePass> SamplePass::make(const SampleFiles& files, const std::vector<std::optional<RowColumnsSpec>>& specs) {
  SamplePass pass;
  const MemoryPlan plan = MemoryPlan::of(files.memoryBytes);
  pass.unitBytes_ = plan.unitBytes;
  pass.mostUnits_ = plan.workBytes / plan.unitBytes / 2;
  for (const DataFile& file : files.files) {
    const auto& spec = specs[file.sample];
    if (!spec) continue;
    auto columns = RowColumns::make(*spec, *file.table);
    if (!columns.ok()) return std::move(columns).error().within(file.table->url());
    pass.columns_.push_back(*std::move(columns));
    pass.cut(file, pass.columns_.size() - 1);
  }
  return pass;
}

void SamplePass::cut(const DataFile& file, size_t columns) {
  // A column as it is stored, its numbers, and a weight.
  const size_t entryBytes = 2 * sizeof(double) * (columns_[columns].inputs().size() + 1);
  const auto most = static_cast<int64_t>(std::max<size_t>(1, unitBytes_ / entryBytes));
  for (const auto& cluster : file.table->clusters()) {
    for (int64_t first = cluster.first; first < cluster.last; first += most) {
      pieces_.push_back({&file, columns, {first, std::min(first + most, cluster.last)}});
    }
  }
}

size_t SamplePass::windowFor(const TaskPool& pool) const {
  return std::clamp<size_t>(mostUnits_, 1, pool.numThreads() + 2);
}

Result<RowColumns::Rows> SamplePass::read(const Piece& piece, const std::stop_token& stop) const {
  if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while reading weights");
  return columns_[piece.columns].read(*piece.file->table, piece.range);
}

}  // namespace mlaas::dataset
