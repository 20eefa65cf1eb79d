#include "mlaas/dataset/workflow_include.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {
namespace {

namespace fs = std::filesystem;

// A folder of files for one test.
class WorkflowInclude : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("mlaas_include_" + std::to_string(getpid()));
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return path(name);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  nlohmann::ordered_json tree(const std::string& name) const {
    return yamlToJson(readWorkflowTree(path(name), environmentValue).value()).value();
  }
  Error errorOf(const std::string& name) const {
    const auto result = readWorkflowTree(path(name), environmentValue);
    EXPECT_FALSE(result.ok());
    return result.ok() ? Error(ErrorCode::kInternal, "read") : result.error();
  }

 private:
  fs::path folder_;
};

TEST_F(WorkflowInclude, MergesMapsAndReplacesTheRest) {
  write("base.yaml",
        "name: base\ndataset: {tree: Events, identity: [run, event], split: {seed: 3}}\ntraining: {epochs: 5}\n");
  write("sub/model.yaml", "model: {kind: mlp, layers: [10]}\ntraining: {seed: 2}\n");
  write("w.yaml", "include: [base.yaml, sub/model.yaml]\nname: own\ndataset: {identity: [event], split: {train: 1}}\n");
  EXPECT_EQ(nlohmann::json(tree("w.yaml")), R"({"name": "own",
    "dataset": {"tree": "Events", "identity": ["event"], "split": {"seed": 3, "train": 1}},
    "training": {"epochs": 5, "seed": 2}, "model": {"kind": "mlp", "layers": [10]}})"_json);
}

TEST_F(WorkflowInclude, LaterFilesAndTheIncludingOneWin) {
  write("a.yaml", "x: 1\ny: 1\nz: 1\n");
  write("b.yaml", "y: 2\nz: 2\n");
  write("w.yaml", "z: 3\ninclude: [a.yaml, b.yaml]\n");
  EXPECT_EQ(tree("w.yaml"), R"({"x": 1, "y": 2, "z": 3})"_json);
}

TEST_F(WorkflowInclude, NamesCountFromTheFolderOfTheFile) {
  write("sub/c.yaml", "include: ../d.yaml\n");
  write("d.yaml", "x: 1\n");
  write("w.yaml", "include: sub/c.yaml\n");
  EXPECT_EQ(tree("w.yaml"), R"({"x": 1})"_json);
}

TEST_F(WorkflowInclude, SameFileByTwoWaysIsNoCycle) {
  write("d.yaml", "x: 1\n");
  write("a.yaml", "include: d.yaml\n");
  write("w.yaml", "include: [a.yaml, d.yaml]\n");
  EXPECT_EQ(tree("w.yaml"), R"({"x": 1})"_json);
}

TEST_F(WorkflowInclude, RefusesCycles) {
  write("a.yaml", "include: sub/../b.yaml\n");
  write("b.yaml", "x: 1\ninclude: a.yaml\n");
  const Error error = errorOf("a.yaml");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(error.what()).find("b.yaml:2:10: include: 'a.yaml' includes itself"), std::string::npos)
      << error.what();
}

TEST_F(WorkflowInclude, RefusesTooManyLevelsAndFiles) {
  for (int i = 0; i < 12; ++i) write("l" + std::to_string(i), "include: l" + std::to_string(i + 1) + "\n");
  EXPECT_NE(std::string(errorOf("l0").what()).find("levels deep"), std::string::npos);
  std::string many = "include: [";
  for (int i = 0; i < 70; ++i) many += "d.yaml, ";
  write("d.yaml", "x: 1\n");
  write("many.yaml", many + "d.yaml]\n");
  EXPECT_NE(std::string(errorOf("many.yaml").what()).find("more than 64 files"), std::string::npos);
}

TEST_F(WorkflowInclude, NamesThePlaceOfAMistake) {
  write("w.yaml", "name: x\ninclude: none.yaml\n");
  const Error missing = errorOf("w.yaml");
  EXPECT_EQ(missing.code(), ErrorCode::kNotFound);
  EXPECT_NE(std::string(missing.what()).find("w.yaml:2:10: include: "), std::string::npos);
  EXPECT_NE(std::string(missing.what()).find("none.yaml"), std::string::npos);
  write("list.yaml", "[1, 2]\n");
  write("w.yaml", "include: list.yaml\n");
  EXPECT_NE(std::string(errorOf("w.yaml").what()).find("list.yaml:1:1: an included file holds a map"),
            std::string::npos);
  write("w.yaml", "include: {a: b}\n");
  EXPECT_NE(std::string(errorOf("w.yaml").what()).find("expected a file or a list of files, found a map"),
            std::string::npos);
}

TEST_F(WorkflowInclude, MessagesNameTheIncludedFile) {
  write("data.yaml", "dataset:\n  tre: Events\n");
  write("w.yaml", "include: data.yaml\nname: x\nmodel: {kind: mlp}\n");
  const auto result = readWorkflow(path("w.yaml"), {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(std::string(result.error().what()),
            path("data.yaml") + ":2:3: dataset: unknown key 'tre'; did you mean 'tree'?");
}

TEST(WorkflowText, IncludesNothing) {
  for (const std::vector<std::string>& settings : {std::vector<std::string>{}, {"include=x.yaml"}}) {
    const auto result = parseWorkflow(settings.empty() ? "include: x.yaml\n" : "name: x\n", "w.yaml", settings);
    ASSERT_FALSE(result.ok());
    EXPECT_NE(std::string(result.error().what()).find("only files include others"), std::string::npos);
  }
}

}  // namespace
}  // namespace mlaas::dataset
