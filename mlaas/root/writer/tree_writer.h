// Writes a TTree of numeric columns into a ROOT file of its own, cluster by cluster, in constant memory.
// Shapes:  flat columns -> branch "name/F"; jagged columns of one level -> branch "name[counter]/F" after a branch
//          "counter/I", which the writer makes; several columns may share a counter.
// Errors:  kInvalidArgument (names, types or lengths that do not fit), kIo.
// Threads: one.
// Owns:    the file, which is absent until close(): without it nothing is left behind.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/root/writer/block_compressor.h"
#include "mlaas/root/writer/file_writer.h"
#include "mlaas/root/writer/tree_record.h"

namespace mlaas::root {

struct TreeColumn {
  std::string name;
  DType dtype = DType::kFloat32;
  std::string counter;  // of a jagged column; empty for a flat one
};

struct TreeWriterOptions {
  std::string treeTitle;
  int compressionLevel = 5;          // of zstd
  int64_t clusterEntries = 1 << 16;  // rows kept in memory before their baskets are written
  FileStamp stamp;
};

class TreeWriter {
 public:
  static Result<TreeWriter> create(const std::string& path, const std::string& treeName,
                                   std::vector<TreeColumn> columns, TreeWriterOptions options = {});

  // Appends rows: one column for each of those given to create(), in that order and all of the same length.
  Result<void> append(std::span<const Column> columns);

  int64_t numEntries() const { return tree_.numEntries; }

  // Writes the rest and gives the file its name.
  Result<void> close();

 private:
  // What a branch has not written yet.
  struct OpenBasket {
    int64_t firstEntry = 0;
    std::vector<std::byte> values;     // big-endian
    std::vector<int32_t> entryStarts;  // counted branches: where each entry starts in values
  };
  TreeWriter(FileWriter file, TreeWriterOptions options);
  Result<void> addColumns(std::vector<TreeColumn> columns);
  Result<void> checkColumns(std::span<const Column> columns) const;
  Result<void> appendRows(std::span<const Column> columns, int64_t first, int64_t last);
  Result<void> countRows(size_t column, std::span<const int64_t> offsets, int64_t first, int64_t last);
  Result<void> appendCounted(size_t column, const Column& rows, int64_t first, int64_t last);
  Result<void> flushBasket(size_t branch);
  Result<void> flushCluster();

  FileWriter file_;
  TreeWriterOptions options_;
  BlockCompressor compressor_;
  TreeDescription tree_;
  std::vector<TreeColumn> columns_;
  std::vector<size_t> branchOf_;   // column -> branch
  std::vector<size_t> counterOf_;  // column -> branch of its counter, or kNone
  std::vector<OpenBasket> open_;   // by branch
};

}  // namespace mlaas::root
