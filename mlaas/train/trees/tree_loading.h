// Puts the events of a training into XGBoost's matrices: quantised in memory, or, where that would take more than
// dataset.memory, in files from which XGBoost reads a few pages at a time.
// Errors:  those of the data; kCancelled; kIo where the files cannot be written.
// Threads: as Trainer.
#pragma once

#include <filesystem>
#include <optional>

#include "mlaas/base/error.h"
#include "mlaas/train/trainer.h"
#include "mlaas/train/trees/trees_options.h"
#include "mlaas/train/trees/xgboost_library.h"

namespace mlaas::train {

// A folder that goes with all that is in it.
class ScratchFolder {
 public:
  // Below `parent`, or where temporary files of the system are where that is empty.
  static Result<ScratchFolder> make(const std::string& parent);
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~ScratchFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  ScratchFolder() = default;
  std::filesystem::path path_;
};

struct TreeMatrices {
  std::optional<ScratchFolder> folder;  // of matrices in files; goes after them
  TreeMatrix train;
  std::optional<TreeMatrix> validation;  // nothing where the part has no event
};

// What the quantised matrices of `rows` events of `columns` values would take, with what XGBoost keeps for each event.
size_t quantisedBytes(int64_t rows, int64_t columns);

Result<TreeMatrices> loadTreeMatrices(const TrainingInput& input, const WeightScale& scale,
                                      const TreesOptions& options);

}  // namespace mlaas::train
