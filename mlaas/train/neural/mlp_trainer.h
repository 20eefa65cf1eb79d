// Trains multilayer perceptrons with libtorch: `model: {kind: mlp}`.
// The network sees the standardised scalars and each group's values flattened element by element, padding 0; the
// exported graph (model/onnx_writer.h) does the same arithmetic on raw physics values.
// Computes on one thread unless told otherwise, while another thread prepares the next batches.
// Deterministic: weights, dropout and order are functions of the seed.
#pragma once

#include "mlaas/train/trainer.h"

namespace mlaas::train {

Result<std::unique_ptr<Trainer>> makeMlpTrainer(const dataset::Workflow& workflow, const ClassTable& classes);

// Version of libtorch, for the bundle's provenance.
std::string torchVersion();

}  // namespace mlaas::train
