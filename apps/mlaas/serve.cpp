// mlaas serve: the inference server.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "apps/mlaas/commands.h"
#include "apps/mlaas/config_file.h"
#include "mlaas/base/log.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/serve/access_log.h"
#include "mlaas/serve/access_rights.h"
#include "mlaas/serve/application.h"
#include "mlaas/serve/gate.h"
#include "mlaas/serve/grpc/server.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/server.h"

namespace mlaas::command {

namespace {

// File descriptors that are not connections: libraries, model files, logs, listeners.
constexpr size_t kOtherFiles = 128;

struct ServeOptions {
  const CLI::App* command = nullptr;
  std::string config;
  std::string models = "models";
  std::vector<std::string> http = {"127.0.0.1:8083"};
  std::string grpc;
  size_t threads = 0;
  uint64_t maxBodyMegabytes = 64;
  uint64_t maxInFlightMegabytes = 1024;
  size_t maxConnections = 8192;
  double idleSeconds = 60;
  double headerSeconds = 10;
  double transferSeconds = 30;
  double drainSeconds = 10;
  double farewellSeconds = 0;
  std::string accessLog;
  serve::TlsFiles tls;
  serve::FileAccess files;
  size_t maxModels = 0;
  uint64_t modelMegabytes = 0;
  double lookAgainSeconds = 2;
  bool sharedMemory = false;
  std::string base;
  std::string rate;
  serve::AccessOptions access;
  std::vector<std::string> issuers;
};

void declareModels(CLI::App& app, ServeOptions& options) {
  app.add_option("--models", options.models, "A model, or a folder of them")->capture_default_str();
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
}

void declareAccess(CLI::App& app, ServeOptions& options) {
  app.add_option("--tls-cert", options.tls.certificate, "Certificate chain (PEM); HTTPS instead of HTTP");
  app.add_option("--tls-key", options.tls.key, "Private key of the certificate (PEM)");
  app.add_option("--base", options.base, "Prefix of all routes, as /tfaas");
  app.add_option("--rate", options.rate,
                 "Most requests of a client, as 100-S: in a second (-M minute, -H hour, -D day)");
  app.add_option("--token-file", options.access.tokenFile,
                 "Bearer tokens: lines 'read TOKEN', 'upload TOKEN', 'read,upload TOKEN'");
  app.add_option("--token-issuer", options.issuers,
                 "Trusted issuer of JSON Web Tokens and the file of its public keys (JWKS), as URL=FILE");
  app.add_option("--token-audience", options.access.audience, "Audience that an issuer's tokens must be meant for");
  app.add_option("--token-read-scope", options.access.readScope, "Scope that allows to ask models")
      ->capture_default_str();
  app.add_option("--token-upload-scope", options.access.uploadScope, "Scope that allows to change models")
      ->capture_default_str();
  app.add_flag("--shared-memory", options.sharedMemory,
               "Let clients on this machine register system shared memory for their tensors");
}

void declareLimits(CLI::App& app, ServeOptions& options) {
  app.add_option("--max-body", options.maxBodyMegabytes, "Largest request body in MiB")
      ->check(CLI::Range(1, 4000))
      ->capture_default_str();
  app.add_option("--max-in-flight", options.maxInFlightMegabytes, "Most MiB of all bodies and answers together")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--max-connections", options.maxConnections, "Most connections; others are answered with 503")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  const CLI::Range seconds(0.01, 86400.0);
  app.add_option("--idle-time", options.idleSeconds, "Seconds that a connection may be idle")
      ->check(seconds)
      ->capture_default_str();
  app.add_option("--header-time", options.headerSeconds, "Seconds from a request's first byte to the end of its header")
      ->check(seconds)
      ->capture_default_str();
  app.add_option("--transfer-time", options.transferSeconds,
                 "Seconds for a body or an answer, and as many more as its size takes at 16 KiB/s")
      ->check(seconds)
      ->capture_default_str();
  app.add_option("--drain-time", options.drainSeconds, "Seconds that requests in flight get when the server stops")
      ->check(seconds)
      ->capture_default_str();
}

void declareFiles(CLI::App& app, ServeOptions& options) {
  app.add_option("--files-root", options.files.inputs,
                 "Folder whose ROOT files requests may have scored, or the beginning of URLs; may be repeated");
  app.add_option("--files-out", options.files.outputs,
                 "Folder into which requests may have friend trees written; may be repeated");
  app.add_option("--files-at-once", options.files.atOnce, "Most requests that score files at a time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

void declareOperation(CLI::App& app, ServeOptions& options) {
  app.add_option("--access-log", options.accessLog,
                 "File that gets a line of JSON for each request; - standard output");
  app.add_option("--farewell-time", options.farewellSeconds,
                 "Seconds after a stop signal in which the server still accepts and says that it is not ready")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
}

void declareOptions(CLI::App& app, ServeOptions& options) {
  options.command = &app;
  app.add_option("--config", options.config, "File with options (YAML or JSON), or TFaaS's config.json");
  app.add_option("--http", options.http,
                 "Address and port to listen on, or unix:/path; port 0 picks a free one. May be given several times")
      ->capture_default_str();
  app.add_option("--grpc", options.grpc,
                 "Address and port for the Open Inference Protocol over gRPC, or unix:/path; none without it");
  app.add_option("--threads", options.threads, "Serving threads; 0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  declareModels(app, options);
  declareAccess(app, options);
  declareFiles(app, options);
  declareLimits(app, options);
  declareOperation(app, options);
}

// TFaaS's keys, as its config.json has them; those that mean nothing here are passed over.
const std::vector<std::string> kTfaasKeys = {"port",    "modelDir",  "staticDir", "configProto", "logFile",
                                             "verbose", "serverKey", "serverCrt", "cacheLimit",  "monitRecord"};

bool fromTfaas(ConfigEntry& entry) {
  const bool isEmpty = entry.values.empty() || entry.values.front().empty();
  if (std::find(kTfaasKeys.begin(), kTfaasKeys.end(), entry.key) == kTfaasKeys.end()) return true;
  if (entry.key == "port" && !isEmpty) {
    entry = {"http", {":" + entry.values.front()}, entry.line};
  } else if (entry.key == "modelDir") {
    entry.key = "models";
  } else if (entry.key == "cacheLimit") {
    entry.key = "max-models";
  } else if (entry.key == "serverKey") {
    entry.key = "tls-key";
  } else if (entry.key == "serverCrt") {
    entry.key = "tls-cert";
  } else {
    return false;
  }
  return !isEmpty;
}

// The options of the command line, and below them those of --config.
Result<ServeOptions> withConfigFile(const ServeOptions& given) {
  if (given.config.empty()) return given;
  ServeOptions merged;
  CLI::App scratch;
  declareOptions(scratch, merged);
  MLAAS_CHECK(applyConfigFile(given.config, *given.command, scratch, fromTfaas, kTfaasKeys));
  return merged;
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

// Asks for file descriptors for all connections; the value is how many connections there are descriptors for.
size_t possibleConnections(size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = wanted + kOtherFiles;
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = std::min<rlim_t>(needed, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= needed) return wanted;
  const size_t possible = limit.rlim_cur > 2 * kOtherFiles ? limit.rlim_cur - kOtherFiles : kOtherFiles;
  log::warning("there are file descriptors for " + std::to_string(possible) + " connections, not for " +
               std::to_string(wanted) + "; raise the limit of open files, or lower --max-connections");
  return possible;
}

Result<serve::ServerOptions> serverOptions(const ServeOptions& options) {
  serve::ServerOptions server;
  server.addresses.clear();
  for (const auto& text : options.http) {
    MLAAS_TRY(server.addresses.emplace_back(), serve::parseListenAddress(text));
  }
  server.threads = options.threads == 0 ? availableCores() : options.threads;
  server.limits.bodyBytes = options.maxBodyMegabytes << 20;
  server.limits.bytesInFlight = options.maxInFlightMegabytes << 20;
  server.limits.connections = possibleConnections(options.maxConnections);
  server.limits.idle = milliseconds(options.idleSeconds);
  server.limits.header = milliseconds(options.headerSeconds);
  server.limits.transfer = milliseconds(options.transferSeconds);
  server.drain = milliseconds(options.drainSeconds);
  server.farewell = milliseconds(options.farewellSeconds);
  server.tls = options.tls;
  if (options.tls.certificate.empty() != options.tls.key.empty()) {
    return Error(ErrorCode::kInvalidArgument, "--tls-cert and --tls-key go together; only one is given");
  }
  return server;
}

Result<serve::GateOptions> gateOptions(const ServeOptions& options) {
  serve::GateOptions gate;
  MLAAS_TRY(gate.base, serve::parseBase(options.base));
  if (!options.rate.empty()) {
    MLAAS_TRY(gate.rate, serve::parseRate(options.rate));
  }
  serve::AccessOptions access = options.access;
  for (const auto& text : options.issuers) {
    const size_t sign = text.rfind('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == text.size()) {
      return Error(ErrorCode::kInvalidArgument,
                   "--token-issuer '" + text + "' is not URL=FILE, as https://iam.example.org/=keys.json");
    }
    access.issuers.push_back({text.substr(0, sign), text.substr(sign + 1)});
  }
  if (access.tokenFile.empty() && access.issuers.empty()) return gate;
  MLAAS_TRY(gate.rights, serve::AccessRights::make(access));
  return gate;
}

serve::RepositoryOptions repositoryOptions(const ServeOptions& options, size_t threads) {
  serve::RepositoryOptions models;
  models.numEngines = threads;
  models.vettingProgram = "/proc/self/exe";
  models.maxLoaded = options.maxModels;
  models.maxBytes = options.modelMegabytes << 20;
  models.lookAgain = milliseconds(options.lookAgainSeconds);
  return models;
}

// SIGHUP: the access log goes on in a new file, tokens and keys are read again.
void readAgain(serve::AccessLog* accessLog, serve::AccessRights* rights) {
  if (accessLog != nullptr) {
    const auto reopened = accessLog->reopen();
    if (!reopened.ok()) log::error(reopened.error().what());
  }
  if (rights == nullptr) return;
  const auto reloaded = rights->reload();
  if (reloaded.ok()) {
    log::info("tokens and keys were read again");
  } else {
    log::error(std::string("the old tokens and keys stay: ") + reloaded.error().what());
  }
}

// Tokens over gRPC: what they allow is what they allow over REST.
serve::GrpcPermission grpcPermission(const std::shared_ptr<serve::AccessRights>& rights) {
  if (!rights) return {};
  return [rights](std::string_view authorization, bool changes) -> Result<void> {
    serve::Request request;
    request.method = "POST";
    request.path = changes ? "/v2/repository/models/M/load" : "/v2/models/M/infer";
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    const auto refusal = rights->refusal(request, request.path);
    if (!refusal) return {};
    const bool known = refusal->status == 403;
    return Error(known ? ErrorCode::kForbidden : ErrorCode::kUnauthenticated,
                 known ? "the token does not allow this call"
                       : "a valid bearer token is needed in the metadata 'authorization'");
  };
}

Result<std::unique_ptr<serve::GrpcServer>> listenGrpc(const ServeOptions& options, const serve::ServerOptions& server,
                                                      serve::Application& application,
                                                      serve::GrpcPermission permission) {
  if (options.grpc.empty()) return std::unique_ptr<serve::GrpcServer>();
  serve::GrpcOptions grpc;
  grpc.address = options.grpc;
  grpc.threads = server.threads;
  grpc.firstWorker = server.threads;
  grpc.maxMessageBytes = std::min<uint64_t>(server.limits.bodyBytes, std::numeric_limits<int>::max());
  grpc.drain = server.drain;
  grpc.certificateFile = options.tls.certificate;
  grpc.keyFile = options.tls.key;
  grpc.permission = std::move(permission);
  grpc.endOfTurn = [&application](size_t worker) { application.endOfTurn(worker); };
  MLAAS_TRY(auto listening, serve::GrpcServer::listen(std::move(grpc), application.openInference()));
  log::info("listening on " + listening->url());
  return listening;
}

Result<int> runServe(const ServeOptions& given, const Environment& environment) {
  log::configure(environment.quiet ? log::Level::kWarning : log::Level::kInfo, true);
  MLAAS_TRY(const ServeOptions options, withConfigFile(given));
  MLAAS_TRY(serve::ServerOptions server, serverOptions(options));
  serve::ApplicationOptions settings{server.threads};
  settings.maxBodyBytes = server.limits.bodyBytes;
  settings.sharedMemory = options.sharedMemory;
  settings.files = options.files;
  settings.moreWorkers = options.grpc.empty() ? 0 : server.threads;
  MLAAS_TRY(auto application,
            serve::Application::make(options.models, repositoryOptions(options, server.threads), settings));
  if (application->numModels() == 0) {
    log::warning("no model is served: " + options.models + " has none that could be loaded");
  }
  MLAAS_TRY(const serve::GateOptions passage, gateOptions(options));
  serve::Gate gate(passage, [&](const serve::Request& request, serve::Answer answer) {
    application->handle(request, std::move(answer));
  });
  server.endOfTurn = [&](size_t worker) { application->endOfTurn(worker); };
  std::unique_ptr<serve::AccessLog> accessLog;
  if (!options.accessLog.empty()) {
    MLAAS_TRY(accessLog, serve::AccessLog::open(options.accessLog));
  }
  server.onExchange = [&](const serve::Exchange& exchange) {
    application->count(exchange);
    if (accessLog) accessLog->write(exchange);
  };
  server.onHangup = [&] { readAgain(accessLog.get(), passage.rights.get()); };
  server.onStop = [&] { gate.beginStop(); };
  MLAAS_TRY(auto listening, serve::Server::listen(server, [&](const serve::Request& request, serve::Answer answer) {
              gate.handle(request, std::move(answer));
            }));
  MLAAS_TRY(const auto grpc, listenGrpc(options, server, *application, grpcPermission(passage.rights)));
  for (const auto& url : listening->urls()) log::info("listening on " + url);
  listening->run(environment.stop);
  if (grpc) grpc->stop();
  application.reset();  // what it still answers needs the server's loops
  log::info("stopped");
  return 0;
}

}  // namespace

void addServe(CLI::App& app, Action& chosen) {
  addCommand<ServeOptions>(app, chosen, "serve", "Answer inference requests over HTTP", declareOptions, runServe);
}

}  // namespace mlaas::command
