// Finds out what kind of model lies at a path.
// A folder is a bundle (bundle.json), a TensorFlow SavedModel (saved_model.pb), or holds one model: the file or folder
//          that its params.json names, the one whose name begins with "model.", or the only one.
// A file is told by the end of its name: .onnx, .pb (a frozen graph), .tflite, .json and .ubj (XGBoost), .txt where it
//          begins as LightGBM's text does.
// Errors:  kNotFound (no model there), kUnsupported (a format that is not run, with what to do), kInvalidArgument
//          (several models).
// Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::infer {

enum class ModelFormat { kBundle, kOnnx, kSavedModel, kFrozenGraph, kTflite, kXgboostJson, kXgboostUbj, kLightgbmText };

// As metadata call what runs it: "openvino_onnx", "mlaas_xgboost".
std::string_view platformName(ModelFormat format);

struct ModelFile {
  ModelFormat format = ModelFormat::kBundle;
  std::string path;
};

Result<ModelFile> findModelFile(const std::string& path);

}  // namespace mlaas::infer
