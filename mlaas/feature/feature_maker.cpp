#include "mlaas/feature/feature_maker.h"

#include <numeric>
#include <optional>

#include "mlaas/feature/feature_plan.h"
#include "mlaas/feature/padding.h"
#include "mlaas/table/named_columns.h"
#include "mlaas/table/row_filter.h"

namespace mlaas::feature {

namespace {

// Of one event in a group that has no length.
constexpr int64_t kMostElements = int64_t{1} << 24;

// Gives the columns of some slots, all rows.
using Source = std::function<Result<std::vector<Column>>(const std::vector<size_t>&)>;

// One run of a plan over one range of entries.
class Run {
 public:
  Run(const FeaturePlan& plan, const Source& source, int64_t firstEntry, int64_t numRows, GroupForm form)
      : plan_(plan), source_(source), firstEntry_(firstEntry), numRows_(numRows), form_(form), slots_(plan.numSlots) {}

  Result<FeatureBlock> run() {
    MLAAS_CHECK(select());
    FeatureBlock block;
    block.entries.resize(rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) block.entries[i] = firstEntry_ + rows_[i];
    if (rows_.empty()) {
      fillEmpty(block);
      return block;
    }
    MLAAS_CHECK(read(plan_.featureInputs));
    takeSurvivors();
    const table::EntryNumbers numbers{0, block.entries};
    for (const Step& step : plan_.featureSteps) MLAAS_CHECK(evaluate(step, block.entries.size(), numbers));
    MLAAS_CHECK(fill(block));
    return block;
  }

 private:
  struct Slot {
    Column column;
    bool hasSurvivorsOnly = false;  // else a row for each entry of the range
  };

  bool allSurvive() const { return rows_.size() == static_cast<size_t>(numRows_); }

  Result<void> read(const std::vector<size_t>& slots) {
    if (slots.empty()) return {};
    MLAAS_TRY(std::vector<Column> columns, source_(slots));
    for (size_t i = 0; i < slots.size(); ++i) {
      const table::NamedType& input = plan_.inputs[slots[i]];
      if (columns[i].type != input.type) {
        return Error(ErrorCode::kInvalidArgument, "column '" + input.name + "' is of type " + columns[i].type.name() +
                                                      ", expected " + input.type.name() +
                                                      ": all files must have the same types");
      }
      if (columns[i].length != numRows_) {
        return Error(ErrorCode::kInvalidArgument, "column '" + input.name + "' has " +
                                                      std::to_string(columns[i].length) + " rows, expected " +
                                                      std::to_string(numRows_));
      }
      slots_[slots[i]].column = std::move(columns[i]);
    }
    return {};
  }

  Result<void> evaluate(const Step& step, size_t numRows, const table::EntryNumbers& numbers) {
    std::vector<Column> inputs;
    for (size_t slot : step.inputs) inputs.push_back(slots_[slot].column);
    auto column = step.expression.evaluate(inputs, static_cast<int64_t>(numRows), numbers);
    if (!column.ok() && step.place.empty()) return std::move(column).error();
    if (!column.ok()) return std::move(column).error().within(step.place);
    slots_[step.output] = {*std::move(column), selected_};
    return {};
  }

  // Finds the surviving rows.
  Result<void> select() {
    MLAAS_CHECK(read(plan_.selectionInputs));
    for (const Step& step : plan_.selectionSteps) {
      MLAAS_CHECK(evaluate(step, static_cast<size_t>(numRows_), {firstEntry_, {}}));
    }
    rows_.resize(static_cast<size_t>(numRows_));
    selected_ = true;
    if (!plan_.hasSelection) {
      std::iota(rows_.begin(), rows_.end(), 0);
      return {};
    }
    const Column& keep = slots_[plan_.selectionSteps.back().output].column;
    const auto* kept = keep.values->as<uint8_t>().data();
    size_t count = 0;
    for (int64_t row = 0; row < numRows_; ++row) {
      rows_[count] = row;
      count += kept[row] != 0 ? 1 : 0;
    }
    rows_.resize(count);
    return {};
  }

  void takeSurvivors() {
    if (allSurvive()) return;
    for (size_t slot : plan_.rowsTaken) {
      slots_[slot] = {table::takeRows(slots_[slot].column, rows_), true};
    }
  }

  RowsOf survivors(size_t slot) const {
    const bool asItIs = slots_[slot].hasSurvivorsOnly || allSurvive();
    return {&slots_[slot].column, asItIs ? nullptr : rows_.data()};
  }

  void fillEmpty(FeatureBlock& block) const {
    block.tensors.numScalars = static_cast<int64_t>(plan_.scalars.size());
    for (const JaggedGroup& group : plan_.spec.groups) {
      block.tensors.groups.push_back({group.length, static_cast<int64_t>(group.columns.size()), {}, {}});
    }
    for (size_t slot : plan_.extras) {
      for (const Step& step : plan_.featureSteps) {
        if (step.output == slot) {
          block.extras.push_back({step.expression.type(), 0, {}, std::make_shared<const Buffer>()});
        }
      }
    }
  }

