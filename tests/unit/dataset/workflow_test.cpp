#include "mlaas/dataset/workflow.h"

#include <gtest/gtest.h>

#include <cmath>

#include <fstream>
#include <sstream>

namespace mlaas::dataset {
namespace {

constexpr const char* kWorkflow = R"(name: tth
dataset:
  tree: Events
  samples:
    ttH: {label: 1, files: ["a_*.root", b.root], weight: weight}
    ttbar: {label: 0, files: c.root, weight: weight * 831.76 / 12000}
    bb: {label: 0, files: d.root, weight: 2.5}
  identity: [run, luminosityBlock, event]
  select: nJet >= 6 && sum(Jet_pt > 30) >= 6
  define:
    zeta: log(ht)
    alpha: max(Jet_pt)
  features:
    scalars: [zeta, met, "mbb*"]
    jets: {columns: [Jet_pt, Jet_eta], length: 8}
  split: {train: 0.7, validation: 0.1, test: 0.2, seed: 7}
  memory: 512 MiB
model: {kind: mlp, layers: [128, 64], dropout: 0.1}
training: {epochs: 20, optimizer: {kind: adam, lr: 1e-3}}
output: models/out
)";

// The workflow with one part of its text replaced.
std::string replaced(const std::string& from, const std::string& to) {
  std::string text = kWorkflow;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string messageOf(const std::string& text, const std::vector<std::string>& settings = {}) {
  const auto result = parseWorkflow(text, "w.yaml", settings);
  EXPECT_FALSE(result.ok());
  if (result.ok()) return "";
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  return result.error().what();
}

TEST(Workflow, ReadsEveryKey) {
  const auto workflow = parseWorkflow(kWorkflow, "w.yaml", {}).value();
  EXPECT_EQ(workflow.name, "tth");
  EXPECT_EQ(workflow.output, "models/out");
  const auto& dataset = workflow.dataset;
  EXPECT_EQ(dataset.tree, "Events");
  ASSERT_EQ(dataset.samples.size(), 3U);
  EXPECT_EQ(dataset.samples[0].name, "ttH");
  EXPECT_EQ(dataset.samples[0].label, 1);
  EXPECT_EQ(dataset.samples[0].files, (std::vector<std::string>{"a_*.root", "b.root"}));
  EXPECT_EQ(dataset.samples[1].weight, "weight * 831.76 / 12000");
  EXPECT_EQ(dataset.samples[2].weight, "2.5");
  EXPECT_EQ(dataset.samples[1].where, "w.yaml:6:5");
  EXPECT_EQ(numClasses(dataset), 2);
  EXPECT_EQ(dataset.identity.size(), 3U);
  EXPECT_EQ(dataset.features.select, "nJet >= 6 && sum(Jet_pt > 30) >= 6");
  // The order of the file: a define may use those before it.
  ASSERT_EQ(dataset.features.defines.size(), 2U);
  EXPECT_EQ(dataset.features.defines[0], (feature::Define{"zeta", "log(ht)"}));
  EXPECT_EQ(dataset.features.scalars, (std::vector<std::string>{"zeta", "met", "mbb*"}));
  ASSERT_EQ(dataset.features.groups.size(), 1U);
  EXPECT_EQ(dataset.features.groups[0], (feature::JaggedGroup{"jets", {"Jet_pt", "Jet_eta"}, 8}));
  EXPECT_EQ(dataset.split.train, 0.7);
  EXPECT_EQ(dataset.split.seed, 7U);
  EXPECT_EQ(dataset.memoryBytes, size_t{512} << 20);
  EXPECT_EQ(workflow.model.kind, "mlp");
  EXPECT_EQ(workflow.model.options.dump(), R"({"layers":[128,64],"dropout":0.1})");
  EXPECT_EQ(workflow.training.dump(), R"({"epochs":20,"optimizer":{"kind":"adam","lr":0.001}})");
  EXPECT_EQ(workflow.where("model.dropout"), "w.yaml:18:48");
  EXPECT_EQ(workflow.where("training.optimizer.lrr"), workflow.where("training.optimizer"));
}

TEST(Workflow, FillsDefaults) {
  const auto workflow = parseWorkflow(R"({"name": "a", "dataset": {"samples": {
      "s": {"label": 1, "files": "s.root"}, "b": {"label": 0, "files": "b.root"}},
      "identity": "event", "features": {"scalars": "x"}}, "model": {"kind": "trees"}})",
                                      "w.json", {})
                            .value();
  EXPECT_EQ(workflow.output, "models/a");
  EXPECT_TRUE(workflow.dataset.tree.empty());
  EXPECT_TRUE(workflow.dataset.samples[0].weight.empty());
  EXPECT_EQ(workflow.dataset.split.train, 0.64);
  EXPECT_EQ(workflow.dataset.memoryBytes, size_t{1} << 30);
  EXPECT_TRUE(workflow.training.is_object());
}

