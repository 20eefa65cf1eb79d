// Every parameter of XGBoost 1.7 by its own name, as its documentation lists them (doc/parameter.rst: general, tree
// booster, hist and approx, dart, objectives): accepted, and found again in the library's own configuration.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "mlaas/train/trees/column_options.h"
#include "mlaas/train/trees/trees_options.h"
#include "mlaas/train/trees/trees_trainer.h"
#include "mlaas/train/trees/xgboost_library.h"
#include "tests/unit/train/trainer_fixture.h"

namespace mlaas::train {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kColumns = {"ht", "met", "jets_pt[0]", "jets_pt[1]"};

class Rows final : public TreeSource {
 public:
  explicit Rows(float other) : other_(other) {}
  void reset() override { given_ = false; }
  Result<bool> next(TreeBatch& batch) override {
    if (std::exchange(given_, true)) return false;
    constexpr size_t kRows = 64;
    batch.values.resize(kRows * kColumns.size());
    std::iota(batch.values.begin(), batch.values.end(), 0.0F);
    batch.label.resize(kRows);
    for (size_t row = 0; row < kRows; ++row) batch.label[row] = row % 3 == 0 ? 1.0F : other_;
    batch.weight.assign(kRows, 1.0F);
    return true;
  }

 private:
  bool given_ = false;
  float other_;  // label beside 1
};

Result<TreesOptions> read(const Json& model, const ClassTable& classes) {
  return readTreesOptions(testing::workflowOf({}, model, {}), classes);
}

const ClassTable kTwoClasses{{"background", "signal"}};
const ClassTable kOneTarget{{"all"}, {"mass"}};

// The configuration after one round, every value as text.
Result<Json> configurationOf(const Json& model, const ClassTable& classes) {
  MLAAS_TRY(const TreesOptions options, read(model, classes));
  TreeParameters parameters = options.parameters;
  MLAAS_TRY(const TreeParameters ofColumns, options.columns.parameters(kColumns));
  parameters.insert(parameters.end(), ofColumns.begin(), ofColumns.end());
  Rows rows(classes.predictsTargets() ? 0.5F : 0.0F);
  MLAAS_TRY(const TreeMatrix matrix, TreeMatrix::quantise(rows, kColumns, options.maxBin, 1, nullptr));
  MLAAS_TRY(Booster booster, Booster::make({&matrix}, parameters));
  MLAAS_CHECK(booster.boost(0, matrix));
  MLAAS_TRY(const std::string text, booster.configuration());
  return Json::parse(text);
}

// All values of `name` in the configuration, whatever object they stand in.
void collect(const Json& json, const std::string& name, std::vector<std::string>& found) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_structured()) collect(value, name, found);
    if (key == name && value.is_string()) found.push_back(value.get<std::string>());
  }
}

bool isSame(const std::string& found, const std::string& expected) {
  if (found == expected) return true;
  char* end = nullptr;
  const double number = std::strtod(expected.c_str(), &end);
  if (expected.empty() || *end != '\0') return false;
  return std::abs(std::strtod(found.c_str(), nullptr) - number) < 1e-6 * std::max(1.0, std::abs(number));
}

struct Parameter {
  std::string name;
  Json value;
  std::string inConfiguration;  // as XGBoost writes it
  Json with = Json::object();   // options that it needs
  bool ofTarget = false;
};

// NOLINTNEXTLINE(readability-identifier-naming): the name that GoogleTest looks for
void PrintTo(const Parameter& parameter, std::ostream* out) { *out << parameter.name; }

const Json kDart = {{"booster", "dart"}};
const Json kLossguide = {{"grow_policy", "lossguide"}};

