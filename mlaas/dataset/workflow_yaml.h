// A workflow as the text of a file that people read and edit: YAML with short lines, maps in blocks where they are long.
// What parseWorkflow() makes of the text is what it makes of the JSON.
// Threads: any.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mlaas::dataset {

// `value` is made of maps, lists, texts, numbers and truth values, nested no deeper than a workflow.
std::string toYaml(const nlohmann::ordered_json& value);

}  // namespace mlaas::dataset
