#include "mlaas/serve/events/routes.h"

#include <algorithm>
#include <limits>

#include "mlaas/base/nearest_name.h"
#include "mlaas/infer/missing_rows.h"
#include "mlaas/serve/events/answer.h"
#include "mlaas/serve/events/event_plans.h"
#include "mlaas/table/column_stream.h"

namespace mlaas::serve {

namespace {

// What is left of a request while its tensors are at the model.
struct Pending {
  ModelPointer model;
  EventForm form = EventForm::kEvents;
  EventScores scores;         // the identity columns
  std::vector<bool> missing;  // by row: no score
  Column selected;
};

// An event's columns from an Arrow stream.
Result<EventColumns> readArrowEvents(std::string_view body, const EventNeeds& needs) {
  MLAAS_TRY(const auto format, table::findColumnStream(table::kArrowStreamType));
  auto wanted = needs.required;
  wanted.insert(wanted.end(), needs.optional.begin(), needs.optional.end());
  auto read = format.read(body, wanted);
  if (!read.ok()) {
    // What is damaged here is the request.
    return Error(read.error().code() == ErrorCode::kUnsupported ? ErrorCode::kUnsupported : ErrorCode::kInvalidArgument,
                 read.error().what());
  }
  for (const auto& name : needs.required) {
    if (std::ranges::find(read->types, name, &table::NamedType::name) != read->types.end()) continue;
    return Error(ErrorCode::kInvalidArgument, "column '" + name + "' is missing" + suggestNames(name, read->names));
  }
  return EventColumns{read->rows, false, std::move(read->types), std::move(read->columns)};
}

bool isArrow(std::string_view contentType) { return contentType.starts_with(table::kArrowStreamType); }

EventForm formOf(const Request& request, bool asEvents) {
  if (isArrow(request.header("Content-Type"))) {
    return request.header("Accept").find(kJsonType) == std::string_view::npos ? EventForm::kArrow : EventForm::kColumns;
  }
  return asEvents ? EventForm::kEvents : EventForm::kColumns;
}

// The tensors of a bundle's signature.
std::vector<infer::Tensor> namedTensors(const infer::Signature& signature, const feature::Tensors& from) {
  std::vector<infer::Tensor> tensors;
  const auto add = [&](const auto& values) {
    const auto& spec = signature.inputs[tensors.size()];
    auto& tensor = tensors.emplace_back(infer::Tensor{spec.name, spec.type, spec.dimensions, {}});
    tensor.shape.insert(tensor.shape.begin(), from.rows);
    tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
  };
  if (from.numScalars > 0) add(from.scalars);
  for (const auto& group : from.groups) {
    add(group.values);
    add(group.count);
  }
  return tensors;
}

Column allTrue(int64_t rows) {
  const std::vector<uint8_t> values(static_cast<size_t>(rows), 1);
  return {{DType::kBool, 0, {}, false}, rows, {}, copyToBuffer(std::span<const uint8_t>(values))};
}

// Makes the features of the request's events; what is not for the model goes to `pending`.
Result<feature::Tensors> makeFeatures(const EventPlan& plan, const EventColumns& events, Pending& pending) {
  const auto lookup = [&](const std::string& name) -> Result<Column> {
    const auto found = std::ranges::find(events.types, name, &table::NamedType::name);
    return events.columns[static_cast<size_t>(found - events.types.begin())];
  };
  MLAAS_TRY(auto block, plan.maker.process(lookup, events.rows));
  plan.missing.fill(block.tensors);
  pending.selected = plan.selects ? std::move(block.extras.back()) : allTrue(events.rows);
  pending.scores.rows = events.rows;
  pending.scores.names = plan.identity;
  block.extras.resize(plan.identity.size());
  pending.scores.columns = std::move(block.extras);
  for (int64_t row = 0; row < events.rows; ++row) pending.missing.push_back(infer::hasNan(block.tensors, row));
  return std::move(block.tensors);
}

Response answerOf(Pending& pending, const InferenceOutputs& outputs) {
  const auto& names = pending.model->bundle()->outputs;
  const auto rows = static_cast<size_t>(pending.scores.rows);
  const auto values = outputs.empty() ? std::span<const float>() : outputs.front().as<float>();
  for (size_t i = 0; i < names.size(); ++i) {
    std::vector<float> column(rows, std::numeric_limits<float>::quiet_NaN());
    for (size_t row = 0; row < rows; ++row) {
      if (!pending.missing[row]) column[row] = values[row * names.size() + i];
    }
    pending.scores.names.push_back(names[i]);
    pending.scores.columns.push_back(makeFlatColumn(std::span<const float>(column)));
  }
  pending.scores.names.emplace_back("selected");
  pending.scores.columns.push_back(std::move(pending.selected));
  return eventAnswer(pending.scores, pending.form);
}

}  // namespace

Events::Events(const ModelRepository& models, Inference& inference, size_t workers)
    : models_(models), inference_(inference), plans_(std::make_unique<EventPlans>()), parsers_(workers) {}
Events::~Events() = default;

void Events::addRoutes(Router& router) {
  router.addLate("POST", "/v2/models/{model}/events",
                 [this](const Request& request, PathParameters path, const Answer& answer) {
                   score(request, path[0], {}, answer);
                 });
  router.addLate("POST", "/v2/models/{model}/versions/{version}/events",
                 [this](const Request& request, PathParameters path, const Answer& answer) {
                   score(request, path[0], path[1], answer);
                 });
}

void Events::score(const Request& request, const std::string& name, const std::string& version, const Answer& answer) {
  auto pending = std::make_shared<Pending>();
  auto prepared = [&]() -> Result<InferenceRequest> {
    MLAAS_TRY(pending->model, models_.find(name, version));
    const ModelPointer& model = pending->model;
    MLAAS_TRY(const auto needs, plans_->needs(model));
    EventColumns events;
    if (isArrow(request.header("Content-Type"))) {
      MLAAS_TRY(events, readArrowEvents(request.body, *needs));
    } else {
      MLAAS_TRY(const auto document, parsers_.at(request.worker).parse(request.body));
      MLAAS_TRY(events, readEventColumns(document, *needs));
    }
    pending->form = formOf(request, events.asEvents);
    pending->scores.modelName = model->name();
    pending->scores.modelVersion = model->version();
    // Without a value columns may have no type to compile expressions for.
    if (events.rows == 0) return InferenceRequest();
    MLAAS_TRY(const auto plan, plans_->plan(model, events.types));
    MLAAS_TRY(const auto tensors, makeFeatures(*plan, events, *pending));
    InferenceRequest inference;
    inference.model = model;
    inference.inputs = namedTensors(model->signature(), tensors);
    return inference;
  }();
  if (!prepared.ok()) return answer(errorResponse(prepared.error()));
  if (pending->scores.rows == 0) {
    pending->selected = allTrue(0);
    return answer(answerOf(*pending, {}));
  }
  inference_.submit(request.worker, *std::move(prepared), [answer, pending](const Result<InferenceOutputs>& outputs) {
    answer(aboutModel(outputs.ok() ? answerOf(*pending, *outputs) : errorResponse(outputs.error()),
                      pending->scores.modelName, static_cast<int64_t>(pending->scores.rows)));
  });
}

}  // namespace mlaas::serve
