// Runs a model on tensors of raw physics values.
// Threads: an Engine is used by one thread at a time; makeEngine gives as many as there are threads, and the memory of
// the weights is shared where the library allows.
// Errors:  kCorrupt, kUnsupported (model file), kInvalidArgument (shapes), kInternal (library).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/model/bundle.h"

namespace mlaas::infer {

class Engine {
 public:
  virtual ~Engine() = default;
  // Columns of the output: scores [rows, numOutputs].
  virtual int64_t numOutputs() const = 0;
  // Fills `scores` (resized to rows * numOutputs, row-major). The tensors must have the bundle's shapes.
  virtual Result<void> run(const feature::Tensors& input, std::vector<float>& scores) = 0;
};

// An engine for the bundle's model file, chosen by Bundle::engine.
Result<std::unique_ptr<Engine>> makeEngine(const model::Bundle& bundle);

// `count` engines, one for each serving thread; of a bundle of several models each gives their mean. Files are read once.
Result<std::vector<std::unique_ptr<Engine>>> makeEngines(const model::Bundle& bundle, size_t count);

// The same for each model of the bundle by itself: [model][thread].
Result<std::vector<std::vector<std::unique_ptr<Engine>>>> makeMemberEngines(const model::Bundle& bundle, size_t count);

// kInvalidArgument where `input` does not have the shapes that `features` describe.
Result<void> checkShapes(const feature::FeatureSpec& features, const feature::Tensors& input);

}  // namespace mlaas::infer
