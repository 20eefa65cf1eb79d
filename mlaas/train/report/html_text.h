// Text for HTML and SVG: escaping and numbers that read well. Threads: functions of their arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mlaas::train {

// With & < > " ' replaced, for element text and attribute values.
std::string escapeHtml(std::string_view text);

// `value` with `digits` significant digits, without an exponent where it can be; "nan" and "inf" as words.
std::string formatNumber(double value, int digits = 4);

// 1234567 as "1,234,567".
std::string formatCount(int64_t value);

// "0.8512 ± 0.0041": the error with two digits, the value to the same place.
std::string formatWithError(double value, double error);

}  // namespace mlaas::train
