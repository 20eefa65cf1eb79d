#include "mlaas/serve/application.h"

#include <chrono>
#include <new>

#include "mlaas/base/task_pool.h"
#include "mlaas/serve/events/routes.h"
#include "mlaas/serve/front_page.h"
#include "mlaas/serve/inference.h"
#include "mlaas/serve/metrics.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/oip/routes.h"
#include "mlaas/serve/router.h"
#include "mlaas/serve/tfaas/routes.h"

namespace mlaas::serve {

struct Application::Parts {
  explicit Parts(const ApplicationOptions& options)
      : inference(options.workers + options.moreWorkers, options.workers), counts{options.workers} {}

  void addRoutes(const ApplicationOptions& options) {
    tfaas = std::make_unique<Tfaas>(*models, inference, counts, jobs, options.workers);
    oip = std::make_unique<OipService>(*models, inference, options.sharedMemory);
    oipRoutes = std::make_unique<OipRoutes>(*oip, jobs, options.workers, options.maxBodyBytes);
    events = std::make_unique<Events>(*models, inference, options.workers);
    router.add("GET", "/", [](const Request&, PathParameters) { return frontPage(); });
    router.add("GET", "/metrics", [this](const Request&, PathParameters) {
      return Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics.text(), {}};
    });
    tfaas->addRoutes(router);
    oipRoutes->addRoutes(router);
    events->addRoutes(router);
    files->addRoutes(router);
    metrics.addRoutes(router.patterns());
  }

  Metrics metrics;
  std::unique_ptr<ModelRepository> models;
  Inference inference;  // ends before what its completions refer to
  RequestCounts counts;
  std::unique_ptr<Tfaas> tfaas;
  std::unique_ptr<OipService> oip;
  std::unique_ptr<OipRoutes> oipRoutes;
  std::unique_ptr<Events> events;
  std::unique_ptr<Files> files;
  Router router;
  TaskPool jobs{1};  // what takes long: loading models; ends first
};

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::make(const std::string& directory,
                                                       const RepositoryOptions& repository,
                                                       const ApplicationOptions& options) {
  auto parts = std::make_unique<Parts>(options);
  MLAAS_TRY(parts->models, ModelRepository::load(directory, repository, parts->metrics));
  MLAAS_TRY(parts->files, Files::make(*parts->models, options.files, options.workers));
  parts->addRoutes(options);
  return std::unique_ptr<Application>(new Application(std::move(parts)));
}

OipService& Application::openInference() { return *parts_->oip; }

size_t Application::numModels() const { return parts_->models->models().size(); }

void Application::count(const Exchange& exchange) {
  parts_->metrics.countTransfer(exchange.read, exchange.parse, exchange.write);
}

void Application::endOfTurn(size_t worker) { parts_->inference.flush(worker); }

void Application::handle(const Request& request, Answer answer) {
  const auto start = std::chrono::steady_clock::now();
  parts_->counts.add(request.method);
  auto match = parts_->router.find(request);
  const auto finish = [&metrics = parts_->metrics, start, route = match.route,
                       answer = std::move(answer)](Response response) {
    metrics.countRequest(route, response.status, std::chrono::steady_clock::now() - start);
    answer(std::move(response));
  };
  if (match.handler == nullptr) return finish(std::move(match.refusal));
  const auto encoding = request.header("Content-Encoding");
  const bool encoded = !encoding.empty() && encoding != "identity" && !request.body.empty();
  if (encoded && match.encoding == BodyEncoding::kPlain) {
    return finish(errorResponse(
        415, "Content-Encoding '" + std::string(encoding.substr(0, 80)) + "' is not read; send the body as it is"));
  }
  try {
    (*match.handler)(request, match.parameters, finish);
  } catch (const std::bad_alloc&) {
    finish(errorResponse(Error(ErrorCode::kOverloaded, "the server has no memory for this request")));
  } catch (const std::exception& error) {
    finish(errorResponse(Error(ErrorCode::kInternal, error.what())));
  }
}

}  // namespace mlaas::serve
