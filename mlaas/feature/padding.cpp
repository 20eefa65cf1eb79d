#include "mlaas/feature/padding.h"

#include <algorithm>

namespace mlaas::feature {

namespace {

// Rows of a tensor that stay in the first-level cache while one column after the other writes into them.
constexpr size_t kBlockRows = 128;

// Calls function(values, convert) with the stored values; a bool's byte is looked at as a number, since a file may hold
// others than 0 and 1.
template <class Function>
void visitValues(const Column& column, Function&& function) {
  if (!column.values || column.values->size() == 0) return;
  if (column.type.dtype == DType::kBool) {
    function(column.values->as<uint8_t>().data(), [](uint8_t value) { return value != 0 ? 1.0F : 0.0F; });
    return;
  }
  visitDType(column.type.dtype, [&]<class T>(T) {
    if constexpr (!std::is_same_v<T, bool>) {
      function(column.values->as<T>().data(), [](T value) { return static_cast<float>(value); });
    }
  });
}

size_t asSize(int64_t value) { return static_cast<size_t>(value); }

size_t rowOf(const RowsOf& list, size_t row) { return list.rows ? asSize(list.rows[row]) : row; }

void fillScalar(const RowsOf& column, size_t first, size_t last, float* out, size_t stride) {
  visitValues(*column.column, [&](const auto* values, auto convert) {
    if (column.rows) {
      for (size_t row = first; row < last; ++row, out += stride) *out = convert(values[column.rows[row]]);
    } else {
      for (size_t row = first; row < last; ++row, out += stride) *out = convert(values[row]);
    }
  });
}

void fillGroupColumn(const RowsOf& list, size_t first, size_t last, size_t column, GroupTensor& group) {
  const int64_t* offsets = list.column->offsetsAt(0).data();
  const size_t stride = asSize(group.numColumns);
  float* out = group.values.data() + column;
  visitValues(*list.column, [&](const auto* values, auto convert) {
    for (size_t row = first; row < last; ++row) {
      const auto* from = values + offsets[rowOf(list, row)];
      float* to = out + group.firstElement(row) * stride;
      for (int32_t k = 0; k < group.count[row]; ++k, to += stride) *to = convert(from[k]);
    }
  });
}

}  // namespace

void fillScalars(std::span<const RowsOf> columns, Tensors& tensors) {
  const size_t rows = asSize(tensors.rows);
  const size_t stride = columns.size();
  tensors.scalars.resize(rows * stride);
  for (size_t first = 0; first < rows; first += kBlockRows) {
    const size_t last = std::min(rows, first + kBlockRows);
    for (size_t k = 0; k < stride; ++k) {
      fillScalar(columns[k], first, last, tensors.scalars.data() + first * stride + k, stride);
    }
  }
}

int64_t countOf(const RowsOf& list, int64_t row) {
  const int64_t* offsets = list.column->offsetsAt(0).data() + rowOf(list, asSize(row));
  return offsets[1] - offsets[0];
}

int64_t findCountMismatch(const RowsOf& a, const RowsOf& b, int64_t rows) {
  if (a.column->offsets.front() == b.column->offsets.front() && a.rows == b.rows) return -1;
  for (int64_t row = 0; row < rows; ++row) {
    if (countOf(a, row) != countOf(b, row)) return row;
  }
  return -1;
}

void fillGroup(std::span<const RowsOf> columns, int64_t numRows, bool isRagged, GroupTensor& group) {
  const size_t rows = asSize(numRows);
  group.count.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    const int64_t count = countOf(columns.front(), static_cast<int64_t>(row));
    group.count[row] = static_cast<int32_t>(group.length == 0 ? count : std::min(count, group.length));
  }
  if (isRagged) {
    group.offsets.resize(rows + 1);
    for (size_t row = 0; row < rows; ++row) group.offsets[row + 1] = group.offsets[row] + group.count[row];
  }
  group.values.assign(group.firstElement(rows) * asSize(group.numColumns), 0.0F);
  for (size_t first = 0; first < rows; first += kBlockRows) {
    const size_t last = std::min(rows, first + kBlockRows);
    for (size_t k = 0; k < columns.size(); ++k) {
      fillGroupColumn(columns[k], first, last, k, group);
    }
  }
}

}  // namespace mlaas::feature
