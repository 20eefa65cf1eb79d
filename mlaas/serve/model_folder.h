// What lies in a folder of models: names, versions, aliases, settings. Nothing is loaded here.
// Layout:  FOLDER/NAME/ is a model: one of our bundles, a TensorFlow SavedModel, or a folder with a model file; it is
//          version 1. FOLDER/NAME/N/ with a number N is version N of it, as in Triton's repositories. FOLDER/NAME.onnx and
//          other model files are models too. Names that begin with a dot are passed over, and so are folders without
//          a model.
//          NAME/serving.json has settings, {"max_batch_rows", "max_delay_us", "max_waiting_requests",
//          "max_waiting_rows", "timeout_ms", "aliases": {"champion": "2"}}.
// Threads: functions of the file system.
// Errors:  kNotFound, kIo; what is wrong with one model is its `problem`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/served_model.h"

namespace mlaas::serve {

struct FoundVersion {
  std::string version;
  std::filesystem::path path;
  uint64_t fingerprint = 0;  // of names, sizes and times of all its files
  uint64_t bytes = 0;        // of all its files
};

struct FoundModel {
  std::string name;
  std::filesystem::path folder;        // or file
  std::vector<FoundVersion> versions;  // ascending by number
  BatchSettings batching;
  std::map<std::string, std::string, std::less<>> aliases;  // to versions
  uint64_t settingsFingerprint = 0;
  std::string problem;  // with serving.json; the settings are then those by default
};

// All models of `directory`, by name.
Result<std::vector<FoundModel>> scanModels(const std::filesystem::path& directory);
// The model that `path` itself is.
FoundModel scanModel(const std::filesystem::path& path, const std::string& name);

// Whether `path` itself is a model that can be loaded: by its files' names alone.
bool isModel(const std::filesystem::path& path);

// Whether `path`, which --models names, is one model rather than a folder of models: a file, or a folder whose files say so.
// Model files beside each other are models of their own.
bool isSingleModel(const std::filesystem::path& path);

// kInvalidArgument where a name cannot be that of a model's folder: letters, digits and -_.+@ only, at most 128 of them,
// not beginning with a dot.
Result<void> checkModelName(const std::string& name);

// The text of params.json in the model's folder; where there is none, one that TFaaS's clients understand.
Result<std::string> readParams(const std::filesystem::path& path, const std::string& name);
// The lines of the file that `params` calls "labels", "labels.txt" by default; none where there is no such file.
std::vector<std::string> readLabels(const std::filesystem::path& path, const std::string& params);

// Puts the folder `staged` at `place`, at once and for good: its files reach the disk first. What was there is removed.
Result<void> putInPlace(const std::filesystem::path& staged, const std::filesystem::path& place);

}  // namespace mlaas::serve
