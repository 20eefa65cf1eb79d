// Standard output, where results go; messages go to standard error by the log.
// Threads: one.
#pragma once

#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::command {

class Output {
 public:
  // Appends to what flush() writes; long output is written on the way.
  void print(std::string_view text);
  // Writes what is left. kIo where the operating system refuses.
  Result<void> flush();
  // Whether the reader of a pipe has gone (mlaas inspect ... | head): there is nothing left to print for.
  bool closed() const { return closed_; }

 private:
  void write();
  std::string waiting_;
  int failure_ = 0;  // errno of the first write that failed
  bool closed_ = false;
};

}  // namespace mlaas::command
