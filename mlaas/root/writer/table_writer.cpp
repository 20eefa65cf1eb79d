#include "mlaas/root/writer/table_writer.h"

#include <algorithm>

#include "mlaas/root/writer/ntuple_writer.h"
#include "mlaas/root/writer/tree_writer.h"

namespace mlaas::root {

namespace {
constexpr uint64_t kClusterBytes = uint64_t{32} << 20;
constexpr uint64_t kMaxClusterEntries = 1'000'000;
}  // namespace

std::string whyNotWritable(TableKind kind, const ColumnType& type) {
  return kind == TableKind::kTTree ? whyNotInTree(type) : std::string();
}

Result<std::unique_ptr<TableWriter>> makeTableWriter(TableKind kind, const std::string& path, const std::string& name,
                                                     std::vector<OutputColumn> columns, TableWriterOptions options) {
  if (kind == TableKind::kRNTuple) {
    MLAAS_TRY(auto writer, NtupleWriter::create(path, name, std::move(columns), std::move(options)));
    return std::unique_ptr<TableWriter>(std::make_unique<NtupleWriter>(std::move(writer)));
  }
  MLAAS_TRY(auto writer, TreeWriter::create(path, name, std::move(columns), std::move(options)));
  return std::unique_ptr<TableWriter>(std::make_unique<TreeWriter>(std::move(writer)));
}

int64_t clusterEntriesFor(uint64_t bytesPerEntry) {
  return static_cast<int64_t>(
      std::clamp<uint64_t>(kClusterBytes / std::max<uint64_t>(bytesPerEntry, 1), 1, kMaxClusterEntries));
}

}  // namespace mlaas::root
