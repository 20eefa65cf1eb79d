#include "mlaas/train/weight_pairing.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mlaas/base/log.h"

namespace mlaas::train {

namespace {

// The order in which a part is cut into windows: the same in every training.
constexpr uint64_t kPairingSeed = 0x616E6E6968696C61ULL;
constexpr int64_t kLeastWindow = 256;
constexpr int kPasses = 2;

// The points of positive weight, column by column, so that the distances to all of them are computed at once.
class PositivePoints {
 public:
  explicit PositivePoints(const WeightedPoints& points) : points_(points) {
    for (size_t i = 0; i < points.weights.size(); ++i) {
      if (points.weights[i] > 0) members_.push_back(i);
    }
    layOut();
  }

  bool empty() const { return numAlive_ == 0; }

  // Place of the point that is nearest to point `from`; there is one.
  size_t nearest(size_t from) {
    const size_t count = members_.size();
    std::copy(blocked_.begin(), blocked_.end(), distances_.begin());
    for (size_t column = 0; column < points_.width; ++column) {
      const float* values = columns_.data() + column * count;
      const float origin = points_.values[from * points_.width + column];
      float* distances = distances_.data();
      for (size_t i = 0; i < count; ++i) distances[i] += (values[i] - origin) * (values[i] - origin);
    }
    size_t best = firstAlive_;
    for (size_t i = best; i < count; ++i) {
      if (distances_[i] < distances_[best]) best = i;
    }
    return best;
  }

  size_t pointAt(size_t place) const { return members_[place]; }

  void remove(size_t place) {
    blocked_[place] = std::numeric_limits<float>::infinity();
    --numAlive_;
    while (firstAlive_ < blocked_.size() && blocked_[firstAlive_] > 0) ++firstAlive_;
    if (2 * numAlive_ >= members_.size()) return;
    size_t kept = 0;
    for (size_t i = 0; i < members_.size(); ++i) {
      if (blocked_[i] == 0) members_[kept++] = members_[i];
    }
    members_.resize(kept);
    layOut();
  }

 private:
  void layOut() {
    const size_t count = members_.size();
    columns_.resize(points_.width * count);
    for (size_t i = 0; i < count; ++i) {
      const float* values = points_.values.data() + members_[i] * points_.width;
      for (size_t column = 0; column < points_.width; ++column) columns_[column * count + i] = values[column];
    }
    blocked_.assign(count, 0.F);
    distances_.resize(count);
    numAlive_ = count;
    firstAlive_ = 0;
  }

  const WeightedPoints& points_;
  std::vector<size_t> members_;   // indices in points_
  std::vector<float> columns_;    // [width, members]
  std::vector<float> blocked_;    // infinity where a member has no weight left, else 0
  std::vector<float> distances_;  // squared
  size_t numAlive_ = 0;
  size_t firstAlive_ = 0;
};

// Adds row `row` of `tensors`, standardised, to the values of points.
class Standardiser {
 public:
  explicit Standardiser(const dataset::Statistics& statistics) : scalars_(dataset::standardise(statistics.scalars)) {
    for (const auto& group : statistics.groups) groups_.push_back(dataset::standardise(group));
  }

  size_t width(const feature::FeatureSpec& spec) const {
    size_t width = scalars_.size();
    for (const auto& group : spec.groups) width += static_cast<size_t>(group.length) * group.columns.size();
    return width;
  }

  void append(const feature::Tensors& tensors, size_t row, std::vector<float>& values) const {
    const auto add = [&](float value, const feature::Transform& by) {
      values.push_back((value - by.mean) * by.inverseScale);
    };
    for (size_t i = 0; i < scalars_.size(); ++i) add(tensors.scalars[row * scalars_.size() + i], scalars_[i]);
    for (size_t g = 0; g < groups_.size(); ++g) {
      const feature::GroupTensor& group = tensors.groups[g];
      const auto length = static_cast<size_t>(group.length);
      for (size_t element = 0; element < length; ++element) {
        const bool isThere = element < static_cast<size_t>(group.count[row]);
        const float* from = group.values.data() + (group.firstElement(row) + element) * groups_[g].size();
        for (size_t i = 0; i < groups_[g].size(); ++i) {
          if (isThere) {
            add(from[i], groups_[g][i]);
          } else {
            values.push_back(0);
          }
        }
      }
    }
  }

