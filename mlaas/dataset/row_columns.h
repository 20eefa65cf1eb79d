// Columns of the selected rows of a table, as they are and not as features: stored columns of any type, defines, and a
// weight for each row. Columns that the selection needs are read first; the others only where a row survives.
// Errors:  kInvalidArgument (unknown column, expression; a weight that is not one finite number), kUnsupported (a column
//          that the table cannot read), those of the table.
// Threads: immutable after make(); read() from any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/table.h"

namespace mlaas::dataset {

// What to read; names are looked up among the columns, then the defines.
struct RowColumnsSpec {
  std::vector<feature::Define> defines;
  std::string select;                // empty keeps all rows
  std::vector<std::string> columns;  // names
  std::string weight;                // expression; empty: no weights
};

class RowColumns {
 public:
  // Divisions by zero and the like in "select", "weight" and "define NAME".
  using ArithmeticCounts = std::map<std::string, table::ArithmeticCounts>;

  static Result<RowColumns> make(const RowColumnsSpec& spec, const table::Table& table);

  // Of the columns asked for, in their order.
  const std::vector<ColumnType>& types() const { return types_; }
  // The table's columns that are read.
  std::vector<size_t> inputs() const;

  struct Rows {
    std::vector<int64_t> entries;  // that survived
    std::vector<Column> columns;   // none where no row survived
    std::vector<double> weights;   // none where no weight was asked for
    ArithmeticCounts arithmetic;
  };
  Result<Rows> read(const table::Table& table, table::EntryRange range) const;

 private:
  using Values = std::map<std::string, Column>;
  struct Step {
    std::string name;
    table::Expression expression;
  };

  // A stored column under the name that is used for it.
  struct Input {
    std::string name;
    size_t column = 0;  // of the table
  };

  static Result<table::Expression> compile(const std::string& text, std::span<const table::NamedType> names,
                                           const std::map<std::string, std::string>& unreadable);
  Result<void> compileDefines(const RowColumnsSpec& spec, std::vector<table::NamedType>& names,
                              const std::map<std::string, std::string>& unreadable);
  void findInputs(const table::Table& table);
  static Result<void> readInputs(const table::Table& table, table::EntryRange range, const std::vector<Input>& inputs,
                                 Values& values);
  Result<void> compute(const std::set<std::string>& wanted, int64_t numRows, const table::EntryNumbers& numbers,
                       Values& values, ArithmeticCounts& arithmetic) const;
  Result<std::vector<double>> weigh(const Values& values, const std::vector<int64_t>& entries,
                                    const table::Table& table, ArithmeticCounts& arithmetic) const;

  std::vector<Step> defines_;
  std::optional<table::Expression> select_;
  std::optional<table::Expression> weight_;
  std::vector<std::string> columns_;
  std::vector<ColumnType> types_;
  std::set<std::string> early_;  // names that the selection needs
  std::set<std::string> late_;   // all others that are needed
  std::vector<Input> earlyInputs_;
  std::vector<Input> lateInputs_;  // that the selection does not need
};

}  // namespace mlaas::dataset
