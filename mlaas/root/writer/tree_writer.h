// Writes a TTree into a ROOT file of its own, cluster by cluster, in constant memory.
// Shapes:  numbers and fixed arrays   -> branch "name[2][3]/F"
//          one jagged level           -> branch "name[counter][3]/F" after a branch "counter/I", which the writer makes;
//                                        several columns may share a counter
//          strings                    -> branch of std::string
//          several jagged levels, jagged strings -> branch of "vector<vector<float> >", unsplit; no fixed arrays inside
// Errors:  kInvalidArgument (names, types or lengths that do not fit), kIo.
// Threads: one.
// Owns:    the file, which is absent until close(): without it nothing is left behind.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlaas/root/writer/block_compressor.h"
#include "mlaas/root/writer/table_writer.h"
#include "mlaas/root/writer/tree_record.h"

namespace mlaas::root {

// Why a TTree cannot hold columns of this type; empty if it can.
std::string whyNotInTree(const ColumnType& type);

class TreeWriter : public TableWriter {
 public:
  static Result<TreeWriter> create(const std::string& path, const std::string& treeName,
                                   std::vector<OutputColumn> columns, TableWriterOptions options = {});

  Result<void> append(std::span<const Column> columns) override;
  int64_t numEntries() const override { return tree_.numEntries; }
  Result<void> close() override;

 private:
  // What a branch has not written yet.
  struct OpenBasket {
    int64_t firstEntry = 0;
    std::vector<std::byte> values;     // big-endian
    std::vector<int32_t> entryStarts;  // where each entry starts in values; not of BranchKind::kLeaf
  };
  TreeWriter(FileWriter file, TableWriterOptions options);
  Result<void> addColumns(std::vector<OutputColumn> columns);
  Result<size_t> addCounter(const OutputColumn& column);
  Result<void> appendRows(std::span<const Column> columns, int64_t first, int64_t last);
  Result<void> countRows(size_t column, std::span<const int64_t> offsets, int64_t first, int64_t last);
  Result<void> appendFixed(size_t branch, const Column& rows, int64_t first, int64_t last);
  Result<void> appendCounted(size_t branch, const Column& rows, int64_t first, int64_t last);
  Result<void> appendObjects(size_t branch, const Column& rows, int64_t first, int64_t last);
  Result<void> flushBasket(size_t branch);
  Result<void> flushCluster();

  FileWriter file_;
  TableWriterOptions options_;
  BlockCompressor compressor_;
  TreeDescription tree_;
  std::vector<OutputColumn> columns_;
  std::vector<size_t> branchOf_;   // column -> branch
  std::vector<size_t> counterOf_;  // column -> branch of its counter, or kNone
  std::vector<OpenBasket> open_;   // by branch
};

}  // namespace mlaas::root
