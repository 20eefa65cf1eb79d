#include "mlaas/serve/files/routes.h"

#include <mutex>
#include <set>

#include "mlaas/base/task_pool.h"
#include "mlaas/serve/files/file_job.h"
#include "mlaas/serve/json_request.h"

namespace mlaas::serve {

struct Files::State {
  State(const ModelRepository& repository, const FileAccess& access, size_t workers)
      : models(repository), parsers(workers), atOnce(std::max<size_t>(1, access.atOnce)) {}

  void score(const Request& request, const std::string& name, const std::string& version, const Answer& answer);
  // Runs the job on a thread of its own; kOverloaded where too many run.
  Result<void> start(const std::shared_ptr<FileJob>& job);

  const ModelRepository& models;
  std::vector<JsonParser> parsers;  // one for each worker
  const size_t atOnce;
  AllowedPaths inputs;
  AllowedPaths outputs;
  std::mutex mutex;
  std::set<std::shared_ptr<FileJob>> running;  // under mutex
  bool stopping = false;                       // under mutex
  std::unique_ptr<TaskPool> scoring;           // null where no files may be read
  std::unique_ptr<TaskPool> drivers;           // ends before what its tasks use
};

Files::Files(std::unique_ptr<State> state) : state_(std::move(state)) {}

Files::~Files() {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  for (const auto& job : state_->running) job->cancel();
}

Result<std::unique_ptr<Files>> Files::make(const ModelRepository& models, const FileAccess& access, size_t workers) {
  auto state = std::make_unique<State>(models, access, workers);
  MLAAS_TRY(state->inputs, AllowedPaths::make(access.inputs));
  MLAAS_TRY(state->outputs, AllowedPaths::make(access.outputs));
  if (!state->inputs.empty()) {
    state->scoring = std::make_unique<TaskPool>(access.threads);
    state->drivers = std::make_unique<TaskPool>(state->atOnce);
  }
  return std::unique_ptr<Files>(new Files(std::move(state)));
}

void Files::addRoutes(Router& router) {
  router.addLate("POST", "/v2/models/{model}/files",
                 [state = state_.get()](const Request& request, PathParameters path, const Answer& answer) {
                   state->score(request, path[0], {}, answer);
                 });
  router.addLate("POST", "/v2/models/{model}/versions/{version}/files",
                 [state = state_.get()](const Request& request, PathParameters path, const Answer& answer) {
                   state->score(request, path[0], path[1], answer);
                 });
}

Result<void> Files::State::start(const std::shared_ptr<FileJob>& job) {
  {
    const std::lock_guard lock(mutex);
    if (stopping) return Error(ErrorCode::kCancelled, "the server stops");
    if (running.size() >= atOnce) {
      return Error(ErrorCode::kOverloaded, "files are scored for " + std::to_string(atOnce) +
                                               " other requests, no more at once; send the request again later");
    }
    running.insert(job);
  }
  drivers->submit([this, job] {
    const auto conclude = job->run(*scoring);
    {
      const std::lock_guard lock(mutex);
      running.erase(job);
    }
    conclude();
  });
  return {};
}

void Files::State::score(const Request& request, const std::string& name, const std::string& version,
                         const Answer& answer) {
  const auto started = [&]() -> Result<void> {
    if (inputs.empty()) {
      return Error(ErrorCode::kForbidden,
                   "this server reads no files for requests; it does when it is started with --files-root FOLDER");
    }
    MLAAS_TRY(const auto model, models.find(name, version));
    MLAAS_TRY(const auto document, parsers.at(request.worker).parse(request.body));
    MLAAS_TRY(auto read, readFileRequest(document));
    MLAAS_TRY(const auto job, FileJob::make(std::move(read), model, inputs, outputs, answer));
    return start(job);
  }();
  if (!started.ok()) answer(errorResponse(started.error()));
}

}  // namespace mlaas::serve