 private:
  std::vector<feature::Transform> scalars_;
  std::vector<std::vector<feature::Transform>> groups_;
};

int64_t numNegative(const dataset::Statistics& statistics, dataset::Part part) {
  int64_t sum = 0;
  for (const auto& sample : statistics.samples) sum += sample.numNegative[static_cast<size_t>(part)];
  return sum;
}

}  // namespace

void annihilate(WeightedPoints& points) {
  PositivePoints positive(points);
  for (size_t i = 0; i < points.weights.size(); ++i) {
    double& left = points.weights[i];
    while (left < 0 && !positive.empty()) {
      const size_t place = positive.nearest(i);
      double& partner = points.weights[positive.pointAt(place)];
      const double taken = std::min(-left, partner);
      left = taken == -left ? 0 : left + taken;
      partner -= taken;
      if (!(partner > 0)) positive.remove(place);
    }
  }
}

// Pairs the events of one part, window by window. What a window cannot pair is carried into the next one; what is left
// at the end meets the positive weights that are left in a second pass.
class PartPairing {
 public:
  PartPairing(const TrainingInput& input, dataset::Part part, PairedWeights& paired)
      : input_(input),
        part_(part),
        paired_(paired),
        standardiser_(*input.statistics),
        carried_(static_cast<size_t>(input.classes->numClasses())) {
    for (WeightedPoints& points : carried_) points.width = standardiser_.width(input.data->features());
  }

  Result<void> run() {
    MLAAS_TRY(const int64_t window, reserveWindow());
    for (int pass = 0; pass < kPasses; ++pass) {
      dataset::StreamOptions options;
      options.part = part_;
      options.batchSize = window;
      options.seed = kPairingSeed;
      MLAAS_TRY(const auto stream, input_.data->stream(options));
      dataset::Batch batch;
      for (;;) {
        if (input_.stop.stop_requested()) return cancelledTraining();
        MLAAS_TRY(const bool more, stream->next(batch));
        if (!more) break;
        MLAAS_CHECK(pairBatch(batch, pass, window));
      }
      MLAAS_CHECK(merge());
      if (allPaired()) return {};
    }
    return unpaired("they sum to no more than 0");
  }

 private:
  Result<int64_t> reserveWindow() {
    // A point with what is carried, in both layouts, and its row in the batch.
    const size_t pointBytes = carried_.front().width * 5 * sizeof(float) + 64;
    MemoryBudget& budget = input_.data->memory();
    const auto fitting = static_cast<int64_t>(budget.limitBytes() / 16 / pointBytes);
    const int64_t window = std::clamp(fitting, kLeastWindow, kPairingWindow);
    window_ = budget.tryReserve(static_cast<size_t>(window) * pointBytes);
    if (window_.bytes() > 0) return window;
    return outOfMemory();
  }

  static Error outOfMemory() {
    return {ErrorCode::kInvalidArgument,
            "pairing negative weights does not fit into dataset.memory; raise it or use another "
            "training.negative_weights"};
  }

  Result<void> pairBatch(const dataset::Batch& batch, int pass, int64_t window) {
    std::vector<float> weights = batch.weight;
    if (pass > 0) paired_.apply(batch.row, weights);
    std::vector<bool> wanted(carried_.size());
    for (size_t label = 0; label < carried_.size(); ++label) wanted[label] = pass == 0 || !carried_[label].rows.empty();
    for (size_t row = 0; row < weights.size(); ++row) {
      const auto label = static_cast<size_t>(batch.label[row]);
      if (weights[row] == 0 || !wanted[label]) continue;
      WeightedPoints& points = carried_[label];
      standardiser_.append(batch.features, row, points.values);
      points.weights.push_back(static_cast<double>(weights[row]));
      points.rows.push_back(batch.row[row]);
      if (weights[row] < 0) MLAAS_CHECK(note(batch.row[row], 0));
    }
    for (WeightedPoints& points : carried_) {
      MLAAS_CHECK(pair(points));
      if (static_cast<int64_t>(points.rows.size()) > window) {
        return unpaired("too many of them in a row find no positive weight");
      }
    }
    return {};
  }

  // Leaves what is still negative.
  Result<void> pair(WeightedPoints& points) {
    const std::vector<double> before = points.weights;
    annihilate(points);
    size_t kept = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      const double weight = points.weights[i];
      if (before[i] > 0 && weight != before[i]) MLAAS_CHECK(note(points.rows[i], weight / before[i]));
      if (weight >= 0) continue;
      const auto width = static_cast<std::ptrdiff_t>(points.width);
      const auto from = points.values.begin() + static_cast<std::ptrdiff_t>(i) * width;
      std::copy(from, from + width, points.values.begin() + static_cast<std::ptrdiff_t>(kept) * width);
      points.weights[kept] = weight;
      points.rows[kept++] = points.rows[i];
    }
    points.values.resize(kept * points.width);
    points.weights.resize(kept);
    points.rows.resize(kept);
    return {};
  }

