#include "mlaas/table/arrow/parquet_table.h"

#include <arrow/table.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>

#include "mlaas/table/arrow/arrow_columns.h"
#include "mlaas/table/arrow/arrow_input.h"
#include "mlaas/table/arrow/file_stem.h"

namespace mlaas::table {

namespace {

using Metadata = std::shared_ptr<parquet::FileMetaData>;

Result<std::unique_ptr<parquet::arrow::FileReader>> makeReader(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                               Metadata metadata) {
  parquet::ReaderProperties properties(decodingMemory());
  parquet::arrow::FileReaderBuilder builder;
  const auto opened = builder.Open(std::move(file), properties, std::move(metadata));
  if (!opened.ok()) return errorOf(opened);
  parquet::ArrowReaderProperties arrowProperties(false);
  arrowProperties.set_pre_buffer(false);
  return resultOf(builder.memory_pool(decodingMemory())->properties(arrowProperties)->Build());
}

struct RowGroup {
  int index = 0;
  EntryRange range;
};

class FetchedParquet : public FetchedRange {
 public:
  FetchedParquet(std::shared_ptr<arrow::io::RandomAccessFile> file, Metadata metadata, EntryRange range,
                 std::vector<RowGroup> groups, const std::vector<ArrowLeaf>& leaves)
      : file_(std::move(file)),
        metadata_(std::move(metadata)),
        range_(range),
        groups_(std::move(groups)),
        leaves_(leaves) {}

  Result<Column> decode(size_t column) override {
    const ArrowLeaf& leaf = leaves_[column];
    auto decoded = withoutThrowing([&]() -> Result<Column> {
      std::vector<int> groups;
      for (const RowGroup& group : groups_) groups.push_back(group.index);
      MLAAS_TRY(const auto reader, makeReader(file_, metadata_));
      MLAAS_TRY(const auto table, resultOf(reader->ReadRowGroups(groups, {static_cast<int>(column)})));
      const int64_t expected = groups_.empty() ? 0 : groups_.back().range.last - groups_.front().range.first;
      if (table->num_columns() != 1 || table->num_rows() != expected) {
        return Error(ErrorCode::kCorrupt,
                     "expected " + std::to_string(expected) + " rows, found " + std::to_string(table->num_rows()));
      }
      const int64_t first = groups_.empty() ? 0 : range_.first - groups_.front().range.first;
      return columnOf(leaf, *table->column(0)->Slice(first, range_.size()));
    });
    if (!decoded.ok()) return std::move(decoded).error().within("column '" + leaf.info.name + "'");
    return decoded;
  }

 private:
  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const Metadata metadata_;
  const EntryRange range_;
  const std::vector<RowGroup> groups_;
  const std::vector<ArrowLeaf>& leaves_;
};

class ParquetTable : public Table {
 public:
  ParquetTable(std::shared_ptr<io::ByteSource> source, Metadata metadata, std::vector<ArrowLeaf> leaves)
      : source_(std::move(source)), metadata_(std::move(metadata)), leaves_(std::move(leaves)) {
    name_ = fileStem(source_->url());
    for (const ArrowLeaf& leaf : leaves_) columns_.push_back(leaf.info);
    int64_t first = 0;
    for (int i = 0; i < metadata_->num_row_groups(); ++i) {
      const int64_t rows = metadata_->RowGroup(i)->num_rows();
      if (rows > 0) {
        groups_.push_back({i, {first, first + rows}});
        clusters_.push_back({first, first + rows});
      }
      first += rows;
    }
    numEntries_ = first;
  }

  const std::string& url() const override { return source_->url(); }
  const std::string& name() const override { return name_; }
  int64_t numEntries() const override { return numEntries_; }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }

  // A column of a row group is decompressed as a whole, then made into one of Arrow's arrays.
  uint64_t scratchBytes(const std::vector<size_t>& columns) const override {
    uint64_t most = Table::scratchBytes(columns);
    for (const RowGroup& group : groups_) {
      const auto description = metadata_->RowGroup(group.index);
      for (const size_t column : columns) {
        const int64_t bytes = description->ColumnChunk(static_cast<int>(column))->total_uncompressed_size();
        most = std::max(most, 2 * static_cast<uint64_t>(std::max<int64_t>(0, bytes)));
      }
    }
    return most;
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    const auto groups = groupsOf(range);
    const auto wanted = chunksOf(groups, columns);
    if (!wanted.ok()) return done(wanted.error());
    auto fetched = std::make_shared<std::vector<FetchedBytes>>();
    std::vector<io::ReadRequest> requests;
    for (const auto& [offset, bytes] : *wanted) fetched->push_back({offset, std::vector<std::byte>(bytes)});
    for (FetchedBytes& part : *fetched) requests.push_back({part.offset, part.bytes});
    source_->read(std::move(requests), [this, fetched, range, groups, done = std::move(done)](Result<void> read) {
      if (!read.ok()) return done(std::move(read).error());
      done(std::unique_ptr<FetchedRange>(std::make_unique<FetchedParquet>(arrowFile(source_, std::move(*fetched)),
                                                                          metadata_, range, groups, leaves_)));
    });
  }

 private:
  struct Chunk {
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };

