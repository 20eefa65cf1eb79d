#include "mlaas/table/arrow/text_table.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>

#include "mlaas/table/arrow/arrow_columns.h"
#include "mlaas/table/arrow/arrow_input.h"
#include "mlaas/table/arrow/file_stem.h"
#include "mlaas/table/arrow/text_blocks.h"
#include "mlaas/table/arrow/text_parser.h"

namespace mlaas::table {

namespace {

constexpr uint64_t kBlockBytes = uint64_t{4} << 20;

// A block and the entries in it.
struct Block {
  TextBlock text;
  EntryRange range;
};

struct TextFile {
  std::shared_ptr<io::ByteSource> text;
  TextParser parser;
  std::vector<Block> blocks;
  std::vector<ArrowLeaf> leaves;
  std::shared_ptr<arrow::Schema> schema;
};

Error inRows(Error error, EntryRange range) {
  return std::move(error).within("entries " + std::to_string(range.first) + " to " + std::to_string(range.last));
}

class FetchedText : public FetchedRange {
 public:
  FetchedText(std::shared_ptr<const TextFile> file, EntryRange range, std::vector<Block> blocks,
              std::vector<std::shared_ptr<arrow::Buffer>> texts, const std::vector<size_t>& columns)
      : file_(std::move(file)), range_(range), blocks_(std::move(blocks)), texts_(std::move(texts)) {
    std::set<int> fields;
    for (const size_t column : columns) fields.insert(file_->leaves[column].field);
    arrow::FieldVector wanted;
    for (const int field : fields) wanted.push_back(file_->schema->field(field));
    wanted_ = arrow::schema(wanted);
  }

  Result<Column> decode(size_t column) override {
    MLAAS_CHECK(parseOnce());
    const ArrowLeaf& leaf = file_->leaves[column];
    const std::string& field = file_->schema->field(leaf.field)->name();
    arrow::ArrayVector chunks;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const EntryRange own = blocks_[i].range;
      const int64_t first = std::max(range_.first, own.first);
      const auto part =
          tables_[i]->GetColumnByName(field)->Slice(first - own.first, std::min(range_.last, own.last) - first);
      chunks.insert(chunks.end(), part->chunks().begin(), part->chunks().end());
    }
    auto values = withoutThrowing([&]() -> Result<Column> {
      return columnOf(leaf, arrow::ChunkedArray(std::move(chunks), file_->schema->field(leaf.field)->type()));
    });
    if (!values.ok()) return inRows(std::move(values).error().within("column '" + leaf.info.name + "'"), range_);
    return values;
  }

 private:
  // All fetched columns together: a line is taken apart once.
  Result<void> parseOnce() {
    const std::lock_guard lock(mutex_);
    for (size_t i = tables_.size(); i < blocks_.size() && !failure_; ++i) {
      auto table = file_->parser.parse(texts_[i], wanted_);
      if (!table.ok()) {
        failure_ = inRows(std::move(table).error(), blocks_[i].range);
      } else if ((*table)->num_rows() != blocks_[i].range.size()) {
        failure_ = inRows(Error(ErrorCode::kCorrupt, "the file changed since it was opened"), blocks_[i].range);
      } else {
        tables_.push_back(*table);
        texts_[i].reset();
      }
    }
    if (failure_) return *failure_;
    return {};
  }

  const std::shared_ptr<const TextFile> file_;
  const EntryRange range_;
  const std::vector<Block> blocks_;
  std::shared_ptr<arrow::Schema> wanted_;
  std::mutex mutex_;  // the three below
  std::vector<std::shared_ptr<arrow::Buffer>> texts_;
  std::vector<std::shared_ptr<arrow::Table>> tables_;
  std::optional<Error> failure_;
};

class TextTable : public Table {
 public:
  explicit TextTable(std::shared_ptr<const TextFile> file)
      : file_(std::move(file)), name_(fileStem(file_->text->url())) {
    for (const ArrowLeaf& leaf : file_->leaves) columns_.push_back(leaf.info);
    for (const Block& block : file_->blocks) clusters_.push_back(block.range);
  }

  const std::string& url() const override { return file_->text->url(); }
  const std::string& name() const override { return name_; }
  int64_t numEntries() const override { return clusters_.empty() ? 0 : clusters_.back().last; }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }

  // Arrow's arrays stay until the last column of a range is made of them.
  uint64_t entryBytes(const std::vector<size_t>& columns) const override { return 2 * Table::entryBytes(columns); }

