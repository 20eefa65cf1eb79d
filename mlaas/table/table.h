// One interface over every kind of table: named, typed columns that are read cluster by cluster.
// A table is a TTree or an RNTuple of one file, or a Parquet, CSV or NDJSON file; datasets chain several. Reading has two steps, so that fetching can
// run ahead of decoding: fetch() brings the compressed bytes of some columns of a range of entries, decode() turns
// those of one column into a Column. The unit of work is (cluster, column), never one event.
// Errors:  kNotFound (file, table, column; the message offers the nearest names), kCorrupt, kUnsupported, kIo.
// Threads: a Table is shared by threads; decode() of different columns may run at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/base/task_pool.h"

namespace mlaas::table {

struct ColumnInfo {
  std::string name;
  ColumnType type;         // meaningless where unsupported is not empty
  std::string storedType;  // as the file spells it: "Float_t", "vector<float>"
  std::string counter;     // the column that counts a jagged column's elements, or empty
  // In the file; the members of one branch or field share its bytes.
  uint64_t compressedBytes = 0;
  uint64_t uncompressedBytes = 0;
  std::string compression;  // "zstd", "zlib", ... of its first compressed block, "none", or empty if empty
  std::string unsupported;  // why the column cannot be read; empty if it can
  // Its entries where it has fewer or more than the table: a branch that was not always filled. Ranges to read end there.
  std::optional<int64_t> ownEntries;
};

// Entries [first, last), counted from 0.
struct EntryRange {
  int64_t first = 0;
  int64_t last = 0;
  int64_t size() const { return last - first; }
  bool operator==(const EntryRange&) const = default;
};

// Another name of a column, given as its index in Table::columns().
struct ColumnAlias {
  std::string name;
  size_t column = 0;
};

// What a file says about tables that belong to this one.
struct TableLinks {
  struct Friend {
    std::string alias;
    std::string tree;
    std::string file;  // as it was written; empty for the same file
  };
  std::vector<Friend> friends;
  std::vector<std::string> index;  // major and minor of the table's own index, as formulas; empty without one
};

// Entries of a piece that a range is cut into.
struct CutSize {
  int64_t preferred = 0;
  int64_t most = 0;  // at least preferred
};

// The compressed bytes of some columns of a range of entries.
class FetchedRange {
 public:
  virtual ~FetchedRange() = default;
  // Decodes one of the fetched columns, given as its index in Table::columns().
  virtual Result<Column> decode(size_t column) = 0;
  // Decodes some of them, in the order asked for. Those of one Table::readGroup() take hardly longer than one alone.
  virtual std::vector<Result<Column>> decodeAll(std::span<const size_t> columns);
};

using FetchDone = std::function<void(Result<std::unique_ptr<FetchedRange>>)>;

class Table {
 public:
  // Compressed bytes that read() without a pool asks for at once, unless one column has more: a source far away answers
  // few requests rather than many.
  static constexpr uint64_t kReadBytes = uint64_t{8} << 20;

  virtual ~Table() = default;

  virtual const std::string& url() const = 0;
  // The object's name in its file, with folders: "dir/Events".
  virtual const std::string& name() const = 0;
  virtual int64_t numEntries() const = 0;
  virtual const std::vector<ColumnInfo>& columns() const = 0;
  // Names that columns have beside their own; none of them is a column's own name, none stands twice.
  virtual const std::vector<ColumnAlias>& aliases() const;
  virtual const TableLinks& links() const;

  // The ranges that are cheap to read as a whole, in order, covering [0, numEntries) without a gap.
  virtual const std::vector<EntryRange>& clusters() const = 0;

  // Bytes of an entry of `columns` in memory, on average.
  virtual uint64_t entryBytes(const std::vector<size_t>& columns) const;

  // Columns with the same number lie in the same bytes: they are best fetched and decoded together.
  virtual size_t readGroup(size_t column) const;

  // Compressed bytes that fetch() reads of one column for `range`, on average where the table does not know better.
  // What columns of one readGroup() share is read once.
  virtual uint64_t fetchBytes(EntryRange range, size_t column) const;

  // Compressed bytes of some columns that one thread best fetches and then decodes: few enough to stay in its core's cache,
  // but columns that share a part should come together.
  virtual uint64_t stepBytes() const;

  // Bytes that decode() of one of `columns` may take beside its result, on each thread: a decompressed basket.
  virtual uint64_t scratchBytes(const std::vector<size_t>& columns) const;

  // What is kept in memory of the open table's columns and of where they lie, about.
  virtual size_t metadataBytes() const;

  // Cuts a range into pieces of about `size.preferred` entries where little of `columns` is decompressed twice. Pieces
  // grow up to `size.most` where that saves much.
  virtual std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, CutSize size) const;

  // Starts to read what decode() of these columns needs; done is called once, on any thread. The table must outlive
  // the FetchedRange.
  virtual void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const = 0;
  // Fetches and waits; a table whose source allows it stays on the caller's thread.
  virtual Result<std::unique_ptr<FetchedRange>> fetchNow(EntryRange range, std::vector<size_t> columns) const;

  // The index of the column of that name or alias; kNotFound with the nearest names.
  Result<size_t> findColumn(std::string_view name) const;

  // Fetches and decodes, on `pool` in parallel if one is given (not from one of its own tasks), else on the caller's
  // thread; the columns come in the order asked for.
  Result<std::vector<Column>> read(EntryRange range, const std::vector<size_t>& columns,
                                   TaskPool* pool = nullptr) const;

 private:
  // Columns and aliases by name, made at first use; a copied table makes its own.
  class Names {
   public:
    Names() = default;
    Names(const Names& /*other*/) {}
    Names& operator=(const Names& /*other*/) = delete;
    const std::unordered_map<std::string_view, size_t>& of(const Table& table) const;

   private:
    mutable std::once_flag made_;
    mutable std::unordered_map<std::string_view, size_t> byName_;  // the table owns the names
  };
  Names names_;
};

// What a file holds, for `mlaas inspect`.
struct TableInfo {
  std::string name;  // with folders and without cycle
  std::string kind;  // "ttree", "rntuple", or the name of another format
  int64_t numEntries = 0;
  std::vector<ColumnInfo> columns;
  std::string unsupported;  // why the table cannot be read; empty if it can
  TableLinks links;
};
struct ObjectInfo {
  std::string name;
  std::string className;
};
struct FileInfo {
  std::string url;
  uint64_t sizeBytes = 0;
  std::string writtenBy;  // "ROOT 6.40.00"
  std::string damage;     // "is truncated: ...", empty for a whole file
  std::vector<TableInfo> tables;
  std::vector<ObjectInfo> others;  // objects that are no tables
};

// Opens the table `name` ("Events", "dir/Events") of a ROOT file; an empty name means the only one there is. A file of
// another format (file_format.h) has one table, whatever the name.
Result<std::shared_ptr<const Table>> openTable(const std::string& url, const std::string& name);

// Lists a file; `name` restricts it to one table where not empty.
Result<FileInfo> inspectFile(const std::string& url, const std::string& name = {});

}  // namespace mlaas::table
