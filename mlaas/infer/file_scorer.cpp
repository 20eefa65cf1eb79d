#include "mlaas/infer/file_scorer.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <future>
#include <limits>
#include <mutex>
#include <span>

#include "mlaas/feature/feature_maker.h"
#include "mlaas/feature/identity_hash.h"
#include "mlaas/feature/missing_values.h"
#include "mlaas/infer/engine.h"
#include "mlaas/infer/missing_rows.h"
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

// Some rows of padded tensors.
feature::Tensors takeRows(const feature::Tensors& tensors, std::span<const size_t> rows) {
  const auto take = [&](const auto& from, size_t width, auto& to) {
    to.reserve(rows.size() * width);
    for (const size_t row : rows) {
      const auto first = from.begin() + static_cast<std::ptrdiff_t>(row * width);
      to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(width));
    }
  };
  feature::Tensors taken;
  taken.rows = static_cast<int64_t>(rows.size());
  taken.numScalars = tensors.numScalars;
  take(tensors.scalars, static_cast<size_t>(tensors.numScalars), taken.scalars);
  for (const auto& group : tensors.groups) {
    feature::GroupTensor& own = taken.groups.emplace_back();
    own.length = group.length;
    own.numColumns = group.numColumns;
    take(group.values, static_cast<size_t>(group.length * group.numColumns), own.values);
    take(group.count, 1, own.count);
  }
  return taken;
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
  // engines[m] is the store of the model m; there is one store where models are averaged.
  State(model::Bundle used, TaskPool& threads, std::vector<std::vector<std::unique_ptr<Engine>>> made)
      : bundle(std::move(used)), missing(bundle.features), pool(threads) {
    for (auto& ofModel : made) engines.push_back(std::make_unique<EngineStore>(std::move(ofModel)));
  }
  Result<void> run(size_t model, const feature::Tensors& tensors, std::vector<float>& scores);
  // Each row by the model of its fold, which has not seen it.
  Result<void> runByFold(const feature::Tensors& tensors, std::span<const Column> identity, std::vector<float>& scores);

  Result<ScoreBlock> scorePiece(const feature::FeatureMaker& maker, const table::Table& table,
                                table::EntryRange entries);

  model::Bundle bundle;
  feature::MissingValues missing;
  TaskPool& pool;
  std::vector<std::unique_ptr<EngineStore>> engines;
};

FileScorer::FileScorer(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileScorer::FileScorer(FileScorer&&) noexcept = default;
FileScorer::~FileScorer() = default;

const model::Bundle& FileScorer::bundle() const { return state_->bundle; }

Result<FileScorer> FileScorer::make(model::Bundle bundle, TaskPool& pool) {
  std::vector<std::vector<std::unique_ptr<Engine>>> engines;
  if (bundle.folds) {
    MLAAS_TRY(engines, makeMemberEngines(bundle, pool.numThreads()));
  } else {
    MLAAS_TRY(auto averaged, makeEngines(bundle, pool.numThreads()));
    engines.push_back(std::move(averaged));
  }
  return FileScorer(std::make_unique<State>(std::move(bundle), pool, std::move(engines)));
}

Result<void> FileScorer::State::run(size_t model, const feature::Tensors& tensors, std::vector<float>& scores) {
  auto engine = engines[model]->take();
  Result<void> ran = engine->run(tensors, scores);
  engines[model]->giveBack(std::move(engine));
  return ran;
}

Result<void> FileScorer::State::runByFold(const feature::Tensors& tensors, std::span<const Column> identity,
                                          std::vector<float>& scores) {
  MLAAS_TRY(const auto hashes, feature::identityHashes(identity, bundle.folds->seed));
  const size_t numOutputs = bundle.outputs.size();
  scores.resize(hashes.size() * numOutputs);
  std::vector<float> own;
  for (size_t fold = 0; fold < engines.size(); ++fold) {
    std::vector<size_t> rows;
    for (size_t row = 0; row < hashes.size(); ++row) {
      const int64_t ofRow = feature::foldOfHash(hashes[row], static_cast<int64_t>(engines.size()));
      if (static_cast<size_t>(ofRow) == fold) rows.push_back(row);
    }
    if (rows.empty()) continue;
    MLAAS_CHECK(run(fold, takeRows(tensors, rows), own));
    for (size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(own.data() + i * numOutputs, numOutputs, scores.data() + rows[i] * numOutputs);
    }
  }
  if (bundle.calibration) bundle.calibration->apply(scores);
  return {};
}

Result<ScoreBlock> FileScorer::State::scorePiece(const feature::FeatureMaker& maker, const table::Table& table,
                                                 table::EntryRange entries) {
  MLAAS_TRY(auto features, maker.process(table, entries));
  missing.fill(features.tensors);
  std::vector<float> scores;
  if (bundle.folds) {
    MLAAS_CHECK(runByFold(features.tensors, std::span(features.extras).first(bundle.identity.size()), scores));
  } else {
    MLAAS_CHECK(run(0, features.tensors, scores));
  }
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
