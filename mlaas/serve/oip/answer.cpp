#include "mlaas/serve/oip/answer.h"

#include "mlaas/serve/json_text.h"
#include "mlaas/serve/oip/json_tensor.h"

namespace mlaas::serve {

namespace {

void appendMember(std::string& out, std::string_view name, std::string_view text) {
  appendJsonString(out, name);
  out += ':';
  appendJsonString(out, text);
}

Result<void> appendOutput(std::string& out, const OipOutput& output) {
  const auto& tensor = output.tensor;
  out += '{';
  appendMember(out, "name", tensor.name);
  out += ',';
  appendMember(out, "datatype", infer::dataTypeName(tensor.type));
  out += ",\"shape\":[";
  for (size_t i = 0; i < tensor.shape.size(); ++i) out += (i > 0 ? "," : "") + std::to_string(tensor.shape[i]);
  out += ']';
  if (const auto& place = output.wanted.place) {
    out += ",\"parameters\":{";
    appendMember(out, "shared_memory_region", place->region);
    out += ",\"shared_memory_byte_size\":" + std::to_string(output.placed);
    if (place->offset > 0) out += ",\"shared_memory_offset\":" + std::to_string(place->offset);
    out += "}}";
    return {};
  }
  if (output.wanted.binary) {
    out += ",\"parameters\":{\"binary_data_size\":" + std::to_string(tensor.bytes.size()) + "}}";
    return {};
  }
  out += ",\"data\":";
  MLAAS_CHECK(appendJsonData(out, tensor));
  out += '}';
  return {};
}

}  // namespace

Result<OipAnswer> writeOipAnswer(const OipInference& inference, const ServedModel& model,
                                 const std::vector<OipOutput>& outputs) {
  OipAnswer answer;
  std::string& out = answer.body;
  out = "{";
  appendMember(out, "model_name", model.name());
  out += ',';
  appendMember(out, "model_version", model.version());
  if (!inference.id.empty()) {
    out += ',';
    appendMember(out, "id", inference.id);
  }
  out += ",\"outputs\":[";
  bool binary = false;
  for (const auto& output : outputs) {
    if (out.back() == '}') out += ',';
    MLAAS_CHECK(appendOutput(out, output));
    binary = binary || (output.wanted.binary && !output.wanted.place);
  }
  out += "]}";
  if (!binary) return answer;
  answer.jsonBytes = out.size();
  for (const auto& output : outputs) {
    if (output.wanted.binary && !output.wanted.place) out += output.tensor.bytes;
  }
  return answer;
}

}  // namespace mlaas::serve
