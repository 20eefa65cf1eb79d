// The entries of a table by one or two integer columns, major and minor, as TTreeIndex finds them.
// Memory:  24 bytes an entry, taken from a budget for the index's life.
// Errors:  kInvalidArgument (columns that hold no integers, a key that stands twice, an index larger than the budget),
//          kNotFound (columns), those of reading, kCancelled.
// Threads: immutable after build().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/memory_budget.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

inline constexpr size_t kMostKeyColumns = 2;

// The integers of a key column as 64 bits.
struct KeyValues {
  std::vector<int64_t> bits;
  bool isUnsigned = false;  // bits of a uint64 column: what looks negative is 2^63 or more
};

// Finds a key column; it must hold one integer an entry.
Result<size_t> findKeyColumn(const Table& table, const std::string& name);
// The values of a column that findKeyColumn() found.
KeyValues keyValues(const Column& column);
// "run 1, event 17", for messages.
std::string describeKey(const std::vector<std::string>& columns, const std::vector<KeyValues>& keys, size_t row);

class FriendIndex {
 public:
  // Reads `columns` (one or two) of all entries of `table`.
  static Result<std::shared_ptr<const FriendIndex>> build(const Table& table, std::vector<std::string> columns,
                                                          MemoryBudget& budget, const std::stop_token& stop);

  // Major and, where there are two, minor.
  const std::vector<std::string>& columns() const { return columns_; }
  // The entry of each key, -1 where there is none. `keys` has the values of columns() of the other table, in their
  // order.
  std::vector<int64_t> find(const std::vector<KeyValues>& keys) const;

 private:
  struct Row {
    std::array<int64_t, kMostKeyColumns> key;
    int64_t entry;
    auto operator<=>(const Row&) const = default;
  };
  static_assert(sizeof(Row) == 24);

  FriendIndex(std::vector<std::string> columns, MemoryBudget::Reservation reserved)
      : columns_(std::move(columns)), reserved_(std::move(reserved)) {}
  Result<void> fill(const Table& table, const std::stop_token& stop);
  Result<void> checkKeysDiffer(const Table& table) const;

  const std::vector<std::string> columns_;
  const MemoryBudget::Reservation reserved_;
  std::array<bool, kMostKeyColumns> isUnsigned_ = {};
  std::vector<Row> rows_;  // ascending
};

}  // namespace mlaas::table
