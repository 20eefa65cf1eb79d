// Writes an RNTuple (format 1.0.0.0) into a ROOT file of its own, cluster by cluster, in constant memory.
// Shapes:  every ColumnType: numbers, std::array, std::vector nested to any depth, std::string inside any of them.
// Errors:  kInvalidArgument (names, types or lengths that do not fit), kIo.
// Threads: one.
// Owns:    the file, which is absent until close(): without it nothing is left behind.
// Source:  docs/formats/rntuple-writing.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlaas/root/writer/block_compressor.h"
#include "mlaas/root/writer/ntuple_schema.h"
#include "mlaas/root/writer/table_writer.h"

namespace mlaas::root {

class NtupleWriter : public TableWriter {
 public:
  static Result<NtupleWriter> create(const std::string& path, const std::string& name,
                                     std::vector<OutputColumn> columns, TableWriterOptions options = {});

  Result<void> append(std::span<const Column> columns) override;
  int64_t numEntries() const override { return numEntries_; }
  Result<void> close() override;

 private:
  struct Page {
    uint32_t numElements = 0;
    Locator locator;
  };
  // A page that is encoded and compressed, not yet in the file.
  struct SealedPage {
    uint32_t numElements = 0;
    std::vector<std::byte> bytes;  // its checksum included
  };
  // What a column has not written yet, and where it is.
  struct OpenColumn {
    std::vector<std::byte> elements;  // of the page that is being filled
    std::vector<SealedPage> sealed;   // of the open cluster
    uint64_t lastIndex = 0;           // of an index: the end of the last list of the open cluster
    int64_t numElements = 0;          // of all clusters
  };
  // Where a cluster's pages lie.
  struct Cluster {
    int64_t firstEntry = 0;
    int64_t numEntries = 0;
    std::vector<int64_t> starts;           // by column: number of the first element
    std::vector<std::vector<Page>> pages;  // by column
  };
  struct ClusterGroup {
    int64_t firstEntry = 0;
    int64_t numEntries = 0;
    uint32_t numClusters = 0;
    uint64_t pageListBytes = 0;
    Locator pageList;
  };

  NtupleWriter(FileWriter file, TableWriterOptions options);
  void beginCluster();
  Result<void> appendRows(std::span<const Column> columns, int64_t first, int64_t last);
  Result<void> appendIndex(size_t column, std::span<const int64_t> offsets, int64_t first, int64_t last);
  Result<void> appendElements(size_t column, std::span<const std::byte> elements);
  Result<void> sealPage(size_t column);
  // Writes the sealed pages of the open cluster, those of a column next to each other.
  Result<void> writeSealedPages();
  Result<void> flushCluster();
  void writePages(EnvelopeWriter& writer, const Cluster& cluster) const;
  Result<void> flushGroup();
  // Writes bytes as a record that only locators name.
  Result<Locator> writeBlob(std::span<const std::byte> bytes);
  Result<Locator> writeEnvelope(const std::vector<std::byte>& envelope);

  FileWriter file_;
  TableWriterOptions options_;
  BlockCompressor compressor_;
  std::string name_;
  std::vector<OutputColumn> columns_;
  NtupleSchema schema_;
  Locator header_;
  uint64_t headerBytes_ = 0;
  uint64_t headerChecksum_ = 0;
  std::vector<OpenColumn> open_;  // by column of the schema
  size_t sealedBytes_ = 0;
  Cluster openCluster_;
  std::vector<Cluster> clusters_;  // of the group that is being filled
  size_t groupItems_ = 0;          // pages and columns of clusters_
  std::vector<ClusterGroup> groups_;
  int64_t numEntries_ = 0;
};

}  // namespace mlaas::root
