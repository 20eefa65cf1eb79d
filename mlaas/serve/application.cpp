#include "mlaas/serve/application.h"

#include <chrono>
#include <new>

#include "mlaas/serve/front_page.h"
#include "mlaas/serve/metrics.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/oip.h"
#include "mlaas/serve/router.h"
#include "mlaas/serve/tfaas.h"

namespace mlaas::serve {

namespace {

std::vector<std::string> modelNames(const ModelRepository& models) {
  std::vector<std::string> names(models.models().size());
  for (const auto& model : models.models()) names[model->index()] = model->name();
  return names;
}

}  // namespace

struct Application::Parts {
  Parts(std::unique_ptr<ModelRepository> loaded, size_t workers)
      : models(std::move(loaded)),
        metrics(modelNames(*models)),
        tfaas(*models, metrics, workers),
        oip(*models, metrics, workers) {
    router.add("GET", "/", [this](const Request&, PathParameters) { return frontPage(*models); });
    router.add("GET", "/metrics", [this](const Request&, PathParameters) {
      return Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics.text(), {}};
    });
    tfaas.addRoutes(router);
    oip.addRoutes(router);
    metrics.addRoutes(router.patterns());
  }

  std::unique_ptr<ModelRepository> models;
  Metrics metrics;
  Tfaas tfaas;
  Oip oip;
  Router router;
};

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::make(const std::string& directory, size_t workers) {
  MLAAS_TRY(auto models, ModelRepository::load(directory, workers));
  return std::unique_ptr<Application>(new Application(std::make_unique<Parts>(std::move(models), workers)));
}

size_t Application::numModels() const { return parts_->models->models().size(); }

Response Application::handle(const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  Router::Answer answer{{}, parts_->router.unmatchedRoute()};
  try {
    const auto encoding = request.header("Content-Encoding");
    if (!encoding.empty() && encoding != "identity" && !request.body.empty()) {
      answer.response = errorResponse(
          415, "Content-Encoding '" + std::string(encoding.substr(0, 80)) + "' is not read; send the body as it is");
    } else {
      answer = parts_->router.handle(request);
    }
  } catch (const std::bad_alloc&) {
    answer.response = errorResponse(Error(ErrorCode::kOverloaded, "out of memory in " + std::string(request.path)));
  } catch (const std::exception& error) {
    answer.response = errorResponse(Error(ErrorCode::kInternal, error.what()));
  }
  parts_->metrics.countRequest(answer.route, answer.response.status, std::chrono::steady_clock::now() - start);
  return std::move(answer.response);
}

}  // namespace mlaas::serve
