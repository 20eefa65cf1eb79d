#include "mlaas/serve/oip/documents.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mlaas::serve {

namespace {

using Json = nlohmann::ordered_json;

// Names come from files, which may hold anything: what is not UTF-8 is shown with replacement characters.
std::string textOf(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json tensorMetadata(const std::vector<infer::TensorSpec>& specs, bool batched) {
  Json list = Json::array();
  for (const auto& spec : specs) {
    auto shape = spec.dimensions;
    if (batched) shape.insert(shape.begin(), -1);
    list.push_back({{"name", spec.name}, {"datatype", infer::dataTypeName(spec.type)}, {"shape", shape}});
  }
  return list;
}

Json configTensors(const std::vector<infer::TensorSpec>& specs, bool isInput) {
  Json list = Json::array();
  for (const auto& spec : specs) {
    // A configuration has no tensors without a dimension: one number a row is [1].
    Json dims = spec.dimensions.empty() ? Json::array({1}) : Json(spec.dimensions);
    Json tensor = {{"name", spec.name}, {"data_type", configTypeName(spec.type)}};
    if (isInput) tensor["format"] = "FORMAT_NONE";
    tensor["dims"] = std::move(dims);
    if (!isInput) tensor["label_filename"] = "";
    tensor["is_shape_tensor"] = false;
    if (isInput) {
      tensor["allow_ragged_batch"] = false;
      tensor["optional"] = false;
    }
    list.push_back(std::move(tensor));
  }
  return list;
}

Json duration(uint64_t count, std::chrono::nanoseconds sum) { return {{"count", count}, {"ns", nanoseconds(sum)}}; }

}  // namespace

uint64_t milliseconds(std::chrono::system_clock::time_point time) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return static_cast<uint64_t>(std::max<int64_t>(0, count));
}

uint64_t nanoseconds(std::chrono::nanoseconds duration) {
  return static_cast<uint64_t>(std::max<int64_t>(0, duration.count()));
}

std::string configTypeName(infer::DataType type) {
  return type == infer::DataType::kBytes ? "TYPE_STRING" : "TYPE_" + std::string(infer::dataTypeName(type));
}

std::string serverDocument(const OipService& service) {
  return textOf({{"name", OipService::serverName()},
                 {"version", OipService::serverVersion()},
                 {"extensions", service.extensions()}});
}

std::string modelDocument(const OipService& service, const ServedModel& model) {
  const auto& signature = model.signature();
  return textOf({{"name", model.name()},
                 {"versions", service.versionsOf(model.name())},
                 {"platform", model.platform()},
                 {"inputs", tensorMetadata(signature.inputs, signature.batched)},
                 {"outputs", tensorMetadata(signature.outputs, signature.batched)}});
}

std::string configDocument(const ServedModel& model) {
  const auto& signature = model.signature();
  const auto& batching = model.batching();
  Json json = {
      {"name", model.name()},
      {"platform", model.platform()},
      {"backend", model.platform()},
      {"version_policy", {{"latest", {{"num_versions", 1}}}}},
      {"max_batch_size", signature.batched ? batching.maxRows : 0},
      {"input", configTensors(signature.inputs, true)},
      {"output", configTensors(signature.outputs, false)},
      {"instance_group", Json::array({{{"name", model.name()}, {"kind", "KIND_CPU"}, {"count", model.numEngines()}}})},
      {"default_model_filename", ""},
      {"parameters", Json::object()}};
  if (signature.batched) {
    json["dynamic_batching"] = {{"preferred_batch_size", Json::array()},
                                {"max_queue_delay_microseconds", batching.maxDelay.count()}};
  }
  return textOf(json);
}

std::string statisticsDocument(const std::vector<ModelPointer>& models) {
  Json list = Json::array();
  for (const auto& model : models) {
    const auto totals = model->metrics().totals();
    list.push_back({{"name", model->name()},
                    {"version", model->version()},
                    {"last_inference", milliseconds(totals.last)},
                    {"inference_count", totals.rows},
                    {"execution_count", totals.runs},
                    {"inference_stats",
                     {{"success", duration(totals.successes, totals.times.total)},
                      {"fail", duration(totals.failures, totals.failed)},
                      {"queue", duration(totals.successes, totals.times.queue)},
                      {"compute_input", duration(totals.successes, totals.times.input)},
                      {"compute_infer", duration(totals.successes, totals.times.infer)},
                      {"compute_output", duration(totals.successes, totals.times.output)},
                      {"cache_hit", duration(0, {})},
                      {"cache_miss", duration(0, {})}}},
                    {"response_stats", Json::object()},
                    {"batch_stats", Json::array()},
                    {"memory_usage", Json::array()}});
  }
  return textOf({{"model_stats", std::move(list)}});
}

std::string indexDocument(const std::vector<ModelState>& states) {
  Json list = Json::array();
  for (const auto& state : states) {
    Json json = {{"name", state.name}};
    if (!state.version.empty()) json["version"] = state.version;
    if (const auto name = stateName(state); !name.empty()) json["state"] = name;
    json["reason"] = state.reason;
    list.push_back(std::move(json));
  }
  return textOf(list);
}

std::string settingsDocument(const std::vector<OipSetting>& settings) {
  Json json = Json::object();
  for (const auto& setting : settings) {
    json[setting.name] = std::visit([](const auto& value) { return Json(value); }, setting.value);
  }
  return textOf(json);
}

std::string regionsDocument(const std::vector<SharedRegion>& regions) {
  Json list = Json::array();
  for (const auto& region : regions) {
    list.push_back(
        {{"name", region.name}, {"key", region.key}, {"offset", region.offset}, {"byte_size", region.bytes}});
  }
  return textOf(list);
}

}  // namespace mlaas::serve
