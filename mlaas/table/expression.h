// Typed expressions over columns: parsed once, evaluated on whole clusters, never event by event and never as code.
// Grammar, operators and functions: docs/expressions.md.
// Shapes:  a scalar column is flat; a jagged column is one level deep. A scalar meets a jagged column by repetition;
//          two jagged columns must have the same counts in every entry (kInvalidArgument otherwise).
// Types:   bool, int64, uint64 and float64; integers stay exact, `/` always gives float64; a float32 column is computed
//          as float64 and the result of a bare column name keeps the column's own type.
// Errors:  kInvalidArgument with the expression, the position and the nearest right name.
// Threads: an Expression is immutable; evaluate() from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"

namespace mlaas::table {

namespace expression {
struct Node;
}

// The entries that rows of columns stand for, for messages: row i is entry rows[i], or first + i where rows is empty.
struct EntryNumbers {
  int64_t first = 0;
  std::span<const int64_t> rows = {};
};

// A name that an expression may use and its type.
struct NamedType {
  std::string name;
  ColumnType type;
};

// What IEEE 754 flags while an expression is computed, counted for every element that is computed, whether a selection
// or a choice (c ? a : b) uses it afterwards or not. What is NaN or infinite already, in a column, is not counted again.
struct ArithmeticCounts {
  uint64_t divisionsByZero = 0;  // x / 0, log(0), 0 ** -1; x % 0 of integers
  uint64_t invalid = 0;          // NaN of numbers: 0 / 0, log(-1), sqrt(-1), inf - inf
  uint64_t overflows = 0;        // infinite beyond the range: exp(1000)

  ArithmeticCounts& operator+=(const ArithmeticCounts& other) {
    divisionsByZero += other.divisionsByZero;
    invalid += other.invalid;
    overflows += other.overflows;
    return *this;
  }
  bool operator==(const ArithmeticCounts&) const = default;
};

class Expression {
 public:
  // Parses and types `text`; names are looked up in `names`. kUnsupported for columns of a type without arithmetic.
  static Result<Expression> compile(std::string_view text, std::span<const NamedType> names);

  const std::string& text() const { return text_; }
  // The type of what evaluate() gives.
  const ColumnType& type() const { return type_; }
  // The columns that it reads, in the order in which evaluate() wants them.
  const std::vector<std::string>& columns() const { return columns_; }

  // `columns` in the order of columns(), all of `length` entries and of the types that they were compiled with. Adds to
  // `counts` where it is not null.
  Result<Column> evaluate(std::span<const Column> columns, int64_t length, EntryNumbers entries = {},
                          ArithmeticCounts* counts = nullptr) const;

 private:
  Expression() = default;

  std::string text_;
  ColumnType type_;
  std::vector<std::string> columns_;
  std::vector<ColumnType> columnTypes_;  // of columns_
  std::shared_ptr<const expression::Node> root_;
};

// The names that `text` uses, before any table is known. kInvalidArgument where it does not parse.
Result<std::vector<std::string>> namesUsed(std::string_view text);

}  // namespace mlaas::table
