#include "mlaas/train/option_reader.h"

#include <algorithm>
#include <cmath>

#include "mlaas/base/nearest_name.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

const Json& emptyObject() {
  static const Json kEmpty = Json::object();
  return kEmpty;
}

// 3 and not 3.0, as a person would write the limit.
std::string plain(double value) {
  return Json(value == std::floor(value) && std::abs(value) < 1e15 ? Json(static_cast<int64_t>(value)) : Json(value))
      .dump();
}

std::string asText(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

OptionReader::OptionReader(const Json& object, std::string where, std::string path)
    : object_(&object), where_(std::move(where)), path_(std::move(path)) {
  if (object.is_null()) object_ = &emptyObject();
  if (!object_->is_object()) {
    reject("", "expected a list of 'key: value', found " + object.dump());
    object_ = &emptyObject();
  }
}

const Json* OptionReader::find(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  const auto found = object_->find(key);
  return found == object_->end() ? nullptr : &*found;
}

bool OptionReader::has(const std::string& key) const { return object_->contains(key); }

void OptionReader::reject(const std::string& key, const std::string& message, ErrorCode code) {
  if (problem_) return;
  const std::string place = key.empty() ? path_ : path_ + "." + key;
  problem_ = Error(code, (where_.empty() ? "" : where_ + ": ") + place + ": " + message);
}

void OptionReader::rejectType(const std::string& key, const Json& value, const std::string& expected) {
  reject(key, "expected " + expected + ", found " + value.dump());
}

bool OptionReader::inRange(const std::string& key, const Json& value, double least, double most) {
  const double number = value.get<double>();
  if (number >= least && number <= most) return true;
  const std::string limits = std::isinf(most) ? "at least " + plain(least) : plain(least) + " to " + plain(most);
  reject(key, "expected a number of " + limits + ", found " + value.dump());
  return false;
}

int64_t OptionReader::integer(const std::string& key, int64_t fallback, int64_t least, int64_t most) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number_integer()) {
    rejectType(key, *value, "an integer");
    return fallback;
  }
  return inRange(key, *value, static_cast<double>(least), static_cast<double>(most)) ? value->get<int64_t>() : fallback;
}

double OptionReader::number(const std::string& key, double fallback, double least, double most) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number()) {
    rejectType(key, *value, "a number");
    return fallback;
  }
  return inRange(key, *value, least, most) ? value->get<double>() : fallback;
}

bool OptionReader::flag(const std::string& key, bool fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) {
    rejectType(key, *value, "true or false");
    return fallback;
  }
  return value->get<bool>();
}

bool OptionReader::isFalse(const std::string& key) {
  const Json* value = find(key);
  return value != nullptr && value->is_boolean() && !value->get<bool>();
}

std::string OptionReader::choice(const std::string& key, const std::string& fallback,
                                 const std::vector<std::string>& allowed) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  const std::string text = asText(*value);
  if (value->is_string() && std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  std::string list;
  for (const auto& name : allowed) list += (list.empty() ? "" : ", ") + name;
  const auto nearest = nearestNames(text, allowed, 1);
  reject(key, "expected one of " + list + ", found '" + text + "'" +
                  (nearest.empty() ? "" : "; did you mean '" + nearest.front() + "'?"));
  return fallback;
}

std::vector<double> OptionReader::numbers(const std::string& key, const std::vector<double>& fallback, double least,
                                          double most) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  std::vector<double> result;
  for (const Json& element : value->is_array() ? *value : Json::array({*value})) {
    if (!element.is_number()) {
      rejectType(key, *value, "a list of numbers");
      return fallback;
    }
    if (!inRange(key, element, least, most)) return fallback;
    result.push_back(element.get<double>());
  }
  return result;
}

std::vector<int64_t> OptionReader::integers(const std::string& key, const std::vector<int64_t>& fallback, int64_t least,
                                            int64_t most) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  std::vector<int64_t> result;
  for (const Json& element : value->is_array() ? *value : Json::array({*value})) {
    if (!element.is_number_integer()) {
      rejectType(key, *value, "a list of integers");
      return fallback;
    }
    if (!inRange(key, element, static_cast<double>(least), static_cast<double>(most))) return fallback;
    result.push_back(element.get<int64_t>());
  }
  return result;
}

OptionReader& OptionReader::section(const std::string& key) {
  const Json* value = find(key);
  sections_.push_back(
      std::make_unique<OptionReader>(value == nullptr ? emptyObject() : *value, where_, path_ + "." + key));
  return *sections_.back();
}

Json OptionReader::value(const std::string& key) {
  const Json* found = find(key);
  return found == nullptr ? Json() : *found;
}

std::vector<std::pair<std::string, std::string>> OptionReader::remaining() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& [key, value] : object_->items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    result.emplace_back(key, asText(value));
  }
  for (const auto& [key, value] : result) known_.push_back(key);
  return result;
}

Result<void> OptionReader::finish() {
  if (problem_) return *problem_;
  for (const auto& [key, value] : object_->items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    reject("", "unknown option '" + key + "'" + suggestNames(key, known_));
    return *problem_;
  }
  for (const auto& section : sections_) MLAAS_CHECK(section->finish());
  return {};
}

}  // namespace mlaas::train