// None is the default, so that a value that gets lost is seen.
const std::vector<Parameter> kParameters = {
    {"booster", "dart", "dart"},
    {"disable_default_eval_metric", true, "1"},
    {"base_score", 0.3, "0.3"},
    {"eta", 0.25, "0.25"},
    {"learning_rate", 0.2, "0.2"},
    {"gamma", 0.5, "0.5"},
    {"min_split_loss", 0.4, "0.4"},
    {"max_depth", 3, "3"},
    {"min_child_weight", 2.5, "2.5"},
    {"max_delta_step", 0.75, "0.75"},
    {"subsample", 0.5, "0.5"},
    {"sampling_method", "gradient_based", "gradient_based"},
    {"colsample_bytree", 0.6, "0.6"},
    {"colsample_bylevel", 0.7, "0.7"},
    {"colsample_bynode", 0.8, "0.8"},
    {"lambda", 2, "2"},
    {"reg_lambda", 3, "3"},
    {"alpha", 0.1, "0.1"},
    {"reg_alpha", 0.2, "0.2"},
    {"scale_pos_weight", 4, "4"},
    {"refresh_leaf", false, "0"},
    {"grow_policy", "lossguide", "lossguide"},
    {"max_leaves", 7, "7", kLossguide},
    {"max_depth", 0, "0", kLossguide},
    {"max_bin", 32, "32"},
    {"predictor", "cpu_predictor", "cpu_predictor"},
    {"num_parallel_tree", 2, "2"},
    {"max_cat_to_onehot", 8, "8"},
    {"max_cat_threshold", 16, "16"},
    {"monotone_constraints", Json::array({1, 0, -1, 0}), "(1,0,-1,0)"},
    {"monotone_constraints", {{"met", 1}, {"jets_pt", -1}}, "(0,1,-1,-1)"},
    {"monotone_constraints", {{"jets_pt[1]", 1}}, "(0,0,0,1)"},
    {"interaction_constraints", Json::array({Json::array({0, 1}), Json::array({2, 3})}), "[[0,1],[2,3]]"},
    {"interaction_constraints", Json::array({Json::array({"ht", "jets_pt"}), Json::array({"met"})}), "[[0,2,3],[1]]"},
    {"sample_type", "weighted", "weighted", kDart},
    {"normalize_type", "forest", "forest", kDart},
    {"rate_drop", 0.3, "0.3", kDart},
    {"one_drop", true, "1", kDart},
    {"skip_drop", 0.4, "0.4", kDart},
    {"objective", "binary:logistic", "binary:logistic"},
    {"objective", "reg:squarederror", "reg:squarederror", {}, true},
    {"objective", "reg:squaredlogerror", "reg:squaredlogerror", {}, true},
    {"objective", "reg:logistic", "reg:logistic", {}, true},
    {"objective", "reg:pseudohubererror", "reg:pseudohubererror", {}, true},
    {"objective", "reg:absoluteerror", "reg:absoluteerror", {}, true},
    {"objective", "reg:gamma", "reg:gamma", {{"base_score", 1.5}}, true},
    {"objective", "reg:tweedie", "reg:tweedie", {}, true},
    {"objective", "count:poisson", "count:poisson", {}, true},
    {"huber_slope", 2.5, "2.5", {{"objective", "reg:pseudohubererror"}}, true},
    {"tweedie_variance_power", 1.25, "1.25", {{"objective", "reg:tweedie"}}, true},
};

class EveryParameter : public ::testing::TestWithParam<Parameter> {};

TEST_P(EveryParameter, IsFoundInTheConfiguration) {
  const Parameter& parameter = GetParam();
  Json model = parameter.with;
  model[parameter.name] = parameter.value;
  const auto configuration = configurationOf(model, parameter.ofTarget ? kOneTarget : kTwoClasses);
  ASSERT_TRUE(configuration.ok()) << configuration.error().what();
  std::vector<std::string> found;
  collect(*configuration, parameter.name, found);
  ASSERT_FALSE(found.empty()) << configuration->dump(1);
  bool any = false;
  for (const std::string& value : found) any = any || isSame(value, parameter.inConfiguration);
  EXPECT_TRUE(any) << found.front() << ", expected " << parameter.inConfiguration;
}

INSTANTIATE_TEST_SUITE_P(Xgboost, EveryParameter, ::testing::ValuesIn(kParameters));

TEST(TreeParameters, EveryMetricIsAccepted) {
  for (const char* metric : {"rmse", "rmsle", "mae", "mape", "mphe", "logloss", "error", "error@0.3", "auc", "aucpr",
                             "poisson-nloglik", "gamma-deviance", "tweedie-nloglik@1.5", "map", "ndcg@2"}) {
    const auto options = read({{"eval_metric", metric}}, kTwoClasses);
    EXPECT_TRUE(options.ok()) << metric << ": " << (options.ok() ? "" : options.error().what());
  }
  const ClassTable three{{"a", "b", "c"}};
  for (const char* metric : {"merror", "mlogloss", "auc"})
    EXPECT_TRUE(read({{"eval_metric", metric}}, three).ok()) << metric;
}

struct Wrong {
  Json model;
  std::string message;
  bool ofTarget = false;
};

