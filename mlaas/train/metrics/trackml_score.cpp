#include "mlaas/train/metrics/trackml_score.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace mlaas::train {

namespace {

// The hits of one particle in one track.
struct Shared {
  int64_t particle = 0;
  int64_t hits = 0;
  double weight = 0;
};

// Weight that one track adds: `order` are its hits, sorted by particle.
double weightOfTrack(const EventElements& event, std::span<const uint32_t> order,
                     const std::unordered_map<int64_t, int64_t>& hitsOfParticle) {
  Shared best;
  Shared current;
  for (const uint32_t hit : order) {
    if (current.hits == 0 || event.truth[hit] != current.particle) current = {event.truth[hit], 0, 0};
    ++current.hits;
    current.weight += static_cast<double>(event.weight[hit]);
    // Where two have as many, neither has more than half.
    if (current.hits > best.hits || current.particle == best.particle) best = current;
  }
  const bool pure = 2 * best.hits > static_cast<int64_t>(order.size());
  const bool complete = 2 * best.hits > hitsOfParticle.at(best.particle);
  return pure && complete ? best.weight : 0;
}

}  // namespace

Result<std::optional<double>> TrackmlScore::addEvent(const EventElements& event) {
  const size_t hits = event.truth.size();
  if (event.assigned.size() != hits || event.weight.size() != hits) {
    return Error(ErrorCode::kInvalidArgument,
                 "trackml: expected a particle, a track and a weight for each hit, found " + std::to_string(hits) +
                     ", " + std::to_string(event.assigned.size()) + " and " + std::to_string(event.weight.size()));
  }
  std::unordered_map<int64_t, int64_t> hitsOfParticle;
  double total = 0;
  for (size_t i = 0; i < hits; ++i) {
    ++hitsOfParticle[event.truth[i]];
    total += static_cast<double>(event.weight[i]);
  }
  if (!(total > 0)) return std::optional<double>();
  std::vector<uint32_t> order(hits);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::tuple(event.assigned[a], event.truth[a], a) < std::tuple(event.assigned[b], event.truth[b], b);
  });
  double good = 0;
  for (size_t first = 0; first < hits;) {
    size_t end = first + 1;
    while (end < hits && event.assigned[order[end]] == event.assigned[order[first]]) ++end;
    good += weightOfTrack(event, std::span(order).subspan(first, end - first), hitsOfParticle);
    first = end;
  }
  ++events_;
  sum_ += good / total;
  return std::optional(good / total);
}

nlohmann::ordered_json TrackmlScore::result() const {
  nlohmann::ordered_json json = {{"events", events_}};
  json["mean"] = events_ > 0 ? nlohmann::ordered_json(sum_ / static_cast<double>(events_)) : nlohmann::ordered_json();
  return json;
}

}  // namespace mlaas::train
