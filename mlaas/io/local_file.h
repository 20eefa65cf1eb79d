// A byte source over a file of this machine.
// readNow() works on the caller's thread; read() on a few I/O threads that all local files share. Neighbouring requests
// become one vectored system call.
// Errors:  kNotFound (no such file), kInvalidArgument (a directory), kIo (no permission, the system failed), kCorrupt
//          (the file is shorter than when it was opened).
// Threads: any.
#pragma once

#include <memory>
#include <string>

#include "mlaas/io/byte_source.h"

namespace mlaas::io {

// Opens `path`; `url` of the source is the path.
Result<std::shared_ptr<ByteSource>> openLocalFile(const std::string& path);

}  // namespace mlaas::io
