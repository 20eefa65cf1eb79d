// The command line and files of MLaaS4HEP as a workflow of ours: the same events, features in the same order and length,
// selection and defines, as docs/mlaas4hep.md describes.
// The branches' kinds, longest lists and ranges come from one pass over the files, or from a specs file that is given;
// nothing is taken from an earlier run.
// Errors:  those of the inputs and of reading; kUnsupported for what has no equivalent; messages name option or place.
// Threads: called from one thread that is none of the pool's.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/compat/compat_specs.h"

namespace mlaas::dataset {

// The options as they stand on the command line; empty where not given.
struct CompatCommand {
  std::string files;
  std::string labels;
  std::string parameters;     // params.json
  std::string preprocessing;  // preproc.json
  std::string specs;          // specs file to take dimensions from, instead of reading the data
  std::string model;          // "mlp", "trees", or a YAML or JSON file with the workflow's `model`; empty: mlp
  std::string dataType;       // "root"
  std::string output;         // folder of the bundle
  std::string name = "mlaas4hep";
};

struct CompatFileSpecs {
  std::string name;  // of the data file, without folder and .root
  CompatSpecs specs;
};

struct CompatConversion {
  nlohmann::ordered_json workflow;
  std::vector<std::string> notes;    // what differs from MLaaS4HEP and what to look at
  std::optional<CompatSpecs> specs;  // of all files; absent where a specs file was given
  std::vector<CompatFileSpecs> files;

  // The workflow with the notes as comments.
  std::string text() const;
  // MLaaS4HEP's global-specs.json.
  nlohmann::ordered_json globalSpecs() const;
};

Result<CompatConversion> convertCompat(const CompatCommand& command, TaskPool& pool, const std::stop_token& stop);

}  // namespace mlaas::dataset
