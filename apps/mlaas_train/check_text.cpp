#include "apps/mlaas_train/check_text.h"

#include <numeric>

#include "apps/mlaas/text_table.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/train/report/html_text.h"

namespace mlaas::command {

namespace {

using dataset::CheckedSample;
using dataset::DatasetCheck;
using dataset::SampleStatistics;
using train::formatCount;
using train::formatNumber;

std::string samplesText(const DatasetCheck& check) {
  std::vector<std::string> header = {"sample", "label", "files", "entries"};
  std::vector<Align> alignment = {Align::kLeft, Align::kRight, Align::kRight, Align::kRight};
  if (check.statistics) {
    for (const char* name : {"selected", "train", "validation", "test", "sum of weights", "negative"}) {
      header.emplace_back(name);
      alignment.push_back(Align::kRight);
    }
  }
  TextTable table(header, alignment);
  for (size_t i = 0; i < check.samples.size(); ++i) {
    const CheckedSample& sample = check.samples[i];
    const std::string label = sample.labelExpression.empty() ? std::to_string(sample.label) : sample.labelExpression;
    std::vector<std::string> row = {sample.name, label, std::to_string(sample.files.size()),
                                    formatCount(sample.numEntries)};
    if (check.statistics) {
      const SampleStatistics& found = check.statistics->samples[i];
      row.push_back(formatCount(std::accumulate(found.selected.begin(), found.selected.end(), int64_t{0})));
      for (const int64_t selected : found.selected) row.push_back(formatCount(selected));
      row.push_back(formatNumber(std::accumulate(found.sumWeights.begin(), found.sumWeights.end(), 0.0)));
      row.push_back(formatCount(std::accumulate(found.numNegative.begin(), found.numNegative.end(), int64_t{0})));
    }
    table.addRow(std::move(row));
  }
  return table.render("");
}

std::string classesText(const DatasetCheck& check) {
  if (!check.statistics) return {};
  std::vector<Align> alignment(7, Align::kRight);
  alignment.front() = Align::kLeft;
  TextTable table({"class", "label", "train", "validation", "test", "sum of weights", "negative"}, alignment);
  for (size_t label = 0; label < check.classes.size(); ++label) {
    const dataset::EventSums found = check.statistics->ofClass(static_cast<int64_t>(label));
    std::vector<std::string> row = {check.classes[label], std::to_string(label)};
    for (const int64_t selected : found.selected) row.push_back(formatCount(selected));
    row.push_back(formatNumber(std::accumulate(found.sumWeights.begin(), found.sumWeights.end(), 0.0)));
    row.push_back(formatCount(std::accumulate(found.numNegative.begin(), found.numNegative.end(), int64_t{0})));
    table.addRow(std::move(row));
  }
  return table.render("") + "\n";
}

std::string filesText(const DatasetCheck& check) {
  TextTable table({"file", "tree", "sample", "entries"}, {Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight});
  for (const auto& sample : check.samples) {
    for (const auto& file : sample.files) {
      table.addRow({file.url, file.tree, sample.name, formatCount(file.numEntries)});
    }
  }
  return table.render("");
}

std::string featuresText(const DatasetCheck& check) {
  TextTable table({"feature", "type", "in", "defined as"}, {Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
  for (const auto& feature : check.features) {
    std::string where = "scalars";
    for (const auto& group : check.groups) {
      if (group.name == feature.group)
        where = group.name + ", " + (group.isRagged() ? "all" : std::to_string(group.length)) + " elements";
    }
    table.addRow({feature.name, feature.type, where, feature.expression});
  }
  return table.render("");
}

std::string memoryText(const dataset::MemoryEstimate& memory) {
  std::string text = "memory: limit " + formatByteSize(memory.limitBytes);
  if (memory.friendBytes > 0) text += ", of which indices of friends " + formatByteSize(memory.friendBytes);
  text += "; a row " + formatByteSize(memory.rowBytes) + ", " + (memory.rowsAreUpperBound ? "at most " : "") +
          formatCount(memory.numRows) + " rows " + formatByteSize(memory.allRowBytes());
  text += memory.staysInMemory ? ": they stay in memory, files are read once\n"
                               : ": more than half of the limit, so files are read once an epoch\n";
  return text;
}

}  // namespace

std::string checkText(const dataset::Workflow& workflow, const DatasetCheck& check) {
  std::string text = workflow.file + " is right: " + workflow.name + " (" + workflow.model.kind + "), into " +
                     workflow.output + "\n\n";
  text += samplesText(check) + "\n" + classesText(check) + filesText(check) + "\n" + featuresText(check) + "\n" +
          memoryText(check.memory);
  return text;
}

std::string checkJson(const dataset::Workflow& workflow, const DatasetCheck& check) {
  constexpr int kIndent = 1;
  nlohmann::ordered_json json;
  json["workflow"] = nlohmann::ordered_json::parse(workflow.text);
  json["dataset"] = check.toJson();
  return json.dump(kIndent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace mlaas::command
