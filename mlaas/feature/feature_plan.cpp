#include "mlaas/feature/feature_plan.h"

#include <algorithm>
#include <set>

#include "mlaas/base/nearest_name.h"

namespace mlaas::feature {

namespace {

using table::Expression;
using table::NamedType;

// Values of one group in one row: beyond it a length is a mistake, and the tensors' sizes stay far from overflow.
constexpr int64_t kMaxGroupValues = int64_t{1} << 24;

class Planner {
 public:
  Planner(FeatureSpec spec, std::span<const NamedType> columns, const std::map<std::string, std::string>& unreadable)
      : columns_(columns), unreadable_(unreadable), names_(columns.begin(), columns.end()) {
    plan_.spec = std::move(spec);
  }

  Result<FeaturePlan> run(const std::vector<std::string>& extras, bool applySelection) {
    MLAAS_CHECK(compileDefines());
    MLAAS_CHECK(compileSelection());
    MLAAS_CHECK(compileExtras(extras));
    MLAAS_CHECK(checkScalars());
    MLAAS_CHECK(checkGroups());
    plan_.hasSelection = selection_.has_value() && applySelection;
    findNeeds();
    assignSlots();
    orderSteps();
    return std::move(plan_);
  }

 private:
  Result<Expression> compile(const std::string& text) const {
    MLAAS_TRY(const std::vector<std::string> used, table::namesUsed(text));
    for (const std::string& name : used) MLAAS_CHECK(checkReadable(name));
    return Expression::compile(text, names_);
  }

  Result<void> checkReadable(const std::string& name) const {
    const auto found = unreadable_.find(name);
    if (found == unreadable_.end()) return {};
    return Error(ErrorCode::kUnsupported, "column '" + name + "' cannot be read: " + found->second);
  }

  // Kept in one list with the columns, so that a later define may use an earlier one and no other.
  Result<void> compileDefines() {
    for (const Define& define : plan_.spec.defines) {
      const std::string place = "define " + define.name;
      const auto taken = [&](const NamedType& known) { return known.name == define.name; };
      if (std::any_of(names_.begin(), names_.end(), taken) || unreadable_.contains(define.name)) {
        return Error(ErrorCode::kInvalidArgument, "a column or an earlier define has this name; choose another one")
            .within(place);
      }
      auto expression = compile(define.expression);
      if (!expression.ok()) return std::move(expression).error().within(place);
      names_.push_back({define.name, expression->type()});
      defines_.push_back(*std::move(expression));
    }
    return {};
  }

  Result<void> compileSelection() {
    const std::string& text = plan_.spec.select;
    if (text.empty()) return {};
    auto expression = compile(text);
    if (!expression.ok()) return std::move(expression).error().within("select");
    const ColumnType& type = expression->type();
    if (type.dtype != DType::kBool || !type.isFlat()) {
      std::string message = "'" + text + "' is of type " + type.name() + ", but a selection is one bool for each entry";
      message += type.isFlat() ? "; compare it, as in x != 0" : "; reduce it with any() or all()";
      return Error(ErrorCode::kInvalidArgument, std::move(message)).within("select");
    }
    selection_ = *std::move(expression);
    return {};
  }

  Result<void> compileExtras(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      auto compiled = compile(text);
      if (!compiled.ok()) return std::move(compiled).error().within("'" + text + "'");
      Expression expression = *std::move(compiled);
      if (!expression.type().isFlat()) {
        return Error(ErrorCode::kInvalidArgument, "it is a list (" + expression.type().name() +
                                                      "), but one number for each entry is needed; reduce it, as in "
                                                      "sum(" +
                                                      text + ")")
            .within("'" + text + "'");
      }
      extras_.push_back(std::move(expression));
    }
    return {};
  }

  // The type of a column or define; names the nearest ones where there is none.
  Result<ColumnType> typeOf(const std::string& name) const {
    MLAAS_CHECK(checkReadable(name));
    for (const NamedType& known : names_) {
      if (known.name == name) return known.type;
    }
    std::vector<std::string> candidates;
    for (const NamedType& known : names_) candidates.push_back(known.name);
    return Error(ErrorCode::kInvalidArgument, "unknown column '" + name + "'" + suggestNames(name, candidates));
  }

  Result<void> checkScalars() const {
    std::set<std::string> seen;
    for (const std::string& name : plan_.spec.scalars) {
      auto type = typeOf(name);
      if (!type.ok()) return std::move(type).error().within("scalars");
      if (!type->isFlat()) {
        const bool isList = type->jaggedDepth == 1 && !type->isString && type->shape.empty();
        return Error(ErrorCode::kInvalidArgument,
                     "'" + name + "' is of type " + type->name() + ", but a scalar feature is one number" +
                         (isList ? "; put it into a group or reduce it, as in max(" + name + ")" : ""))
            .within("scalars");
      }
      if (!seen.insert(name).second) {
        return Error(ErrorCode::kInvalidArgument, "'" + name + "' is listed twice").within("scalars");
      }
    }
    return {};
  }

  Result<void> checkGroups() const {
    std::set<std::string> names;
    for (const JaggedGroup& group : plan_.spec.groups) {
      auto checked = checkGroup(group);
      if (!checked.ok()) return std::move(checked).error().within("group " + group.name);
      if (!names.insert(group.name).second) {
        return Error(ErrorCode::kInvalidArgument, "two groups are named '" + group.name + "'");
      }
    }
    return {};
  }

