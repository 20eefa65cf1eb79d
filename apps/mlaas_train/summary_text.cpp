#include "apps/mlaas_train/summary_text.h"

#include <cstdio>

#include "mlaas/train/report/html_text.h"

namespace mlaas::command {

namespace {

std::string line(const std::string& name, const std::string& value) {
  std::string text = "  " + name;
  text.resize(12, ' ');
  return text + value + "\n";
}

std::string rate(int64_t events, double seconds) {
  return train::formatCount(static_cast<int64_t>(static_cast<double>(events) / std::max(seconds, 1e-9))) + " events/s";
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string aucOf(const train::RunSummary& summary, size_t index) {
  if (!summary.auc[index]) return "undefined: a class has no positive sum of weights";
  return train::formatWithError(*summary.auc[index], summary.aucError[index].value_or(0));
}

}  // namespace

std::string summaryText(const train::RunSummary& summary) {
  std::string text = summary.name + " (" + summary.kind + ")\n";
  text += line("read",
               train::formatCount(summary.entriesRead) + " entries, " + rate(summary.entriesRead, summary.readSeconds));
  text += line("trained", std::to_string(summary.epochs) + " " + summary.unit + "s, " +
                              rate(summary.eventsTrained, summary.trainSeconds) + ", kept " + summary.unit + " " +
                              std::to_string(summary.bestEpoch));
  for (size_t i = 0; i < summary.auc.size(); ++i) {
    const std::string what = summary.auc.size() == 1 ? "" : " of " + summary.classes[i];
    text += line("AUC", aucOf(summary, i) + what + " (test part, weighted)");
  }
  for (const auto& target : summary.targets) {
    const auto number = [](const std::optional<double>& value) {
      return value ? train::formatNumber(*value) : std::string("undefined");
    };
    text += line(target.name, "root mean square error " + number(target.rmse) + ", resolution " +
                                  number(target.resolution) + ", bias " + number(target.bias) + ", R2 " +
                                  number(target.r2) + " (test part, weighted)");
  }
  text += line("bundle", summary.bundle);
  text += line("report", summary.bundle + "/report.html");
  text += line("seconds", "read " + seconds(summary.readSeconds) + ", train " + seconds(summary.trainingStageSeconds) +
                              ", evaluate " + seconds(summary.evaluationSeconds) + ", write " +
                              seconds(summary.writeSeconds));
  return text;
}

}  // namespace mlaas::command
