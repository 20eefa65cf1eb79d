#include "mlaas/serve/events/answer.h"

#include "mlaas/serve/json_cells.h"
#include "mlaas/serve/json_text.h"
#include "mlaas/table/column_stream.h"

namespace mlaas::serve {

namespace {

std::string quoted(const std::string& name) {
  std::string text;
  appendJsonString(text, name);
  return text + ':';
}

void appendEvents(std::string& out, const EventScores& scores) {
  std::vector<std::string> keys;
  for (const auto& name : scores.names) keys.push_back(quoted(name));
  out += "\"events\":[";
  for (size_t row = 0; row < static_cast<size_t>(scores.rows); ++row) {
    out += row == 0 ? "{" : ",{";
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i > 0) out += ',';
      out += keys[i];
      appendCell(out, scores.columns[i], row);
    }
    out += '}';
  }
  out += ']';
}

void appendColumns(std::string& out, const EventScores& scores) {
  out += "\"columns\":{";
  for (size_t i = 0; i < scores.names.size(); ++i) {
    if (i > 0) out += ',';
    out += quoted(scores.names[i]) + '[';
    for (size_t row = 0; row < static_cast<size_t>(scores.rows); ++row) {
      if (row > 0) out += ',';
      appendCell(out, scores.columns[i], row);
    }
    out += ']';
  }
  out += '}';
}

}  // namespace

Response eventAnswer(const EventScores& scores, EventForm form) {
  if (form == EventForm::kArrow) {
    const auto format = table::findColumnStream(table::kArrowStreamType);
    if (!format.ok()) return errorResponse(format.error());
    auto bytes = format->write(scores.names, scores.columns);
    if (!bytes.ok()) return errorResponse(bytes.error());
    return {200, std::string(table::kArrowStreamType), *std::move(bytes), {}};
  }
  std::string out = "{" + quoted("model_name");
  appendJsonString(out, scores.modelName);
  out += ',' + quoted("model_version");
  appendJsonString(out, scores.modelVersion);
  out += ',';
  if (form == EventForm::kEvents) {
    appendEvents(out, scores);
  } else {
    appendColumns(out, scores);
  }
  out += '}';
  return {200, std::string(kJsonType), std::move(out), {}};
}

}  // namespace mlaas::serve
