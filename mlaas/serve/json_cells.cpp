#include "mlaas/serve/json_cells.h"

#include <charconv>
#include <cmath>

#include "mlaas/serve/json_text.h"

namespace mlaas::serve {

namespace {

template <class Value>
void appendValue(std::string& out, Value value) {
  if constexpr (std::is_same_v<Value, float>) {
    if (!std::isfinite(value)) {
      out += "null";
    } else {
      appendFloat(out, value);
    }
  } else {
    if constexpr (std::is_same_v<Value, double>) {
      if (!std::isfinite(value)) {
        out += "null";
        return;
      }
    }
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
  }
}

}  // namespace

void appendCell(std::string& out, const Column& column, size_t row) {
  if (column.type.dtype == DType::kBool) {
    out += column.valuesAs<uint8_t>()[row] != 0 ? "true" : "false";
    return;
  }
  visitStoredDType(column.type.dtype, [&](auto zero) { appendValue(out, column.valuesAs<decltype(zero)>()[row]); });
}

}  // namespace mlaas::serve
