// Where scores of whole files are written: a ROOT tree, .npy arrays or CSV, chosen by the file's name.
// Every format has the identity columns in their own types, the score columns (float32) and `selected` (bool).
// Errors:  kInvalidArgument, kIo. Threads: one. Owns: the files, which are absent until close().
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/infer/file_scorer.h"

namespace mlaas::infer {

class ScoreOutput {
 public:
  virtual ~ScoreOutput() = default;
  virtual Result<void> write(const ScoreBlock& block) = 0;
  virtual Result<void> close() = 0;
};

// What the output will be; `identityTypes` are those of the first input.
struct ScoreLayout {
  std::string treeName;
  std::string title;
  std::vector<std::string> identity;
  std::vector<ColumnType> identityTypes;
  std::vector<std::string> outputs;
};

// The layout for scores of `bundle` on `table`. kNotFound where that lacks an identity column.
Result<ScoreLayout> scoreLayout(const model::Bundle& bundle, const table::Table& table, std::string treeName);

// The names and types of all columns, in their order, and those of a block.
std::vector<std::pair<std::string, ColumnType>> columnsOf(const ScoreLayout& layout);
std::vector<Column> columnsOf(const ScoreBlock& block);

// The tree that the model was trained on, as its workflow names it; empty where that has none.
std::string recordedTree(const model::Bundle& bundle);

// Endings of file names that makeScoreOutput knows: ".root", ".npy", ".csv".
bool isScoreFileName(const std::string& path);

Result<std::unique_ptr<ScoreOutput>> makeScoreOutput(const std::string& path, const ScoreLayout& layout);

}  // namespace mlaas::infer