TEST(Workflow, CanonicalTextParsesToItself) {
  const auto workflow = parseWorkflow(kWorkflow, "w.yaml", {}).value();
  const auto again = parseWorkflow(workflow.text, "bundle", {}).value();
  EXPECT_EQ(again.text, workflow.text);
  EXPECT_EQ(again.dataset.features, workflow.dataset.features);
  EXPECT_EQ(again.model.options, workflow.model.options);
}

TEST(Workflow, RefusesUnknownKeysWithTheNearest) {
  EXPECT_EQ(messageOf(replaced("training:", "trainig:")),
            "w.yaml:19:1: unknown key 'trainig'; did you mean 'training'?");
  EXPECT_EQ(messageOf(replaced("  identity:", "  identiti:")),
            "w.yaml:8:3: dataset: unknown key 'identiti'; did you mean 'identity'?");
  EXPECT_NE(messageOf(replaced("weight: 2.5", "wieght: 2.5")).find("w.yaml:7:"), std::string::npos);
  EXPECT_NE(messageOf(replaced("length: 8", "lenght: 8")).find("did you mean 'length'"), std::string::npos);
  EXPECT_NE(messageOf(replaced("kind: mlp", "kind: mlpp"))
                .find("w.yaml:18:15: model.kind: unknown kind 'mlpp'; did you mean 'mlp'"),
            std::string::npos);
}

TEST(Workflow, ReadsTreesAndFriendsOfASample) {
  const auto workflow =
      parseWorkflow(replaced("files: c.root", R"(tree: dir/T, files: [c.root, {file: d.bin, tree: D}, "e.root:E"],
                  friends: [{files: s_*.root, tree: S, alias: s, index: [run, event], missing: -999},
                            {files: "t.root:T", index: none}, {files: u.root, missing: nan}])"),
                    "w.yaml", {});
  ASSERT_TRUE(workflow.ok()) << workflow.error().what();
  const auto again = parseWorkflow(workflow->text, "again", {}).value();
  EXPECT_EQ(again.text, workflow->text);
  for (const Sample& sample : {workflow->dataset.samples[1], again.dataset.samples[1]}) {
    EXPECT_EQ(sample.tree, "dir/T");
    EXPECT_EQ(sample.files, (std::vector<std::string>{"c.root", "d.bin?#D", "e.root:E"}));
    ASSERT_EQ(sample.friends.size(), 3U);
    const auto& indexed = sample.friends[0].options;
    EXPECT_EQ(indexed.files, (std::vector<std::string>{"s_*.root"}));
    EXPECT_EQ(indexed.tree, "S");
    EXPECT_EQ(indexed.alias, "s");
    EXPECT_EQ(indexed.index, (std::vector<std::string>{"run", "event"}));
    EXPECT_EQ(indexed.missing, -999);
    EXPECT_EQ(sample.friends[1].options.index, std::vector<std::string>{});
    EXPECT_FALSE(sample.friends[2].options.index);
    EXPECT_TRUE(std::isnan(*sample.friends[2].options.missing));
  }
}

TEST(Workflow, RefusesWrongFilesAndFriends) {
  const auto message = [](const std::string& text) { return messageOf(replaced("files: c.root", text)); };
  const auto expectWords = [&](const std::string& text, const std::string& words) {
    EXPECT_NE(message(text).find(words), std::string::npos) << message(text);
    EXPECT_TRUE(message(text).starts_with("w.yaml:")) << message(text);
  };
  expectWords("files: 'c.root:'", "names no tree");
  expectWords("files: [{file: c.root}]", "tree is missing");
  expectWords("files: [{file: 'c.root:A', tree: B}]", "names tree 'A' already");
  expectWords("files: c.root, friends: {tree: T}", "dataset.samples.ttbar.friends.files is missing");
  expectWords("files: c.root, friends: [{files: s.root, alia: s}]", "unknown key 'alia'; did you mean 'alias'");
  expectWords("files: c.root, friends: {files: s.root, alias: 's.t'}", "'s.t' cannot name a friend");
  expectWords("files: c.root, friends: {files: s.root, index: [a, b, c]}", "one or two columns");
  expectWords("files: c.root, friends: {files: s.root, index: run, missing: much}", "'much'");
  expectWords("files: c.root, friends: {files: s.root, index: none, missing: 0}", "an entry for each");
  expectWords("files: c.root, friends: s.root", "expected a map");
}