  Result<void> checkGroup(const JaggedGroup& group) const {
    if (group.columns.empty()) return Error(ErrorCode::kInvalidArgument, "it has no columns");
    const auto numColumns = static_cast<int64_t>(group.columns.size());
    if (group.length < 0 || group.length > kMaxGroupValues / numColumns) {
      return Error(ErrorCode::kInvalidArgument, "its length is " + std::to_string(group.length) + ", expected 1 to " +
                                                    std::to_string(kMaxGroupValues / numColumns) +
                                                    ", or 0 for all elements");
    }
    std::set<std::string> seen;
    for (const std::string& name : group.columns) {
      MLAAS_TRY(const ColumnType type, typeOf(name));
      if (type.jaggedDepth != 1 || type.isString || !type.shape.empty()) {
        return Error(ErrorCode::kInvalidArgument, "'" + name + "' is of type " + type.name() +
                                                      ", but a group's columns are lists of numbers" +
                                                      (type.isFlat() ? "; list it under scalars" : ""));
      }
      if (!seen.insert(name).second) return Error(ErrorCode::kInvalidArgument, "'" + name + "' is listed twice");
    }
    return {};
  }

  // Adds what the defines among `needed` use; later defines first, since they use earlier ones.
  void addDependencies(std::set<std::string>& needed) const {
    for (size_t i = defines_.size(); i-- > 0;) {
      if (!needed.contains(plan_.spec.defines[i].name)) continue;
      needed.insert(defines_[i].columns().begin(), defines_[i].columns().end());
    }
  }

  void findNeeds() {
    if (plan_.hasSelection) early_.insert(selection_->columns().begin(), selection_->columns().end());
    addDependencies(early_);
    late_.insert(plan_.spec.scalars.begin(), plan_.spec.scalars.end());
    for (const JaggedGroup& group : plan_.spec.groups) late_.insert(group.columns.begin(), group.columns.end());
    for (const Expression& extra : extras_) late_.insert(extra.columns().begin(), extra.columns().end());
    // A define that the selection has computed needs nothing any more.
    for (size_t i = defines_.size(); i-- > 0;) {
      const std::string& name = plan_.spec.defines[i].name;
      if (!late_.contains(name) || early_.contains(name)) continue;
      late_.insert(defines_[i].columns().begin(), defines_[i].columns().end());
    }
  }

  void assignSlots() {
    for (const NamedType& column : columns_) {
      const bool isEarly = early_.contains(column.name);
      if (!isEarly && !late_.contains(column.name)) continue;
      const size_t slot = plan_.numSlots++;
      slots_[column.name] = slot;
      plan_.inputs.push_back(column);
      (isEarly ? plan_.selectionInputs : plan_.featureInputs).push_back(slot);
    }
  }

  Step stepOf(std::string place, const Expression& expression) {
    Step step{std::move(place), expression, {}, plan_.numSlots++};
    for (const std::string& column : expression.columns()) step.inputs.push_back(slots_.at(column));
    return step;
  }

  void orderSteps() {
    for (size_t i = 0; i < defines_.size(); ++i) {
      const std::string& name = plan_.spec.defines[i].name;
      const bool isEarly = early_.contains(name);
      if (!isEarly && !late_.contains(name)) continue;
      Step step = stepOf("define " + name, defines_[i]);
      slots_[name] = step.output;
      (isEarly ? plan_.selectionSteps : plan_.featureSteps).push_back(std::move(step));
    }
    if (plan_.hasSelection) plan_.selectionSteps.push_back(stepOf("select", *selection_));
    for (const Expression& extra : extras_) {
      plan_.featureSteps.push_back(stepOf("", extra));
      plan_.extras.push_back(plan_.featureSteps.back().output);
    }
    std::set<size_t> computed;
    std::set<size_t> taken;
    for (const Step& step : plan_.featureSteps) {
      for (size_t input : step.inputs) {
        if (!computed.contains(input)) taken.insert(input);
      }
      computed.insert(step.output);
    }
    plan_.rowsTaken.assign(taken.begin(), taken.end());
    for (const std::string& name : plan_.spec.scalars) plan_.scalars.push_back(slots_.at(name));
    for (const JaggedGroup& group : plan_.spec.groups) {
      auto& slots = plan_.groups.emplace_back();
      for (const std::string& name : group.columns) slots.push_back(slots_.at(name));
    }
  }

  std::span<const NamedType> columns_;
  const std::map<std::string, std::string>& unreadable_;
  std::vector<NamedType> names_;     // columns, then defines
  std::vector<Expression> defines_;  // as in spec.defines
  std::optional<Expression> selection_;
  std::vector<Expression> extras_;
  std::set<std::string> early_;  // names that the selection needs
  std::set<std::string> late_;   // names that features and extras need
  std::map<std::string, size_t> slots_;
  FeaturePlan plan_;
};

}  // namespace

Result<FeaturePlan> makePlan(FeatureSpec spec, std::span<const NamedType> columns,
                             const std::map<std::string, std::string>& unreadable,
                             const std::vector<std::string>& extras, bool applySelection) {
  return Planner(std::move(spec), columns, unreadable).run(extras, applySelection);
}

}  // namespace mlaas::feature
