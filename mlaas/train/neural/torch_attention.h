// Attention with several heads in libtorch, among elements that come without padding. Shows libtorch: included by
// torch_network.cpp alone.
// Threads: functions of their arguments.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace mlaas::train {

// Where the elements of some events stand in a padded tensor as long as the longest list.
struct ElementPlaces {
  int64_t events = 0;
  int64_t length = 0;
  at::Tensor slots;  // int64 [elements], in events * length
  at::Tensor mask;   // bool [events, 1, 1, length]
  at::Tensor
      pairs;  // int64 [events * length * length]: the row of the pair, or the number of pairs where there is none
};

ElementPlaces placesOf(const std::vector<int64_t>& offsets);

// `queriesKeysValues` [elements, 3 width], `pairs` [pairs, heads]; gives [elements, width].
at::Tensor attend(const at::Tensor& queriesKeysValues, const at::Tensor& pairs, const ElementPlaces& places);
// `query` [events, width], `own` [events, 2 width], `elements` [elements, 2 width]; gives [events, width].
at::Tensor attendClass(const at::Tensor& query, const at::Tensor& own, const at::Tensor& elements, int64_t heads,
                       const ElementPlaces& places);

}  // namespace mlaas::train
