// Options of a command from a file: YAML or JSON, a key for each long option ("max-body" or "max_body").
// What the command line says wins; a key without a value, or with an empty one, says nothing. Used by `mlaas serve`.
// Errors: kIo (the file cannot be read), kInvalidArgument (not YAML, an unknown key, a value that the option refuses).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::command {

// One key of the file.
struct ConfigEntry {
  std::string key;
  std::vector<std::string> values;  // of a list; else one, empty for null
  int line = 0;                     // from 1
  bool isMap = false;               // the values are left out
};

// The top level of the file, at most 1 MiB.
Result<std::vector<ConfigEntry>> readConfigFile(const std::string& path);

// Makes other programs' keys ours: changes an entry, or returns false where it says nothing to us.
using ConfigTranslation = std::function<bool(ConfigEntry&)>;

// Parses what the file says and what was `given` on the command line, in this order of rank, into `scratch`, an app
// with the same options as `given` whose variables have their defaults. A key that is no option is an error that
// offers the nearest of them and of `foreignKeys`.
Result<void> applyConfigFile(const std::string& path, const CLI::App& given, CLI::App& scratch,
                             const ConfigTranslation& translate, const std::vector<std::string>& foreignKeys);

}  // namespace mlaas::command
