// Writes JSON: strings and shortest float32 numbers.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mlaas::serve {

// "text" with quotes and escapes; `text` must be UTF-8.
void appendJsonString(std::string& out, std::string_view text);

// The fewest digits that give the same float32 back, as Go's encoding/json lays them out: 0.08601278, 2.815438e-8;
// exponent form below 1e-6 and from 1e21. `value` must be finite.
void appendFloat(std::string& out, float value);

// "[0.1,0.2]"
void appendFloats(std::string& out, std::span<const float> values);

// Whether every value can be written as JSON.
bool allFinite(std::span<const float> values);

}  // namespace mlaas::serve
