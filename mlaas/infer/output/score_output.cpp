#include "mlaas/infer/output/score_output.h"

#include <filesystem>

#include "mlaas/root/writer/tree_writer.h"
#include "mlaas/table/writer/csv_writer.h"
#include "mlaas/table/writer/npy_writer.h"

namespace mlaas::infer {

namespace {

constexpr const char* kSelected = "selected";

std::vector<root::OutputColumn> treeColumns(const ScoreLayout& layout) {
  std::vector<root::OutputColumn> columns;
  for (auto& [name, type] : columnsOf(layout)) columns.push_back({name, type});
  return columns;
}

class RootOutput : public ScoreOutput {
 public:
  explicit RootOutput(root::TreeWriter writer) : writer_(std::move(writer)) {}
  Result<void> write(const ScoreBlock& block) override { return writer_.append(columnsOf(block)); }
  Result<void> close() override { return writer_.close(); }

 private:
  root::TreeWriter writer_;
};

class CsvOutput : public ScoreOutput {
 public:
  explicit CsvOutput(table::CsvWriter writer) : writer_(std::move(writer)) {}
  Result<void> write(const ScoreBlock& block) override { return writer_.append(columnsOf(block)); }
  Result<void> close() override { return writer_.close(); }

 private:
  table::CsvWriter writer_;
};

// The scores in one array [rows] or [rows, outputs], the other columns each in an array beside it.
class NpyOutput : public ScoreOutput {
 public:
  NpyOutput(table::NpyWriter scores, std::vector<table::NpyWriter> others)
      : scores_(std::move(scores)), others_(std::move(others)) {}

  Result<void> write(const ScoreBlock& block) override {
    MLAAS_CHECK(scores_.append(std::span<const float>(interleaved(block.scores))));
    for (size_t i = 0; i < block.identity.size(); ++i)
      MLAAS_CHECK(others_[i].append(block.identity[i].values->bytes()));
    return others_.back().append(block.selected.values->bytes());
  }

  Result<void> close() override {
    for (auto& other : others_) MLAAS_CHECK(other.close());
    return scores_.close();
  }

 private:
  static std::vector<float> interleaved(const std::vector<Column>& scores) {
    auto numRows = static_cast<size_t>(scores.empty() ? 0 : scores[0].length);
    std::vector<float> values(numRows * scores.size());
    for (size_t i = 0; i < scores.size(); ++i)
      for (size_t row = 0; row < numRows; ++row) values[row * scores.size() + i] = scores[i].valuesAs<float>()[row];
    return values;
  }

  table::NpyWriter scores_;
  std::vector<table::NpyWriter> others_;  // identity, then selected
};

// "scores.npy" and "run" to "scores.run.npy".
std::string besideName(const std::string& path, std::string column) {
  for (char& c : column)
    if (c == '/') c = '.';
  return path.substr(0, path.size() - std::string(".npy").size()) + "." + column + ".npy";
}

Result<std::unique_ptr<ScoreOutput>> makeNpyOutput(const std::string& path, const ScoreLayout& layout) {
  std::vector<table::NpyWriter> others;
  for (size_t i = 0; i < layout.identity.size(); ++i) {
    MLAAS_TRY(auto writer,
              table::NpyWriter::create(besideName(path, layout.identity[i]), layout.identityTypes[i].dtype));
    others.push_back(std::move(writer));
  }
  MLAAS_TRY(auto selected, table::NpyWriter::create(besideName(path, kSelected), DType::kBool));
  others.push_back(std::move(selected));
  std::vector<uint32_t> shape;
  if (layout.outputs.size() > 1) shape.push_back(static_cast<uint32_t>(layout.outputs.size()));
  MLAAS_TRY(auto scores, table::NpyWriter::create(path, DType::kFloat32, shape));
  return std::unique_ptr<ScoreOutput>(std::make_unique<NpyOutput>(std::move(scores), std::move(others)));
}

}  // namespace

std::vector<std::pair<std::string, ColumnType>> columnsOf(const ScoreLayout& layout) {
  std::vector<std::pair<std::string, ColumnType>> columns;
  for (size_t i = 0; i < layout.identity.size(); ++i) {
    columns.emplace_back(layout.identity[i], layout.identityTypes[i]);
  }
  for (const std::string& output : layout.outputs)
    columns.emplace_back(output, ColumnType{DType::kFloat32, 0, {}, false});
  columns.emplace_back(kSelected, ColumnType{DType::kBool, 0, {}, false});
  return columns;
}

std::vector<Column> columnsOf(const ScoreBlock& block) {
  std::vector<Column> columns = block.identity;
  columns.insert(columns.end(), block.scores.begin(), block.scores.end());
  columns.push_back(block.selected);
  return columns;
}

Result<ScoreLayout> scoreLayout(const model::Bundle& bundle, const table::Table& table, std::string treeName) {
  ScoreLayout layout{std::move(treeName), "scores of model " + bundle.name, bundle.identity, {}, bundle.outputs};
  for (const std::string& name : bundle.identity) {
    MLAAS_TRY(const size_t column, table.findColumn(name));
    layout.identityTypes.push_back(table.columns()[column].type);
  }
  return layout;
}

std::string recordedTree(const model::Bundle& bundle) {
  static const nlohmann::ordered_json::json_pointer kTree("/workflow/dataset/tree");
  const auto& provenance = bundle.provenance;
  return provenance.contains(kTree) && provenance[kTree].is_string() ? provenance[kTree].get<std::string>() : "";
}

bool isScoreFileName(const std::string& path) {
  return path.ends_with(".root") || path.ends_with(".npy") || path.ends_with(".csv");
}

Result<std::unique_ptr<ScoreOutput>> makeScoreOutput(const std::string& path, const ScoreLayout& layout) {
  if (path.ends_with(".npy")) return makeNpyOutput(path, layout);
  if (path.ends_with(".csv")) {
    std::vector<std::string> names;
    for (const auto& column : treeColumns(layout)) names.push_back(column.name);
    MLAAS_TRY(auto writer, table::CsvWriter::create(path, names));
    return std::unique_ptr<ScoreOutput>(std::make_unique<CsvOutput>(std::move(writer)));
  }
  if (path.ends_with(".root")) {
    root::TableWriterOptions options;
    options.title = layout.title;
    MLAAS_TRY(auto writer, root::TreeWriter::create(path, layout.treeName, treeColumns(layout), options));
    return std::unique_ptr<ScoreOutput>(std::make_unique<RootOutput>(std::move(writer)));
  }
  return Error(ErrorCode::kInvalidArgument,
               "output '" + path + "': expected a name that ends in .root, .npy or .csv, or a folder");
}

}  // namespace mlaas::infer
