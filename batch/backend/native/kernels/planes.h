/**
 * @file One vector of channels of one image as a plane of its own, zero-padded at all sides: loops over it read memory in
 * sequence and need no bounds checks.
 */
#pragma once
#include <algorithm>
#include <cstdint>

#include "lanes.h"

namespace fastpath {

/** Taps of one row of a filter that are held in registers; wider filters go in several passes. */
constexpr int kMostTaps = 7;

/** Which channels of an image: the first of them, the lanes in use, and how far pixels lie apart. */
struct Channels {
  int64_t first, apart;
  Mask lanes;
};

/** plane[rows, columns] of vectors; its place (r, q) is `at(pixel)` of the image's pixel (r − top, q − left). */
template <typename At>
void fillPlaneWith(const At& at, int64_t height, int64_t width, float* plane, int64_t rows, int64_t columns,
                   int64_t top, int64_t left) {
  const int64_t before = std::clamp<int64_t>(left, 0, columns);
  const int64_t inside = std::clamp<int64_t>(std::min(width, columns - left) - (left < 0 ? -left : 0), 0, columns);
  for (int64_t r = 0; r < rows; r++, plane += columns * kLanes) {
    const bool empty = r < top || r >= top + height;
    const int64_t begin = empty ? columns : before, end = empty ? columns : before + inside;
    const int64_t pixel = (r - top) * width - left;
    for (int64_t q = 0; q < begin; q++) store(plane + q * kLanes, splat(0));
    for (int64_t q = begin; q < end; q++) store(plane + q * kLanes, at(pixel + q));
    for (int64_t q = end; q < columns; q++) store(plane + q * kLanes, splat(0));
  }
}

/** The same of some channels of an image. */
inline void fillPlane(const float* image, int64_t height, int64_t width, Channels channels, float* plane, int64_t rows,
                      int64_t columns, int64_t top, int64_t left) {
  const float* from = image + channels.first;
  fillPlaneWith([=](int64_t pixel) { return load(from + pixel * channels.apart, channels.lanes); }, height, width,
                plane, rows, columns, top, left);
}

/** A plane and how one pass over it walks. */
struct Walk {
  const float* plane;
  int64_t columns, strideY, tapsY;
};

/** Where results go: rows and pixels lie so many floats apart. */
struct Target {
  float* first;
  int64_t rowApart, pixelApart, rows, columns;
  Mask lanes;
};

/** Zeros everywhere. */
inline void clear(const Target& target) {
  for (int64_t r = 0; r < target.rows; r++) {
    for (int64_t q = 0; q < target.columns; q++) {
      store(target.first + r * target.rowApart + q * target.pixelApart, splat(0), target.lanes);
    }
  }
}

/** Neighbouring results that are computed together. */
constexpr int64_t tileOf(int64_t columns) { return columns > 4 ? 8 : 4; }
inline int64_t wholeTiles(int64_t columns) {
  const int64_t tile = tileOf(columns);
  return (columns + tile - 1) / tile * tile;
}

/** target(r, q) = [target(r, q) +] Σ taps(ky, kx)·plane(r·strideY + ky, q·S + kx) for K taps a row; all vectors. */
template <int K, int S, int P, bool Add>
void correlateTiles(const Walk& walk, const float* taps, int64_t tapsApart, const Target& target) {
  for (int64_t r = 0; r < target.rows; r++) {
    for (int64_t q = 0; q < target.columns; q += P) {
      Vec sum[P];
#pragma GCC unroll 8
      for (int p = 0; p < P; p++) sum[p] = splat(0);
      for (int64_t ky = 0; ky < walk.tapsY; ky++) {
        const float* row = walk.plane + ((r * walk.strideY + ky) * walk.columns + q * S) * kLanes;
        Vec tap[K];
#pragma GCC unroll 7
        for (int k = 0; k < K; k++) tap[k] = load(taps + (ky * tapsApart + k) * kLanes);
#pragma GCC unroll 24
        for (int i = 0; i < (P - 1) * S + K; i++) {
          const Vec x = load(row + i * kLanes);
#pragma GCC unroll 7
          for (int k = 0; k < K; k++) {
            if (i >= k && (i - k) % S == 0 && (i - k) / S < P) sum[(i - k) / S] += x * tap[k];
          }
        }
      }
      float* to = target.first + r * target.rowApart + q * target.pixelApart;
      for (int p = 0; p < P && q + p < target.columns; p++, to += target.pixelApart) {
        store(to, Add ? sum[p] + load(to, target.lanes) : sum[p], target.lanes);
      }
    }
  }
}

template <int K, int S, bool Add>
void correlateTaps(const Walk& walk, const float* taps, int64_t tapsApart, const Target& target) {
  if (tileOf(target.columns) == 8) correlateTiles<K, S, 8, Add>(walk, taps, tapsApart, target);
  else correlateTiles<K, S, 4, Add>(walk, taps, tapsApart, target);
}

template <int K, bool Add>
void correlateStride(const Walk& walk, const float* taps, int64_t tapsApart, int64_t strideX, const Target& target) {
  if (strideX == 1) correlateTaps<K, 1, Add>(walk, taps, tapsApart, target);
  else correlateTaps<K, 2, Add>(walk, taps, tapsApart, target);
}

/** `count` taps of each row, from 1 to kMostTaps; strides 1 and 2. */
template <bool Add>
void correlatePass(int64_t count, const Walk& walk, const float* taps, int64_t tapsApart, int64_t strideX,
                   const Target& target) {
  switch (count) {
    case 1: return correlateStride<1, Add>(walk, taps, tapsApart, strideX, target);
    case 2: return correlateStride<2, Add>(walk, taps, tapsApart, strideX, target);
    case 3: return correlateStride<3, Add>(walk, taps, tapsApart, strideX, target);
    case 4: return correlateStride<4, Add>(walk, taps, tapsApart, strideX, target);
    case 5: return correlateStride<5, Add>(walk, taps, tapsApart, strideX, target);
    case 6: return correlateStride<6, Add>(walk, taps, tapsApart, strideX, target);
    default: return correlateStride<7, Add>(walk, taps, tapsApart, strideX, target);
  }
}

/** All taps of a filter of `tapsX` columns over a plane. */
inline void correlate(const Walk& walk, const float* taps, int64_t tapsX, int64_t strideX, const Target& target) {
  for (int64_t first = 0; first < tapsX; first += kMostTaps) {
    const Walk shifted = {walk.plane + first * kLanes, walk.columns, walk.strideY, walk.tapsY};
    const int64_t count = std::min<int64_t>(kMostTaps, tapsX - first);
    if (first == 0) correlatePass<false>(count, shifted, taps, tapsX, strideX, target);
    else correlatePass<true>(count, shifted, taps + first * kLanes, tapsX, strideX, target);
  }
}

}  // namespace fastpath
