#include "mlaas/dataset/workflow_environment.h"

#include <gtest/gtest.h>

#include <map>

namespace mlaas::dataset {
namespace {

std::optional<std::string> lookup(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {{"SITE", "/data/site"},  {"SEED", "7"},
                                                                {"EMPTY", ""},           {"YAML", "[1, 2]"},
                                                                {"NEST", "${env:SITE}"}, {"BAD", "\xff"}};
  const auto found = kVariables.find(name);
  if (found == kVariables.end()) return std::nullopt;
  return found->second;
}

nlohmann::ordered_json expanded(const std::string& text) {
  YamlNode root = parseYaml(text, "w.yaml").value();
  expandEnvironment(root, lookup).value();
  return yamlToJson(root).value();
}

std::string messageOf(const std::string& text) {
  YamlNode root = parseYaml(text, "w.yaml").value();
  const auto result = expandEnvironment(root, lookup);
  EXPECT_FALSE(result.ok()) << text;
  return result.ok() ? "" : result.error().what();
}

TEST(WorkflowEnvironment, ReplacesReferencesInValues) {
  EXPECT_EQ(expanded("a: ${env:SITE}/x.root"), R"({"a": "/data/site/x.root"})"_json);
  EXPECT_EQ(expanded("a: ['${env:SITE}${env:SEED}', b]"), R"({"a": ["/data/site7", "b"]})"_json);
  EXPECT_EQ(expanded("${env:SITE}: 1"), R"({"${env:SITE}": 1})"_json);
}

TEST(WorkflowEnvironment, ReferenceAloneHasTheTypeOfItsText) {
  EXPECT_EQ(expanded("a: ${env:SEED}"), R"({"a": 7})"_json);
  EXPECT_EQ(expanded("{a: '${env:SEED}', b: '1${env:SEED}'}"), R"({"a": 7, "b": "17"})"_json);
}

TEST(WorkflowEnvironment, WhatAVariableHoldsIsText) {
  EXPECT_EQ(expanded("a: ${env:YAML}"), R"({"a": "[1, 2]"})"_json);
  EXPECT_EQ(expanded("a: ${env:NEST}"), R"({"a": "${env:SITE}"})"_json);
}

TEST(WorkflowEnvironment, DefaultsAndEscapes) {
  EXPECT_EQ(expanded("a: ${env:NONE:-8}"), R"({"a": 8})"_json);
  EXPECT_EQ(expanded("a: x${env:NONE:-}y"), R"({"a": "xy"})"_json);
  EXPECT_EQ(expanded("a: x${env:EMPTY:-no}y"), R"({"a": "xy"})"_json);
  EXPECT_EQ(expanded("a: $${env:SITE} costs $5"), R"({"a": "${env:SITE} costs $5"})"_json);
  EXPECT_EQ(expanded("a: Sum$(x) + Length$(y)")["a"], "Sum$(x) + Length$(y)");
}

TEST(WorkflowEnvironment, NamesWhatIsWrongAndWhere) {
  EXPECT_EQ(messageOf("a:\n  - ${env:NONE}"),
            "w.yaml:2:5: the environment variable NONE is not set; set it, or write ${env:NONE:-DEFAULT}");
  for (const char* text : {"a: ${SITE}", "a: ${env:}", "a: ${env:1A}", "a: ${file:x}", "a: ${env:SI TE}"}) {
    EXPECT_NE(messageOf(text).find("is no reference; expected ${env:NAME}"), std::string::npos) << text;
  }
  EXPECT_NE(messageOf("a: ${env:SITE").find("without '}'"), std::string::npos);
  EXPECT_NE(messageOf("a: ${env:BAD}").find("holds no UTF-8"), std::string::npos);
}

TEST(WorkflowEnvironment, LimitsWhatVariablesHoldTogether) {
  const EnvironmentLookup large = [](const std::string&) { return std::string(kMaxYamlBytes / 2, 'x'); };
  YamlNode two = parseYaml("[\"${env:A}\", \"${env:A}\"]", "w.yaml").value();
  EXPECT_TRUE(expandEnvironment(two, large).ok());
  YamlNode three = parseYaml("[\"${env:A}\", \"${env:A}\", \"${env:A}\"]", "w.yaml").value();
  EXPECT_FALSE(expandEnvironment(three, large).ok());
}

}  // namespace
}  // namespace mlaas::dataset
