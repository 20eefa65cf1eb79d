#include "mlaas/dataset/workflow_yaml.h"

#include <gtest/gtest.h>

#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {
namespace {

using Json = nlohmann::ordered_json;

Json back(const Json& value) { return yamlToJson(parseYaml(toYaml(value), "w.yaml").value()).value(); }

TEST(WorkflowYaml, ReadsBackAsItWas) {
  Json many = Json::array();
  for (int i = 0; i < 60; ++i) many.push_back("Jet/Jet.PT_" + std::to_string(i));
  const Json value = {
      {"name", "tth"},
      {"dataset",
       {{"select", "x > 3 && y[0] != 'a: b' # c"},
        {"features", {{"scalars", many}, {"jets", {{"columns", {"a", "b"}}, {"length", 8}}}}},
        {"memory", "1 GiB"},
        {"empty", Json::object()},
        {"none", Json::array()}}},
      {"odd keys", {{"true", 1}, {"1", 2}, {"", 3}, {"a: b", 4}, {"\n", 5}}},
      {"texts",
       {"true", "No", "null", "~", "12", "1e3", "-", "- a", "&a", "*a", "!a", "%a", "@a", "", " a", "ä", "\t", "\\\""}},
      {"values", {true, false, nullptr, 1, -2.5, 1e-9, 18446744073709551615U}}};
  EXPECT_EQ(back(value), value);
  EXPECT_EQ(back(Json::object()), Json::object());
}

TEST(WorkflowYaml, KeepsLinesShort) {
  Json many = Json::array();
  for (int i = 0; i < 100; ++i) many.push_back("column_" + std::to_string(i));
  const std::string text = toYaml({{"dataset", {{"features", {{"scalars", many}}}}}});
  size_t longest = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  EXPECT_LE(longest, 112U);
  EXPECT_EQ(text.substr(0, 27), "dataset:\n  features:\n    sc");
}

TEST(WorkflowYaml, EscapesWhatWouldNameAVariable) { EXPECT_EQ(toYaml({{"a", "${env:X}"}}), "a: \"$${env:X}\"\n"); }

}  // namespace
}  // namespace mlaas::dataset