  Result<void> note(int64_t row, double factor) {
    if (noted_.size() == noted_.capacity()) {
      const size_t capacity = std::max<size_t>(1024, 2 * noted_.capacity());
      auto memory = input_.data->memory().tryReserve(capacity * sizeof(PairedWeights::Changed));
      if (memory.bytes() == 0) return outOfMemory();
      noted_.reserve(capacity);
      notedMemory_ = std::move(memory);
    }
    noted_.push_back({row, factor});
    return {};
  }

  // Moves what was noted to the result, beside what earlier passes left.
  Result<void> merge() {
    using Changed = PairedWeights::Changed;
    const auto byRow = [](const Changed& a, const Changed& b) { return a.row < b.row; };
    std::sort(noted_.begin(), noted_.end(), byRow);
    std::vector<Changed>& all = paired_.changed_;
    auto memory = input_.data->memory().tryReserve((all.size() + noted_.size()) * sizeof(Changed) + 1);
    if (memory.bytes() == 0) return outOfMemory();
    std::vector<Changed> merged;
    merged.reserve(all.size() + noted_.size());
    std::merge(noted_.begin(), noted_.end(), all.begin(), all.end(), std::back_inserter(merged), byRow);
    size_t kept = 0;
    for (const Changed& changed : merged) {
      if (kept > 0 && merged[kept - 1].row == changed.row) {
        merged[kept - 1].factor *= changed.factor;
      } else {
        merged[kept++] = changed;
      }
    }
    merged.resize(kept);
    all = std::move(merged);
    paired_.memory_ = std::move(memory);
    noted_ = {};
    notedMemory_ = {};
    return {};
  }

  bool allPaired() const {
    return std::all_of(carried_.begin(), carried_.end(), [](const auto& points) { return points.rows.empty(); });
  }

  Error unpaired(const std::string& why) const {
    std::string names;
    for (size_t label = 0; label < carried_.size(); ++label) {
      if (carried_[label].rows.empty()) continue;
      names += (names.empty() ? "'" : ", '") + input_.classes->names[label] + "'";
    }
    return {ErrorCode::kInvalidArgument, "the negative weights of class " + names + " in the part for " +
                                             dataset::partName(part_) + " cannot be paired: " + why +
                                             "; use another training.negative_weights, or check the weights"};
  }

  const TrainingInput& input_;
  const dataset::Part part_;
  PairedWeights& paired_;
  const Standardiser standardiser_;
  std::vector<WeightedPoints> carried_;  // by label, from the windows before
  MemoryBudget::Reservation window_;
  std::vector<PairedWeights::Changed> noted_;  // in this pass
  MemoryBudget::Reservation notedMemory_;
};

Result<PairedWeights> PairedWeights::make(const TrainingInput& input) {
  PairedWeights paired;
  for (const dataset::Part part : {dataset::Part::kTrain, dataset::Part::kValidation}) {
    if (numNegative(*input.statistics, part) > 0) MLAAS_CHECK(PartPairing(input, part, paired).run());
  }
  return paired;
}

void PairedWeights::apply(std::span<const int64_t> rows, std::span<float> weights) const {
  for (size_t i = 0; i < rows.size() && !changed_.empty(); ++i) {
    const auto found = std::lower_bound(changed_.begin(), changed_.end(), rows[i],
                                        [](const Changed& changed, int64_t row) { return changed.row < row; });
    if (found == changed_.end() || found->row != rows[i]) continue;
    weights[i] = found->factor == 0 ? 0 : static_cast<float>(static_cast<double>(weights[i]) * found->factor);
  }
}

Result<WeightScale> makeWeightScale(const TrainingInput& input, ClassBalance balance, NegativeWeights negative) {
  MLAAS_TRY(WeightScale scale, WeightScale::make(*input.statistics, *input.classes, balance, negative));
  if (negative != NegativeWeights::kPair) return scale;
  MLAAS_TRY(PairedWeights paired, PairedWeights::make(input));
  const int64_t negatives = numNegative(*input.statistics, dataset::Part::kTrain) +
                            numNegative(*input.statistics, dataset::Part::kValidation);
  if (negatives > 0) {
    log::info(std::to_string(negatives) + " events of negative weight annihilate with " +
              std::to_string(paired.numChanged() - negatives) + " of positive weight");
  }
  scale.replaceWeights(std::make_shared<const PairedWeights>(std::move(paired)));
  return scale;
}

}  // namespace mlaas::train
