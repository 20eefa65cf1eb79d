// Boosted trees that no bundle describes: XGBoost's JSON and UBJSON and LightGBM's text as they are, on our
// own kernels.
// Signature: input__0 FP32 [N, features], where NaN is a missing value; output__0 FP32 [N, outputs]: probabilities, or
//          values of a regression. Triton's FIL backend has the same names.
// Errors:  kIo, and those of model::readXgboostJson and model::readLightgbmText.
#pragma once

#include "mlaas/base/error.h"
#include "mlaas/infer/model_file.h"
#include "mlaas/infer/tensor_engine.h"

namespace mlaas::infer {

Result<LoadedModel> loadTrees(const ModelFile& file, size_t numEngines);

}  // namespace mlaas::infer
