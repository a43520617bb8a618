/** @file Neighbouring channels in groups of vectors whose number the compiler knows. */
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

#include "lanes.h"

namespace fastpath {

/** A group of V vectors from channel `first`; `tail` has the lanes of the last one. */
template <int V>
struct Group {
  static constexpr int vectors = V;
  int64_t first;
  Mask tail;
  /** The group's vector v of `row`, which begins with channel 0. */
  Vec at(const float* row, int v) const {
    const float* from = row + first + v * kLanes;
    return v == V - 1 ? load(from, tail) : load(from);
  }
  void put(float* row, int v, Vec value) const {
    float* to = row + first + v * kLanes;
    if (v == V - 1) store(to, value, tail);
    else store(to, value);
  }
};

/** Calls `each(Group<V>)` for all channels, V at most `Most`. */
template <int Most, typename Each>
void eachGroup(int64_t channels, const Each& each) {
  int64_t left = vectorsOf(channels);
  for (int64_t c = 0; left > 0;) {
    // A full group and a lone vector would leave that one with too few sums in flight.
    const int64_t taken = left <= Most ? left : left < 2 * Most ? (left + 1) / 2 : Most;
    const auto call = [&](auto vectors) {
      constexpr int V = decltype(vectors)::value;
      each(Group<V>{c, firstLanes(channels - c - (V - 1) * kLanes)});
    };
    switch (taken) {
      case 1: call(std::integral_constant<int, 1>()); break;
      case 2: call(std::integral_constant<int, 2>()); break;
      case 3: call(std::integral_constant<int, 3>()); break;
      case 4: call(std::integral_constant<int, 4>()); break;
      default:
        if constexpr (Most > 4) {
          switch (taken) {
            case 5: call(std::integral_constant<int, 5>()); break;
            case 6: call(std::integral_constant<int, 6>()); break;
            case 7: call(std::integral_constant<int, 7>()); break;
            default: call(std::integral_constant<int, 8>());
          }
        }
    }
    c += taken * kLanes;
    left -= taken;
  }
}

}  // namespace fastpath