  // A line holds all columns.
  size_t readGroup(size_t /*column*/) const override { return 0; }
  uint64_t fetchBytes(EntryRange range, size_t /*column*/) const override {
    uint64_t bytes = 0;
    for (const Block& block : blocksOf(range)) bytes += block.text.bytes;
    return bytes;
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    std::vector<Block> blocks = blocksOf(range);
    std::vector<std::shared_ptr<arrow::Buffer>> texts;
    std::vector<io::ReadRequest> requests;
    for (const Block& block : blocks) {
      auto buffer = arrow::AllocateBuffer(static_cast<int64_t>(block.text.bytes), decodingMemory());
      if (!buffer.ok()) return done(errorOf(buffer.status()));
      auto* bytes = reinterpret_cast<std::byte*>((*buffer)->mutable_data());
      requests.push_back({block.text.offset, {bytes, static_cast<size_t>(block.text.bytes)}});
      texts.push_back(*std::move(buffer));
    }
    auto fetched = std::make_shared<FetchedText>(file_, range, std::move(blocks), std::move(texts), columns);
    file_->text->read(std::move(requests), [fetched, done = std::move(done)](Result<void> read) {
      if (!read.ok()) return done(std::move(read).error());
      done(std::unique_ptr<FetchedRange>(std::make_unique<Shared>(fetched)));
    });
  }

 private:
  struct Shared : FetchedRange {
    explicit Shared(std::shared_ptr<FetchedText> fetched) : inner(std::move(fetched)) {}
    Result<Column> decode(size_t column) override { return inner->decode(column); }
    const std::shared_ptr<FetchedText> inner;
  };

  std::vector<Block> blocksOf(EntryRange range) const {
    std::vector<Block> blocks;
    for (const Block& block : file_->blocks) {
      if (range.size() > 0 && block.range.last > range.first && block.range.first < range.last) blocks.push_back(block);
    }
    return blocks;
  }

  const std::shared_ptr<const TextFile> file_;
  const std::string name_;
  std::vector<ColumnInfo> columns_;
  std::vector<EntryRange> clusters_;
};

// What the blocks of a file have in common.
class Survey {
 public:
  explicit Survey(TextFile& file) : file_(file) {}

  Result<void> add(const TextBlock& text, int64_t first, int64_t& numRows) {
    MLAAS_TRY(std::shared_ptr<arrow::Buffer> buffer,
              resultOf(arrow::AllocateBuffer(static_cast<int64_t>(text.bytes), decodingMemory())));
    auto* bytes = reinterpret_cast<std::byte*>(buffer->mutable_data());
    MLAAS_CHECK(file_.text->readNow({{text.offset, {bytes, static_cast<size_t>(text.bytes)}}}));
    auto table = file_.parser.infer(std::move(buffer), *file_.schema);
    if (!table.ok()) return std::move(table).error().within("after entry " + std::to_string(first));
    numRows = (*table)->num_rows();
    if (numRows == 0) return {};
    file_.schema = commonSchema(*file_.schema, *(*table)->schema());
    for (const ArrowLeaf& leaf : leavesOf(*(*table)->schema())) {
      if (!leaf.info.type.isFlat()) continue;
      MLAAS_TRY(const bool missing, hasMissing(leaf, *(*table)->column(leaf.field)));
      if (!missing) ++completeBlocks_[leaf.info.name];
    }
    ++numBlocks_;
    return {};
  }

  void finish() {
    file_.leaves = leavesOf(*file_.schema);
    for (ArrowLeaf& leaf : file_.leaves) {
      if (leaf.info.type.isFlat() && completeBlocks_[leaf.info.name] < numBlocks_) readAsFloat(leaf);
      leaf.info.uncompressedBytes = file_.text->sizeBytes() / file_.leaves.size();
      leaf.info.compressedBytes = leaf.info.uncompressedBytes;
      leaf.info.compression = "none";
    }
  }

 private:
  TextFile& file_;
  std::unordered_map<std::string, int64_t> completeBlocks_;  // by the leaf's name
  int64_t numBlocks_ = 0;
};

Result<std::shared_ptr<const Table>> openChecked(std::shared_ptr<io::ByteSource> source, TextFormat format) {
  MLAAS_TRY(auto text, plainText(std::move(source)));
  const bool hasQuotes = format != TextFormat::kNdjson;
  auto file = std::make_shared<TextFile>(
      TextFile{std::move(text), TextParser(format), {}, {}, arrow::schema(arrow::FieldVector())});
  auto header = withoutThrowing([&] { return file->parser.readHeader(*file->text); });
  if (!header.ok()) return std::move(header).error();
  MLAAS_TRY(auto blocks, cutIntoBlocks(*file->text, hasQuotes, kBlockBytes));
  Survey survey(*file);
  int64_t first = 0;
  for (TextBlock block : blocks) {
    const uint64_t skipped = std::min(block.bytes, *header > block.offset ? *header - block.offset : 0);
    block.offset += skipped;
    block.bytes -= skipped;
    if (block.bytes == 0) continue;
    int64_t numRows = 0;
    MLAAS_CHECK(survey.add(block, first, numRows));
    if (numRows > 0) file->blocks.push_back({block, {first, first + numRows}});
    first += numRows;
  }
  if (file->blocks.empty()) return Error(ErrorCode::kCorrupt, "has no entry");
  survey.finish();
  return std::shared_ptr<const Table>(std::make_shared<TextTable>(std::move(file)));
}

}  // namespace

Result<std::shared_ptr<const Table>> openText(std::shared_ptr<io::ByteSource> source, TextFormat format) {
  const std::string url = source->url();
  auto table = openChecked(std::move(source), format);
  if (!table.ok()) return std::move(table).error().within(url);
  return table;
}

}  // namespace mlaas::table
