// The answer to a request with events: for each its identity, the model's outputs and whether it passes the selection.
//   {"model_name":"tth","model_version":"1","events":[{"run":1,"event":7,"score":0.91,"selected":true}, ...]}
//   {"model_name":"tth","model_version":"1","columns":{"run":[1,...],"event":[7,...],"score":[0.91,...],"selected":[true,...]}}
// An output that is not a finite number is null; in an Arrow stream it stands as it is.
// Threads: values.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/serve/http_message.h"

namespace mlaas::serve {

enum class EventForm : uint8_t { kEvents, kColumns, kArrow };

// Flat columns with a name each, all of one length.
struct EventScores {
  std::string modelName;
  std::string modelVersion;
  int64_t rows = 0;
  std::vector<std::string> names;
  std::vector<Column> columns;
};

Response eventAnswer(const EventScores& scores, EventForm form);

}  // namespace mlaas::serve
