// mlaas report: one page that compares the models of several bundles.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "apps/mlaas_train/commands.h"
#include "mlaas/train/report/bundle_comparison.h"

namespace mlaas::command {

namespace {

struct ReportOptions {
  std::vector<std::string> bundles;
  std::string out;
};

// Whole or absent: written beside its place and renamed.
Result<void> writeWhole(const std::string& path, const std::string& text) {
  const std::string beside = path + ".part" + std::to_string(::getpid());
  {
    std::ofstream file(beside, std::ios::binary);
    file << text;
    file.flush();
    if (!file) {
      const std::string reason = std::strerror(errno);
      std::remove(beside.c_str());
      return Error(ErrorCode::kIo, path + ": cannot be written: " + reason);
    }
  }
  std::error_code problem;
  std::filesystem::rename(beside, path, problem);
  if (!problem) return {};
  std::remove(beside.c_str());
  return Error(ErrorCode::kIo, path + ": cannot be written: " + problem.message());
}

Result<int> report(const ReportOptions& options, const Environment& environment) {
  MLAAS_TRY(const auto bundles, train::readJudgedBundles(options.bundles));
  MLAAS_CHECK(writeWhole(options.out, train::renderComparison(bundles)));
  environment.output.print(options.out + "\n");
  return 0;
}

}  // namespace

void declareReport(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ReportOptions>();
  app.add_option("BUNDLE", options->bundles, "Model bundles: folders that `mlaas train` wrote")->required();
  app.add_option("--out", options->out, "The page to write")->required()->type_name("FILE.html");
  app.callback([options, &chosen] {
    chosen = [options](const Environment& environment) { return report(*options, environment); };
  });
}

}  // namespace mlaas::command
