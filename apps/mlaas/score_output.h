// Where `mlaas predict` writes: a ROOT tree, .npy arrays or CSV, chosen by the file's name.
// Every format has the identity columns in their own types, the score columns (float32) and `selected` (bool).
// Errors:  kInvalidArgument, kIo. Threads: one. Owns: the files, which are absent until close().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/infer/file_scorer.h"

namespace mlaas::command {

class ScoreOutput {
 public:
  virtual ~ScoreOutput() = default;
  virtual Result<void> write(const infer::ScoreBlock& block) = 0;
  virtual Result<void> close() = 0;
};

// What the output will be; `identityTypes` are those of the first input file.
struct ScoreLayout {
  std::string treeName;
  std::string title;
  std::vector<std::string> identity;
  std::vector<ColumnType> identityTypes;
  std::vector<std::string> outputs;
};

// Endings of file names that makeScoreOutput knows: ".root", ".npy", ".csv".
bool isScoreFileName(const std::string& path);

Result<std::unique_ptr<ScoreOutput>> makeScoreOutput(const std::string& path, const ScoreLayout& layout);

}  // namespace mlaas::command
