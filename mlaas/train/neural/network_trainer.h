// Trains networks with libtorch: `model: {kind: mlp}` and every other architecture (network_architecture.h).
// The network sees scaled features; the exported graph (model/onnx_writer.h) does the same arithmetic on raw physics
// values.
// Computes on one thread unless told otherwise, while another thread prepares the next batches.
// Deterministic: weights, dropout and order are functions of the seed.
#pragma once

#include "mlaas/train/trainer.h"

namespace mlaas::train {

// One for each kind of network.
TrainerFactories networkTrainers();

}  // namespace mlaas::train
