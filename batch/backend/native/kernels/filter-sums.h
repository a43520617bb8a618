/**
 * @file Filter gradient of a depthwise convolution over planes: each tap is the inner product of the output gradient with
 * the input shifted by that tap. The taps of a row share one pass.
 */
#pragma once
#include "planes.h"

namespace fastpath {

/** Neighbouring output pixels that are summed together; planes of gradients are padded to whole ones. */
constexpr int kSumTile = 4;

/** Sums of a filter's taps: taps lie `apart` floats apart. */
struct Sums {
  float* first;
  int64_t apart;
  Mask lanes;
};

/** sums(ky, kx) += Σ gradient(r, q)·plane(r·strideY + ky, q·S + kx) for K taps of each row. */
template <int K, int S>
void addTaps(const Walk& walk, const float* gradient, int64_t rows, int64_t columns, int64_t rowTaps, Sums sums) {
  for (int64_t ky = 0; ky < walk.tapsY; ky++) {
    // Two sums a tap, so that an addition need not wait for the one before it.
    Vec sum[K][2];
#pragma GCC unroll 7
    for (int k = 0; k < K; k++) sum[k][0] = sum[k][1] = splat(0);
    for (int64_t r = 0; r < rows; r++) {
      const float* from = gradient + r * columns * kLanes;
      const float* row = walk.plane + (r * walk.strideY + ky) * walk.columns * kLanes;
      for (int64_t q = 0; q < columns; q += kSumTile, from += kSumTile * kLanes, row += kSumTile * S * kLanes) {
        Vec g[kSumTile];
#pragma GCC unroll 4
        for (int p = 0; p < kSumTile; p++) g[p] = load(from + p * kLanes);
#pragma GCC unroll 16
        for (int i = 0; i < (kSumTile - 1) * S + K; i++) {
          const Vec x = load(row + i * kLanes);
#pragma GCC unroll 7
          for (int k = 0; k < K; k++) {
            if (i >= k && (i - k) % S == 0 && (i - k) / S < kSumTile) sum[k][(i - k) / S & 1] += x * g[(i - k) / S];
          }
        }
      }
    }
    float* to = sums.first + ky * rowTaps * sums.apart;
#pragma GCC unroll 7
    for (int k = 0; k < K; k++) {
      store(to + k * sums.apart, load(to + k * sums.apart, sums.lanes) + sum[k][0] + sum[k][1], sums.lanes);
    }
  }
}

template <int K>
void addTapsStride(const Walk& walk, const float* gradient, int64_t rows, int64_t columns, int64_t rowTaps,
                   int64_t strideX, Sums sums) {
  if (strideX == 1) addTaps<K, 1>(walk, gradient, rows, columns, rowTaps, sums);
  else addTaps<K, 2>(walk, gradient, rows, columns, rowTaps, sums);
}

/** All taps of a filter of `tapsX` columns. gradient is [rows, columns] of vectors, columns a multiple of kSumTile. */
inline void addFilterSums(const Walk& walk, const float* gradient, int64_t rows, int64_t columns, int64_t tapsX,
                          int64_t strideX, Sums sums) {
  for (int64_t first = 0; first < tapsX;) {
    const Walk shifted = {walk.plane + first * kLanes, walk.columns, walk.strideY, walk.tapsY};
    const Sums at = {sums.first + first * sums.apart, sums.apart, sums.lanes};
    const int64_t left = tapsX - first;
    const int64_t count = left >= 7 ? 7 : left >= 5 ? 5 : left >= 3 ? 3 : 1;
    switch (count) {
      case 7: addTapsStride<7>(shifted, gradient, rows, columns, tapsX, strideX, at); break;
      case 5: addTapsStride<5>(shifted, gradient, rows, columns, tapsX, strideX, at); break;
      case 3: addTapsStride<3>(shifted, gradient, rows, columns, tapsX, strideX, at); break;
      default: addTapsStride<1>(shifted, gradient, rows, columns, tapsX, strideX, at);
    }
    first += count;
  }
}

}  // namespace fastpath
