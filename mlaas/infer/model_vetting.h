// Loads a model in a process of its own first: OpenVINO dies of some damaged files, and that must not be the server.
// The process is this program again, `PROGRAM vet-model PATH`, with limits on its time and memory; it loads the model,
// runs it once, and writes what came of it as one line of JSON (vettingReport). It inherits no open files.
// Threads: any, several at once; a call waits for its process.
// Errors:  what loading said; kCorrupt where the process died, kUnsupported where it took too long, kIo where it could
//          not be started.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mlaas/base/error.h"

namespace mlaas::infer {

struct VettingLimits {
  std::chrono::milliseconds time{60'000};
  uint64_t memoryBytes = uint64_t{16} << 30;  // of address space, of which OpenVINO reserves more than it uses
};

// The parent's side. `program`: an executable that has the command, as "/proc/self/exe".
Result<void> vetModel(const std::string& program, const std::string& path, const VettingLimits& limits = {});

// The child's side: takes the limits upon itself, loads the model at `path` and runs it.
// It ends with the process `parent`.
Result<void> loadOnTrial(const std::string& path, const VettingLimits& limits, int parent);
// The child's line about it.
std::string vettingReport(const Result<void>& outcome);

// Whether the model at `path` can bring down a process: graphs can; our own readers check what they read, and so do the
// checksums of a bundle that nobody sent from outside.
bool needsVetting(const std::string& path, bool sentFromOutside);

}  // namespace mlaas::infer