  Result<void> fill(FeatureBlock& block) const {
    Tensors& tensors = block.tensors;
    tensors.rows = static_cast<int64_t>(rows_.size());
    tensors.numScalars = static_cast<int64_t>(plan_.scalars.size());
    std::vector<RowsOf> columns;
    for (size_t slot : plan_.scalars) columns.push_back(survivors(slot));
    fillScalars(columns, tensors);
    for (size_t g = 0; g < plan_.groups.size(); ++g) {
      const JaggedGroup& spec = plan_.spec.groups[g];
      columns.clear();
      for (size_t slot : plan_.groups[g]) columns.push_back(survivors(slot));
      MLAAS_CHECK(checkCounts(spec, columns, block.entries));
      GroupTensor& group = tensors.groups.emplace_back();
      group.length = spec.length;
      group.numColumns = static_cast<int64_t>(columns.size());
      fillGroup(columns, tensors.rows, form_ == GroupForm::kRagged || spec.isRagged(), group);
    }
    for (size_t slot : plan_.extras) block.extras.push_back(slots_[slot].column);
    return {};
  }

  static Result<void> checkCounts(const JaggedGroup& group, const std::vector<RowsOf>& columns,
                                  const std::vector<int64_t>& entries) {
    for (size_t k = 1; k < columns.size(); ++k) {
      const auto numRows = static_cast<int64_t>(entries.size());
      const int64_t row = findCountMismatch(columns.front(), columns[k], numRows);
      if (row < 0) continue;
      return Error(ErrorCode::kInvalidArgument,
                   "in entry " + std::to_string(entries[static_cast<size_t>(row)]) + " '" + group.columns.front() +
                       "' has " + std::to_string(countOf(columns.front(), row)) + " elements, but '" +
                       group.columns[k] + "' has " + std::to_string(countOf(columns[k], row)) +
                       "; the columns of a group belong to the same objects")
          .within("group " + group.name);
    }
    for (size_t row = 0; row < entries.size() && group.isRagged(); ++row) {
      const int64_t count = countOf(columns.front(), static_cast<int64_t>(row));
      if (count <= kMostElements) continue;
      return Error(ErrorCode::kOverloaded, "entry " + std::to_string(entries[row]) + " has " + std::to_string(count) +
                                               " elements, more than the " + std::to_string(kMostElements) +
                                               " of an event that is kept whole; give the group a length")
          .within("group " + group.name);
    }
    return {};
  }

  const FeaturePlan& plan_;
  const Source& source_;
  const int64_t firstEntry_;
  const int64_t numRows_;
  const GroupForm form_;
  std::vector<Slot> slots_;
  std::vector<int64_t> rows_;  // that survive, ascending, from 0
  bool selected_ = false;      // rows_ is known
};

}  // namespace

Result<FeatureMaker> FeatureMaker::make(FeatureSpec spec, const table::Table& table,
                                        const std::vector<std::string>& extras, bool applySelection) {
  const table::NamedColumns names = table::nameColumns(table);
  MLAAS_TRY(FeaturePlan plan, makePlan(std::move(spec), names.readable, names.unreadable, extras, applySelection));
  return FeatureMaker(std::make_shared<const FeaturePlan>(std::move(plan)));
}

Result<FeatureMaker> FeatureMaker::make(FeatureSpec spec, std::span<const table::NamedType> columns,
                                        const std::vector<std::string>& extras, bool applySelection) {
  MLAAS_TRY(FeaturePlan plan, makePlan(std::move(spec), columns, {}, extras, applySelection));
  return FeatureMaker(std::make_shared<const FeaturePlan>(std::move(plan)));
}

const FeatureSpec& FeatureMaker::spec() const { return plan_->spec; }
const std::vector<table::NamedType>& FeatureMaker::inputs() const { return plan_->inputs; }

Result<FeatureBlock> FeatureMaker::process(const table::Table& table, table::EntryRange range, GroupForm form) const {
  const Source source = [&](const std::vector<size_t>& slots) -> Result<std::vector<Column>> {
    std::vector<size_t> indices;
    for (size_t slot : slots) {
      MLAAS_TRY(const size_t index, table.findColumn(plan_->inputs[slot].name));
      indices.push_back(index);
    }
    return table.read(range, indices);
  };
  auto block = Run(*plan_, source, range.first, range.size(), form).run();
  // The table's own errors name it already.
  if (!block.ok() && block.error().code() == ErrorCode::kInvalidArgument) {
    return std::move(block).error().within(table.name()).within(table.url());
  }
  return block;
}

Result<FeatureBlock> FeatureMaker::process(const std::function<Result<Column>(const std::string&)>& lookup,
                                           int64_t numRows) const {
  const Source source = [&](const std::vector<size_t>& slots) -> Result<std::vector<Column>> {
    std::vector<Column> columns;
    for (size_t slot : slots) {
      MLAAS_TRY(Column column, lookup(plan_->inputs[slot].name));
      columns.push_back(std::move(column));
    }
    return columns;
  };
  return Run(*plan_, source, 0, numRows, GroupForm::kPadded).run();
}

}  // namespace mlaas::feature
