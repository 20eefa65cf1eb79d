// A model bundle: the folder that training writes and that predicting and serving read.
// Layout:  bundle.json (signature, engine, checksums, provenance), model.onnx or model.json (trees), params.json and
//          labels.txt (TFaaS clients), metrics.json, statistics.json, report.html. See docs/formats/bundle.md.
// A bundle is whole or absent: it is written under a temporary name and renamed.
// Errors:  kNotFound, kCorrupt (checksum or JSON), kUnsupported (a newer format), kIo.
// Threads: values.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/model/score_calibration.h"

namespace mlaas::model {

// 2: with a calibration, 3: with several models; readers of smaller numbers would leave them out.
inline constexpr int kBundleFormatVersion = 3;

// What kind of engine runs the model file.
enum class EngineKind { kOnnx, kTrees };

// How k-fold training divided the events: the one whose identity has the hash h (feature/identity_hash.h, with `seed`)
// was not seen by the model of the fold h / 2^64 * number of models.
struct Folds {
  uint64_t seed = 1;
};

struct Bundle {
  std::string name;
  std::string description;
  EngineKind engine = EngineKind::kOnnx;
  std::string modelFile;              // within the bundle: "model.onnx", "model.json"
  feature::FeatureSpec features;      // the inputs, with defines and selection
  std::vector<std::string> identity;  // columns copied beside scores
  std::vector<std::string> labels;    // class names, index = label; two for a binary model
  std::vector<std::string> outputs;   // score columns: one ("score") for a binary model
  // Behind the scores of trees, or the mean of several models. One network has its own in the graph.
  std::optional<ScoreCalibration> calibration = {};
  nlohmann::ordered_json provenance;             // workflow, data, versions, seed
  std::map<std::string, std::string> checksums;  // file -> "xxh3:<16 hex digits>"
  std::vector<std::string> members = {};         // files of all models where there are several; modelFile is the first
  std::optional<Folds> folds = {};               // of the members; without, their scores are averaged
  std::string directory;                         // where it was read from; not written
  std::string created;                           // ISO 8601, UTC
};

// Reads and verifies bundle.json and the checksums of the files that it lists.
Result<Bundle> readBundle(const std::string& directory);

// Collects the files of a bundle in a temporary folder beside `directory` and renames it at commit(). Without
// commit() the temporary folder is removed on destruction.
class BundleWriter {
 public:
  // `directory` may exist only as an earlier bundle (it has a bundle.json), which commit() replaces.
  static Result<BundleWriter> begin(const std::string& directory);
  BundleWriter(BundleWriter&&) noexcept;
  BundleWriter& operator=(BundleWriter&&) noexcept;
  ~BundleWriter();

  // The temporary folder, to write model files into.
  const std::string& path() const { return temporary_; }
  Result<void> addFile(const std::string& name, std::string_view contents);

  // Writes bundle.json (with checksums of all files in the folder), params.json and labels.txt, and renames.
  Result<void> commit(Bundle bundle);

 private:
  BundleWriter() = default;
  std::string directory_;
  std::string temporary_;
};

}  // namespace mlaas::model
