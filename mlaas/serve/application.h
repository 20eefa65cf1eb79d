// The server's answers without its sockets: models, metrics and the routes of every protocol.
// Threads: handle() from all serving threads at once, each with its own Request::worker below `workers`.
#pragma once

#include <memory>
#include <string>

#include "mlaas/base/error.h"
#include "mlaas/serve/files/routes.h"
#include "mlaas/serve/http_message.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/oip/service.h"
#include "mlaas/serve/server.h"

namespace mlaas::serve {

struct ApplicationOptions {
  size_t workers = 1;                      // serving threads of HTTP
  size_t moreWorkers = 0;                  // those of other protocols, which come behind them in number
  size_t maxBodyBytes = size_t{64} << 20;  // of a body that came encoded, when it is decoded
  bool sharedMemory = false;               // whether clients may register shared memory
  FileAccess files = {};                   // which files requests may have scored
};

class Application {
 public:
  // Loads the models of `directory`. Errors: those of ModelRepository::load and Files::make.
  static Result<std::unique_ptr<Application>> make(const std::string& directory, const RepositoryOptions& repository,
                                                   const ApplicationOptions& options);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Answers now or later. Never throws; what goes wrong inside is an answer with 5xx.
  void handle(const Request& request, Answer answer);
  // Scores what the requests of this turn asked for; by the serving thread of that number.
  void endOfTurn(size_t worker);
  // Counts an answer that has been written.
  void count(const Exchange& exchange);
  size_t numModels() const;
  // For the protocols that are not HTTP.
  OipService& openInference();

 private:
  struct Parts;
  explicit Application(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace mlaas::serve
