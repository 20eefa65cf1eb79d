#include "mlaas/dataset/column_numbers.h"

#include <algorithm>

namespace mlaas::dataset {

std::vector<double> columnNumbers(const Column& column) {
  const size_t count = static_cast<size_t>(column.numElements()) * column.type.valuesPerElement();
  std::vector<double> numbers(count);
  const bool isBool = column.type.dtype == DType::kBool;
  visitStoredDType(column.type.dtype, [&](auto zero) {
    const auto values = column.valuesAs<decltype(zero)>().first(count);
    std::transform(values.begin(), values.end(), numbers.begin(),
                   [isBool](auto value) { return static_cast<double>(isBool ? value != 0 : value); });
  });
  return numbers;
}

}  // namespace mlaas::dataset