TEST(Workflow, RefusesMissingAndWrongValues) {
  EXPECT_EQ(messageOf(replaced("label: 1, ", "")),
            "w.yaml:5:10: dataset.samples.ttH.label is missing; docs/workflow.md lists the keys");
  EXPECT_EQ(messageOf(replaced("label: 1", "label: one")),
            "w.yaml:5:18: dataset.samples.ttH.label: expected an integer from 0 to 999, found 'one'; where it is an "
            "expression that gives the label of each event, dataset.classes must name the classes");
  EXPECT_NE(messageOf(replaced("label: 1", "label: -1")).find("from 0 to 999"), std::string::npos);
  EXPECT_NE(messageOf(replaced("label: 1", "label: 2")).find("no sample has the label 1"), std::string::npos);
  EXPECT_NE(messageOf(replaced("label: 1", "label: 0")).find("at least two labels"), std::string::npos);
  EXPECT_NE(messageOf(replaced("length: 8", "length: 0")).find("an integer from 1 to"), std::string::npos);
  EXPECT_NE(messageOf(replaced("length: 8", "length: 8.5")).find("found '8.5'"), std::string::npos);
  EXPECT_NE(messageOf(replaced("files: c.root", "files: []")).find("at least one file"), std::string::npos);
  EXPECT_NE(messageOf(replaced("files: c.root", "files: {a: b}")).find("unknown key 'a'"), std::string::npos);
  EXPECT_NE(messageOf(replaced("files: c.root", "files: [[c.root]]")).find("expected a text or a map"),
            std::string::npos);
  EXPECT_NE(messageOf(replaced("[zeta, met,", "[zeta, zeta,")).find("'zeta' is listed twice"), std::string::npos);
  EXPECT_NE(messageOf(replaced("  tree: Events", "  tree: [Events]")).find("expected a text, found a list"),
            std::string::npos);
  EXPECT_NE(messageOf(replaced("memory: 512 MiB", "memory: much")).find("w.yaml:17:11: dataset.memory"),
            std::string::npos);
  EXPECT_NE(messageOf(replaced("name: tth", "name: ../tth")).find("letters, digits"), std::string::npos);
  EXPECT_NE(messageOf("").find("expected a map"), std::string::npos);
  EXPECT_NE(messageOf("[]").find("expected a map"), std::string::npos);
}

TEST(Workflow, ReadsWhatToDoWithDamage) {
  const auto read = [](const std::string& line) {
    return parseWorkflow(replaced("memory: 512 MiB", line), "w.yaml", {});
  };
  EXPECT_EQ(read("damaged: stop").value().dataset.damaged.mostSkipped, 0);
  const auto workflow = read("damaged: {skip: 0.01}").value();
  EXPECT_EQ(workflow.dataset.damaged.mostSkipped, 0.01);
  EXPECT_EQ(parseWorkflow(workflow.text, "again", {}).value().dataset.damaged.mostSkipped, 0.01);
  for (const char* wrong :
       {"damaged: go on", "damaged: {skip: 0}", "damaged: {skip: 1}", "damaged: {}", "damaged: {skp: 0.1}"}) {
    EXPECT_FALSE(read(wrong).ok()) << wrong;
  }
}

TEST(Workflow, ParsesExpressionsAtTheirPlace) {
  const std::string select = messageOf(replaced("select: nJet >= 6 && sum(Jet_pt > 30) >= 6", "select: nJet >= >= 6"));
  EXPECT_EQ(select.find("w.yaml:9:11: dataset.select: "), 0U) << select;
  const std::string define = messageOf(replaced("zeta: log(ht)", "zeta: log(ht"));
  EXPECT_EQ(define.find("w.yaml:11:11: dataset.define.zeta: "), 0U) << define;
  const std::string weight = messageOf(replaced("weight: 2.5", "weight: 2.5 x"));
  EXPECT_EQ(weight.find("w.yaml:7:"), 0U) << weight;
}

