// Where a training stands, kept in a folder beside its output (OUTPUT.checkpoint), so that one that was killed goes on
// as if nothing had happened. A state is whole or absent: written under another name, brought to the disk, renamed.
// It belongs to a key, which says what the training follows from; one of another key is refused.
// Format:  docs/formats/checkpoint.md.
// Errors:  kIo; kCorrupt for a damaged file; kInvalidArgument for one of another key, saying what differs.
// Threads: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::train {

struct CheckpointOptions {
  bool enabled = true;
  double minutes = 10;  // between states within an epoch; 0: after every step
};

// Small values by name, and bytes by name.
struct TrainingState {
  nlohmann::ordered_json values;
  std::map<std::string, std::string> blobs;
};

// Numbers as bytes of a state, and back; kCorrupt where their number is not that of `values`.
std::string blobOf(std::span<const float> values);
Result<void> readBlob(const TrainingState& state, const std::string& name, std::span<float> values);

class Checkpoints {
 public:
  // A state of an earlier training in `folder` is left alone until the first save().
  Checkpoints(std::string folder, nlohmann::ordered_json key, CheckpointOptions options);

  const std::string& folder() const { return folder_; }
  // Of a part of a training that has several, in a folder within this one; `key` belongs to that part.
  Checkpoints part(const std::string& name, nlohmann::ordered_json key) const;

  // Whether there is a state of any key, of the training or of one of its parts.
  bool exists() const;
  // Reads the state that train() goes on from; nothing where there is none.
  Result<void> resume();
  const std::optional<TrainingState>& resumed() const { return resumed_; }

  // Whether it is time to save: after an epoch or round, where the last state is some seconds old; within an epoch as the
  // options say.
  bool dueAfterEpoch() const;
  bool dueWithinEpoch() const;
  Result<void> save(const TrainingState& state);
  // The training's output is whole: removes the folder.
  Result<void> discard() const;

 private:
  double secondsSinceSave() const;
  std::string path() const { return folder_ + "/state"; }

  std::string folder_;
  nlohmann::ordered_json key_;
  CheckpointOptions options_;
  std::optional<TrainingState> resumed_;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

// 16 hexadecimal digits of a text, for keys.
std::string digestOf(const std::string& text);

// The bytes of a state, and the state of bytes that may be anything. `source` names the file in messages.
std::string encodeState(const nlohmann::ordered_json& key, const TrainingState& state);
struct DecodedState {
  nlohmann::ordered_json key;
  TrainingState state;
};
Result<DecodedState> decodeState(const std::string& bytes, const std::string& source);

}  // namespace mlaas::train