TEST(TreeParameters, SayWhatIsWrong) {
  const std::vector<Wrong> wrong = {
      {{{"min_child_wieght", 1}}, "unknown option 'min_child_wieght'; did you mean 'min_child_weight'?"},
      {{{"rate_dorp", 0.1}, {"booster", "dart"}}, "did you mean 'rate_drop'?"},
      {{{"rate_drop", 0.1}}, "rate_drop: is a parameter of 'booster: dart' alone"},
      {{{"huber_slope", 1}}, "is a parameter of 'objective: reg:pseudohubererror' alone"},
      {{{"grow_policy", "sideways"}}, "sideways"},
      {{{"subsample", 2}}, "subsample"},
      {{{"tree_method", "exact"}}, "expected one of hist, approx"},
      {{{"tree_method", "approx"}, {"external_memory", "never"}}, "leave 'never' out"},
      {{{"updater", "refresh"}}, "model.tree_method says how trees grow"},
      {{{"objective", "rank:ndcg"}}, "not 'rank:ndcg': it orders the members of groups"},
      {{{"objective", "survival:cox"}}, "not 'survival:cox'"},
      {{{"objective", "binary:hinge"}}, "binary:logistic gives a probability"},
      {{{"objective", "reg:gamma"}}, "expected one of binary:logistic"},
      {{{"objective", "binary:logistic"}}, "expected one of reg:squarederror, reg:squaredlogerror", true},
      {{{"monotone_constraints", "up"}}, "expected a list of -1, 0 and 1"},
      {{{"monotone_constraints", {{"ht", 2}}}}, "expected a list of -1, 0 and 1"},
      {{{"interaction_constraints", Json::array({"ht"})}}, "expected a list of lists of features"},
      {{{"feature_weights", {{"ht", -1}}}}, "expected a list of numbers of at least 0"},
  };
  for (const Wrong& one : wrong) {
    const auto options = read(one.model, one.ofTarget ? kOneTarget : kTwoClasses);
    ASSERT_FALSE(options.ok()) << one.model;
    EXPECT_NE(std::string(options.error().what()).find(one.message), std::string::npos) << options.error().what();
  }
}

TEST(TreeParameters, NameFeaturesThatAreThere) {
  const auto problem = [](const Json& model) {
    const TreesOptions options = read(model, kTwoClasses).value();
    const auto parameters = options.columns.parameters(kColumns);
    if (!parameters.ok()) return std::string(parameters.error().what());
    const auto weights = options.columns.weights(kColumns);
    return weights.ok() ? std::string() : std::string(weights.error().what());
  };
  EXPECT_EQ(problem({{"monotone_constraints", {{"mett", 1}}}}),
            "model.monotone_constraints: there is no feature 'mett'; did you mean 'met'?");
  EXPECT_EQ(problem({{"interaction_constraints", Json::array({Json::array({"jet_pt"})})}}),
            "model.interaction_constraints: there is no feature 'jet_pt'; did you mean 'jets_pt'?");
  EXPECT_NE(problem({{"interaction_constraints", Json::array({Json::array({4})})}})
                .find("there is no column 4, the model has 4"),
            std::string::npos);
  EXPECT_NE(problem({{"feature_weights", Json::array({1, 2, 1, 2, 1})}}).find("5 values for 4 columns"),
            std::string::npos);
  const TreesOptions options = read({{"feature_weights", {{"jets_pt", 3}, {"ht", 0.5}}}}, kTwoClasses).value();
  EXPECT_EQ(options.columns.weights(kColumns).value(), (std::vector<float>{0.5F, 1, 3, 3}));
}

// A column that is never drawn splits no node; one that must only rise never falls.
TEST(TreeParameters, OfColumnsAreObeyed) {
  testing::TrainerFixture fixture(makeTreesTrainer);
  const Json model = {{"rounds", 20}, {"colsample_bynode", 0.3}, {"feature_weights", {{"ht", 0}, {"Jet_pt", 0}}}};
  const auto drawn = Json::parse(fixture.train(model, {}).value().model->serialise().value());
  size_t splits = 0;
  for (const auto& tree : drawn["learner"]["gradient_booster"]["model"]["trees"]) {
    for (size_t node = 0; node < tree["left_children"].size(); ++node) {
      if (tree["left_children"][node] == -1) continue;
      ++splits;
      // Columns: ht, met, then Jet_pt and Jet_eta in turn.
      const int column = tree["split_indices"][node];
      EXPECT_TRUE(column == 1 || (column > 1 && column % 2 == 1)) << column;
    }
  }
  EXPECT_GT(splits, 20U);
  EXPECT_NE(fixture.problem({{"monotone_constraints", {{"nothing", 1}}}}, {}).find("there is no feature 'nothing'"),
            std::string::npos);
}

TEST(TreeParameters, ApproxIsAnotherWayToGrow) {
  testing::TrainerFixture fixture(makeTreesTrainer);
  Json model = {{"rounds", 10}, {"max_depth", 3}, {"eta", 0.5}};
  auto hist = fixture.train(model, {}).value();
  model["tree_method"] = "approx";
  auto approx = fixture.train(model, {}).value();
  EXPECT_NE(approx.model->serialise().value(), hist.model->serialise().value());
  EXPECT_NEAR(fixture.auc(approx), fixture.auc(hist), 0.02);
}

}  // namespace
}  // namespace mlaas::train