TEST(Workflow, RefusesIdentityAsFeature) {
  EXPECT_NE(messageOf(replaced("[zeta, met,", "[zeta, event,")).find("'event' is an identity column"),
            std::string::npos);
}

TEST(Workflow, ChecksTheSplit) {
  const std::string given = "{train: 0.7, validation: 0.1, test: 0.2, seed: 7}";
  EXPECT_NE(messageOf(replaced(given, "{train: 0.7, test: 0.2}")).find("must be 1, found 0.9"), std::string::npos);
  EXPECT_NE(messageOf(replaced(given, "{train: 0, test: 1}")).find("must be above 0"), std::string::npos);
  EXPECT_NE(messageOf(replaced(given, "{train: 1.2, test: -0.2}")).find("between 0 and 1"), std::string::npos);
  const auto workflow = parseWorkflow(replaced(given, "{train: 0.8, test: 0.2}"), "w", {}).value();
  EXPECT_EQ(workflow.dataset.split.validation, 0.0);
}

TEST(Workflow, AppliesSettings) {
  const auto workflow = parseWorkflow(kWorkflow, "w.yaml",
                                      {"model.layers=[8, 8]", "training.optimizer.lr=0.5", "training.new.deep=x",
                                       "dataset.samples.ttH.files.1=e.root", "dataset.select=ht > 10", "name=other"})
                            .value();
  EXPECT_EQ(workflow.name, "other");
  EXPECT_EQ(workflow.model.options["layers"].dump(), "[8,8]");
  EXPECT_EQ(workflow.training["optimizer"].dump(), R"({"kind":"adam","lr":0.5})");
  EXPECT_EQ(workflow.training["new"]["deep"], "x");
  EXPECT_EQ(workflow.dataset.samples[0].files[1], "e.root");
  EXPECT_EQ(workflow.dataset.features.select, "ht > 10");
  EXPECT_EQ(workflow.where("training.optimizer.lr"), "--set training.optimizer.lr=0.5");
}

TEST(Workflow, RefusesWrongSettings) {
  EXPECT_NE(messageOf(kWorkflow, {"name"}).find("--set name: expected KEY.KEY=VALUE"), std::string::npos);
  EXPECT_NE(messageOf(kWorkflow, {"model.\xFF=1"}).find("not UTF-8"), std::string::npos);
  EXPECT_NE(messageOf(kWorkflow, {"a..b=1"}).find("no empty key"), std::string::npos);
  EXPECT_NE(messageOf(kWorkflow, {"name.x=1"}).find("a value that is no map"), std::string::npos);
  EXPECT_NE(messageOf(kWorkflow, {"model.layers.7=1"}).find("a position from 0 to 2"), std::string::npos);
  EXPECT_NE(messageOf(kWorkflow, {"trainig.epochs=1"}).find("did you mean 'training'"), std::string::npos);
  EXPECT_NE(messageOf(kWorkflow, {"dataset.split.seed=x"}).find("--set dataset.split.seed=x: dataset.split.seed"),
            std::string::npos);
  EXPECT_NE(messageOf(kWorkflow, {"dataset.select=[1"}).find("--set dataset.select=[1: not valid YAML"),
            std::string::npos);
}

TEST(Workflow, SaysWhichFileIsMissing) {
  const auto result = readWorkflow("/nonexistent/w.yaml", {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(std::string(result.error().what()).find("/nonexistent/w.yaml"), std::string::npos);
}

// The example of the documentation is a workflow.
TEST(Workflow, DocumentedExampleIsValid) {
  std::ifstream file(std::string(MLAAS_SOURCE_DIR) + "/docs/workflow.md");
  ASSERT_TRUE(file) << "docs/workflow.md";
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const std::string open = "```yaml\n";
  const size_t begin = text.find(open);
  ASSERT_NE(begin, std::string::npos);
  const size_t end = text.find("```\n", begin + open.size());
  ASSERT_NE(end, std::string::npos);
  const auto workflow =
      parseWorkflow(text.substr(begin + open.size(), end - begin - open.size()), "docs/workflow.md", {});
  ASSERT_TRUE(workflow.ok()) << workflow.error().what();
  EXPECT_EQ(workflow->dataset.features.groups.size(), 1U);
}

}  // namespace
}  // namespace mlaas::dataset