  std::vector<RowGroup> groupsOf(EntryRange range) const {
    std::vector<RowGroup> found;
    if (range.size() == 0) return found;
    for (const RowGroup& group : groups_) {
      if (group.range.last > range.first && group.range.first < range.last) found.push_back(group);
    }
    return found;
  }

  // Where the compressed values of `columns` lie, checked against the file's size.
  Result<std::vector<Chunk>> chunksOf(const std::vector<RowGroup>& groups, const std::vector<size_t>& columns) const {
    return withoutThrowing([&]() -> Result<std::vector<Chunk>> {
      std::vector<Chunk> chunks;
      for (const RowGroup& group : groups) {
        const auto rows = metadata_->RowGroup(group.index);
        for (const size_t column : columns) {
          const auto chunk = rows->ColumnChunk(static_cast<int>(column));
          int64_t offset = chunk->data_page_offset();
          if (chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0) {
            offset = std::min(offset, chunk->dictionary_page_offset());
          }
          const int64_t bytes = chunk->total_compressed_size();
          const auto size = static_cast<int64_t>(source_->sizeBytes());
          if (offset < 0 || bytes < 0 || offset > size || bytes > size - offset) {
            return Error(ErrorCode::kCorrupt, "column '" + leaves_[column].info.name + "' lies at " +
                                                  std::to_string(offset) + " with " + std::to_string(bytes) +
                                                  " bytes, the file has " + std::to_string(size));
          }
          chunks.push_back({static_cast<uint64_t>(offset), static_cast<uint64_t>(bytes)});
        }
      }
      return chunks;
    });
  }

  const std::shared_ptr<io::ByteSource> source_;
  const Metadata metadata_;
  const std::vector<ArrowLeaf> leaves_;
  std::string name_;
  std::vector<ColumnInfo> columns_;
  std::vector<RowGroup> groups_;
  std::vector<EntryRange> clusters_;
  int64_t numEntries_ = 0;
};

// Sizes and codec of a leaf; whether its row groups say that values are missing.
void describe(const parquet::FileMetaData& metadata, int column, ArrowLeaf& leaf) {
  bool hasMissing = false;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const auto chunk = metadata.RowGroup(i)->ColumnChunk(column);
    leaf.info.compressedBytes += static_cast<uint64_t>(std::max<int64_t>(chunk->total_compressed_size(), 0));
    leaf.info.uncompressedBytes += static_cast<uint64_t>(std::max<int64_t>(chunk->total_uncompressed_size(), 0));
    if (i == 0) {
      leaf.info.compression = chunk->compression() == arrow::Compression::UNCOMPRESSED
                                  ? "none"
                                  : arrow::util::Codec::GetCodecAsString(chunk->compression());
    }
    const auto statistics = chunk->is_stats_set() ? chunk->statistics() : nullptr;
    hasMissing = hasMissing || (statistics && statistics->HasNullCount() && statistics->null_count() > 0);
  }
  if (hasMissing) readAsFloat(leaf);
}

Result<Metadata> readMetadata(const std::shared_ptr<io::ByteSource>& source) {
  return withoutThrowing([&]() -> Result<Metadata> {
    MLAAS_TRY(const auto reader, makeReader(arrowFile(source), nullptr));
    Metadata metadata = reader->parquet_reader()->metadata();
    int64_t rows = 0;
    for (int i = 0; i < metadata->num_row_groups(); ++i) {
      const int64_t own = metadata->RowGroup(i)->num_rows();
      if (own < 0 || own > metadata->num_rows() - rows) {
        return Error(ErrorCode::kCorrupt, "row group " + std::to_string(i) + " has " + std::to_string(own) +
                                              " rows, the file " + std::to_string(metadata->num_rows()));
      }
      rows += own;
    }
    return metadata;
  });
}

Result<std::shared_ptr<const Table>> openChecked(std::shared_ptr<io::ByteSource> source) {
  MLAAS_TRY(auto metadata, readMetadata(source));
  return withoutThrowing([&]() -> Result<std::shared_ptr<const Table>> {
    MLAAS_TRY(const auto reader, makeReader(arrowFile(source), metadata));
    std::shared_ptr<arrow::Schema> schema;
    if (const auto status = reader->GetSchema(&schema); !status.ok()) return errorOf(status);
    auto leaves = leavesOf(*schema);
    if (static_cast<int>(leaves.size()) != metadata->num_columns()) {
      return Error(ErrorCode::kUnsupported, "its schema has " + std::to_string(leaves.size()) +
                                                " values a row, stored are " + std::to_string(metadata->num_columns()));
    }
    for (size_t i = 0; i < leaves.size(); ++i) describe(*metadata, static_cast<int>(i), leaves[i]);
    return std::shared_ptr<const Table>(
        std::make_shared<ParquetTable>(std::move(source), std::move(metadata), std::move(leaves)));
  });
}

}  // namespace

Result<std::shared_ptr<const Table>> openParquet(std::shared_ptr<io::ByteSource> source) {
  const std::string url = source->url();
  auto table = openChecked(std::move(source));
  if (!table.ok()) return std::move(table).error().within(url);
  return table;
}

Result<std::string> parquetWriter(std::shared_ptr<io::ByteSource> source) {
  const std::string url = source->url();
  const auto metadata = readMetadata(source);
  if (!metadata.ok()) return Error(metadata.error()).within(url);
  return (*metadata)->created_by();
}

}  // namespace mlaas::table
