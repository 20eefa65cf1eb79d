// HTTP requests over one kept connection.
// Errors:  kIo, kTimeout, kCorrupt (an answer larger than allowed); a status is no error.
// Threads: one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/client/client.h"

namespace mlaas::client {

struct Answer {
  long status = 0;
  std::string body;
  std::optional<size_t> headerLength;  // Inference-Header-Content-Length
};

class Connection {
 public:
  static Result<Connection> make(std::string url, ClientOptions options);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // A GET where `body` is empty, else a POST; `headers` as "Name: value".
  Result<Answer> ask(const std::string& path, std::string_view body = {}, std::vector<std::string> headers = {});

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// `text` as one segment of a path.
std::string escaped(std::string_view text);

}  // namespace mlaas::client
