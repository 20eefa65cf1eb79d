#include "apps/mlaas/output.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mlaas::command {

namespace {
constexpr size_t kWriteBytes = size_t{1} << 16;
}

void Output::print(std::string_view text) {
  if (closed_ || failure_ != 0) return;
  waiting_ += text;
  if (waiting_.size() >= kWriteBytes) write();
}

void Output::write() {
  std::string_view left = waiting_;
  while (!left.empty() && failure_ == 0 && !closed_) {
    ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
  waiting_.clear();
}

Result<void> Output::flush() {
  write();
  if (failure_ == 0) return {};
  return Error(ErrorCode::kIo, "standard output cannot be written: " + std::generic_category().message(failure_));
}

}  // namespace mlaas::command
