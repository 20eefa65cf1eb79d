// mlaas serve: the inference server.
#include <chrono>

#include "apps/mlaas/commands.h"
#include "mlaas/base/log.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/serve/application.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/server.h"

namespace mlaas::command {

namespace {

struct ServeOptions {
  std::string models = "models";
  std::string http = "127.0.0.1:8083";
  size_t threads = 0;
  uint64_t maxBodyMegabytes = 64;
  size_t maxModels = 0;
  uint64_t modelMegabytes = 0;
  double lookAgainSeconds = 2;
  bool sharedMemory = false;
};

void declareOptions(CLI::App& app, ServeOptions& options) {
  app.add_option("--models", options.models, "A model bundle, or a folder of them")->capture_default_str();
  app.add_option("--http", options.http, "Address and port to listen on; port 0 picks a free one")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Serving threads; 0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--max-models", options.maxModels,
                 "Models loaded at a time; others are loaded when they are asked for. 0: all")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--model-memory", options.modelMegabytes, "The same by the size of their files, in MiB. 0: no limit")
      ->check(CLI::Range(0, 10000000))
      ->capture_default_str();
  app.add_option("--look-again", options.lookAgainSeconds,
                 "Seconds after which the folder is looked at for new and changed models. 0: never")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("--max-body", options.maxBodyMegabytes, "Largest request body in MiB")
      ->check(CLI::Range(1, 4000))
      ->capture_default_str();
  app.add_flag("--shared-memory", options.sharedMemory,
               "Let clients on this machine register system shared memory for their tensors");
}

Result<int> runServe(const ServeOptions& options, const Environment& environment) {
  log::configure(environment.quiet ? log::Level::kWarning : log::Level::kInfo, true);
  serve::ServerOptions server;
  MLAAS_TRY(server.address, serve::parseListenAddress(options.http));
  server.threads = options.threads == 0 ? availableCores() : options.threads;
  server.limits.bodyBytes = options.maxBodyMegabytes << 20;
  serve::RepositoryOptions models;
  models.numEngines = server.threads;
  models.maxLoaded = options.maxModels;
  models.maxBytes = options.modelMegabytes << 20;
  models.lookAgain = std::chrono::milliseconds(static_cast<int64_t>(1000 * options.lookAgainSeconds));
  serve::ApplicationOptions settings{server.threads};
  settings.maxBodyBytes = server.limits.bodyBytes;
  settings.sharedMemory = options.sharedMemory;
  MLAAS_TRY(auto application, serve::Application::make(options.models, models, settings));
  if (application->numModels() == 0) {
    log::warning("no model is served: " + options.models + " has no bundle that could be loaded");
  }
  server.endOfTurn = [&](size_t worker) { application->endOfTurn(worker); };
  MLAAS_TRY(auto listening, serve::Server::listen(server, [&](const serve::Request& request, serve::Answer answer) {
              application->handle(request, std::move(answer));
            }));
  log::info("listening on " + listening->url());
  listening->run(environment.stop);
  log::info("stopped");
  return 0;
}

}  // namespace

void addServe(CLI::App& app, Action& chosen) {
  addCommand<ServeOptions>(app, chosen, "serve", "Answer inference requests over HTTP", declareOptions, runServe);
}

}  // namespace mlaas::command
