#include "mlaas/infer/file_scorer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <deque>
#include <future>
#include <limits>
#include <mutex>

#include "mlaas/feature/feature_maker.h"
#include "mlaas/feature/missing_values.h"
#include "mlaas/infer/engine.h"
#include "mlaas/table/entry_pieces.h"

namespace mlaas::infer {

namespace {

constexpr int64_t kPieceEntries = 1 << 15;

// Engines that no thread uses at the moment.
class EngineStore {
 public:
  explicit EngineStore(std::vector<std::unique_ptr<Engine>> engines) : idle_(std::move(engines)) {}

  // There are as many engines as threads that take one.
  std::unique_ptr<Engine> take() {
    std::lock_guard lock(mutex_);
    assert(!idle_.empty());
    auto engine = std::move(idle_.back());
    idle_.pop_back();
    return engine;
  }

  void giveBack(std::unique_ptr<Engine> engine) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(engine));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Engine>> idle_;  // under mutex_
};

template <class Value>
bool anyNan(const Value* values, int64_t count) {
  return std::any_of(values, values + count, [](Value value) { return std::isnan(value); });
}

// Whether a feature of this row is NaN; padding does not count.
bool hasNan(const feature::Tensors& tensors, int64_t row) {
  if (anyNan(tensors.scalars.data() + row * tensors.numScalars, tensors.numScalars)) return true;
  return std::ranges::any_of(tensors.groups, [row](const feature::GroupTensor& group) {
    const float* values = group.values.data() + row * group.length * group.numColumns;
    return anyNan(values, group.count[static_cast<size_t>(row)] * group.numColumns);
  });
}

// Splits rows of all outputs into a column for each; rows with a NaN feature that nothing fills get NaN.
void fillScores(const feature::Tensors& tensors, const std::vector<float>& scores, ScoreBlock& block) {
  auto numRows = static_cast<size_t>(tensors.rows);
  size_t numOutputs = numRows == 0 ? 0 : scores.size() / numRows;
  std::vector<bool> nan(numRows);
  for (size_t row = 0; row < numRows; ++row) {
    nan[row] = hasNan(tensors, static_cast<int64_t>(row));
    block.numNan += nan[row] ? 1 : 0;
  }
  for (size_t output = 0; output < block.scores.size(); ++output) {
    auto values = std::make_shared<Buffer>(numRows * sizeof(float));
    auto to = values->as<float>();
    for (size_t row = 0; row < numRows; ++row)
      to[row] = nan[row] ? std::numeric_limits<float>::quiet_NaN() : scores[row * numOutputs + output];
    block.scores[output] = {{DType::kFloat32, 0, {}, false}, tensors.rows, {}, std::move(values)};
  }
}

// `selection` is the value of the selection's expression, whatever its type, or nullptr where there is none.
void fillSelected(const Column* selection, int64_t numRows, ScoreBlock& block) {
  auto values = std::make_shared<Buffer>(static_cast<size_t>(numRows));
  auto to = values->as<bool>();
  std::ranges::fill(to, true);
  if (selection != nullptr)
    visitStoredDType(selection->type.dtype, [&](auto zero) {
      std::ranges::transform(selection->valuesAs<decltype(zero)>(), to.begin(), [](auto v) { return v != 0; });
    });
  block.numSelected = std::ranges::count(to, true);
  block.selected = {{DType::kBool, 0, {}, false}, numRows, {}, std::move(values)};
}

}  // namespace

struct FileScorer::State {
  State(model::Bundle used, TaskPool& threads, std::vector<std::unique_ptr<Engine>> made)
      : bundle(std::move(used)), missing(bundle.features), pool(threads), engines(std::move(made)) {}

  Result<ScoreBlock> scorePiece(const feature::FeatureMaker& maker, const table::Table& table,
                                table::EntryRange entries);

  model::Bundle bundle;
  feature::MissingValues missing;
  TaskPool& pool;
  EngineStore engines;
};

FileScorer::FileScorer(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileScorer::FileScorer(FileScorer&&) noexcept = default;
FileScorer::~FileScorer() = default;

const model::Bundle& FileScorer::bundle() const { return state_->bundle; }

Result<FileScorer> FileScorer::make(model::Bundle bundle, TaskPool& pool) {
  MLAAS_TRY(auto engines, makeEngines(bundle, pool.numThreads()));
  return FileScorer(std::make_unique<State>(std::move(bundle), pool, std::move(engines)));
}

Result<ScoreBlock> FileScorer::State::scorePiece(const feature::FeatureMaker& maker, const table::Table& table,
                                                 table::EntryRange entries) {
  MLAAS_TRY(auto features, maker.process(table, entries));
  missing.fill(features.tensors);
  std::vector<float> scores;
  auto engine = engines.take();
  Result<void> ran = engine->run(features.tensors, scores);
  engines.giveBack(std::move(engine));
  if (!ran.ok()) return std::move(ran).error();
  ScoreBlock block;
  block.entries = entries;
  block.scores.resize(bundle.outputs.size());
  fillScores(features.tensors, scores, block);
  bool selects = features.extras.size() > bundle.identity.size();
  fillSelected(selects ? &features.extras.back() : nullptr, features.tensors.rows, block);
  features.extras.resize(bundle.identity.size());
  block.identity = std::move(features.extras);
  return block;
}

Result<void> FileScorer::score(const table::Table& table, const ScoreSink& sink, const std::stop_token& stop) {
  auto extras = state_->bundle.identity;
  if (!state_->bundle.features.select.empty()) extras.push_back(state_->bundle.features.select);
  constexpr bool kApplySelection = false;
  auto maker = feature::FeatureMaker::make(state_->bundle.features, table, extras, kApplySelection);
  if (!maker.ok()) return std::move(maker).error().within(table.name()).within(table.url());
  auto pieces = table::entryPieces(table.clusters(), {0, table.numEntries()}, kPieceEntries);
  std::deque<std::future<Result<ScoreBlock>>> running;
  auto finish = [&](Result<void> result) {  // the tasks use what this function owns
    for (auto& task : running) task.wait();
    return result;
  };
  for (size_t next = 0; next < pieces.size() || !running.empty();) {
    if (stop.stop_requested())
      return finish(Error(ErrorCode::kCancelled, "'" + table.url() + "': scoring was stopped"));
    if (next < pieces.size() && running.size() < state_->pool.numThreads() + 1) {
      running.push_back(state_->pool.submit(
          [this, &maker, &table, piece = pieces[next]] { return state_->scorePiece(*maker, table, piece); }));
      ++next;
      continue;
    }
    Result<ScoreBlock> block = running.front().get();
    running.pop_front();
    if (!block.ok()) return finish(std::move(block).error());
    if (Result<void> taken = sink(*block); !taken.ok()) return finish(std::move(taken).error());
  }
  return {};
}

}  // namespace mlaas::infer
