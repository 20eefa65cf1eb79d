// Reads the options of a model or a training strictly: every value has a type and a range, every key is known.
// The first problem is kept and returned by finish(), so that options read as a list of lines.
// Threads: a value; owned by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::train {

class OptionReader {
 public:
  // `object` must outlive the reader; `where` ("workflow.yaml:20:8") and `path` ("training") stand in messages.
  OptionReader(const nlohmann::ordered_json& object, std::string where, std::string path);

  bool has(const std::string& key) const;
  int64_t integer(const std::string& key, int64_t fallback, int64_t least, int64_t most);
  double number(const std::string& key, double fallback, double least, double most);
  bool flag(const std::string& key, bool fallback);
  // True where `key` is there and false: how a section is switched off.
  bool isFalse(const std::string& key);
  std::string choice(const std::string& key, const std::string& fallback, const std::vector<std::string>& allowed);
  // A list of integers in [least, most]; a single number is a list of one.
  std::vector<int64_t> integers(const std::string& key, const std::vector<int64_t>& fallback, int64_t least,
                                int64_t most);
  std::vector<double> numbers(const std::string& key, const std::vector<double>& fallback, double least, double most);
  // The object under `key`, empty where there is none. Its problems become this reader's at finish().
  OptionReader& section(const std::string& key);
  // The value itself, for options that take several types; null where there is none.
  nlohmann::ordered_json value(const std::string& key);
  // Keys that nobody has read yet, with their values as text; reading them makes them known.
  std::vector<std::pair<std::string, std::string>> remaining();

  // Keeps `message` as the problem of `key`, unless there is one already.
  void reject(const std::string& key, const std::string& message, ErrorCode code = ErrorCode::kInvalidArgument);
  // The first problem, or an unknown key with the nearest known ones.
  Result<void> finish();

 private:
  const nlohmann::ordered_json* find(const std::string& key);
  bool inRange(const std::string& key, const nlohmann::ordered_json& value, double least, double most);
  void rejectType(const std::string& key, const nlohmann::ordered_json& value, const std::string& expected);

  const nlohmann::ordered_json* object_;
  std::string where_;
  std::string path_;
  std::vector<std::string> known_;
  std::vector<std::unique_ptr<OptionReader>> sections_;
  std::optional<Error> problem_;
};

}  // namespace mlaas::train
