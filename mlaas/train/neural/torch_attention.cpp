#include "mlaas/train/neural/torch_attention.h"

#include <algorithm>
#include <cmath>

#include "mlaas/model/network.h"

namespace mlaas::train {

namespace {

at::Tensor pad(const at::Tensor& elements, const ElementPlaces& places) {
  return at::zeros({places.events * places.length, elements.size(1)}, at::kFloat).index_copy(0, places.slots, elements);
}

// query [N, heads, q, d], key and value [N, heads, k, d], mask [N, 1, 1, k].
at::Tensor attendHeads(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const at::Tensor& bias,
                       const at::Tensor& mask) {
  at::Tensor scores = at::matmul(query, key.transpose(2, 3)) * (1 / std::sqrt(static_cast<double>(query.size(3))));
  if (bias.defined()) scores = scores + bias;
  scores = scores.masked_fill(at::logical_not(mask), model::kMaskedScore);
  return at::matmul(at::softmax(scores, 3), value);
}

}  // namespace

ElementPlaces placesOf(const std::vector<int64_t>& offsets) {
  ElementPlaces places;
  places.events = static_cast<int64_t>(offsets.size()) - 1;
  places.length = 1;
  int64_t numPairs = 0;
  for (size_t event = 0; event + 1 < offsets.size(); ++event) {
    const int64_t count = offsets[event + 1] - offsets[event];
    places.length = std::max(places.length, count);
    numPairs += count * (count + 1) / 2;
  }
  const int64_t length = places.length;
  places.slots = at::empty({offsets.back()}, at::kLong);
  places.mask = at::zeros({places.events, 1, 1, length}, at::kBool);
  places.pairs = at::full({places.events * length * length}, numPairs, at::kLong);
  auto* slot = places.slots.data_ptr<int64_t>();
  auto* mask = places.mask.data_ptr<bool>();
  auto* pair = places.pairs.data_ptr<int64_t>();
  int64_t next = 0;
  for (int64_t event = 0; event < places.events; ++event) {
    const auto at = static_cast<size_t>(event);
    for (int64_t i = 0; i < offsets[at + 1] - offsets[at]; ++i) {
      *slot++ = event * length + i;
      mask[event * length + i] = true;
      for (int64_t j = 0; j <= i; ++j, ++next) {
        pair[(event * length + i) * length + j] = next;
        pair[(event * length + j) * length + i] = next;
      }
    }
  }
  return places;
}

at::Tensor attend(const at::Tensor& queriesKeysValues, const at::Tensor& pairs, const ElementPlaces& places) {
  const int64_t heads = pairs.size(1);
  const int64_t width = queriesKeysValues.size(1) / 3;
  const int64_t length = places.length;
  const at::Tensor parts =
      pad(queriesKeysValues, places).view({places.events, length, 3, heads, width / heads}).permute({2, 0, 3, 1, 4});
  const at::Tensor bias = at::cat({pairs, at::zeros({1, heads}, at::kFloat)})
                              .index_select(0, places.pairs)
                              .view({places.events, length, length, heads})
                              .permute({0, 3, 1, 2});
  const at::Tensor result = attendHeads(parts[0], parts[1], parts[2], bias, places.mask);
  return result.permute({0, 2, 1, 3}).reshape({places.events * length, width}).index_select(0, places.slots);
}

at::Tensor attendClass(const at::Tensor& query, const at::Tensor& own, const at::Tensor& elements, int64_t heads,
                       const ElementPlaces& places) {
  const int64_t width = query.size(1);
  const int64_t events = places.events;
  const at::Tensor all = at::cat({own.view({events, 1, 2, heads, width / heads}),
                                  pad(elements, places).view({events, places.length, 2, heads, width / heads})},
                                 1)
                             .permute({2, 0, 3, 1, 4});
  const at::Tensor mask = at::cat({at::ones({events, 1, 1, 1}, at::kBool), places.mask}, 3);
  const at::Tensor result =
      attendHeads(query.view({events, heads, 1, width / heads}), all[0], all[1], at::Tensor(), mask);
  return result.reshape({events, width});
}

}  // namespace mlaas::train
