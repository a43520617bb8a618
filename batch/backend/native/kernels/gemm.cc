/**
 * @file Tiles of C in registers: R rows by V vectors, each step one row of B against R single values of A. B lies in
 * panels as wide as a tile (after Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008); A is
 * read in place, since the products here are tall and thin and a copy of A would cost as much as the product.
 */
#include "gemm.h"

#include <algorithm>

#include "lanes.h"

namespace fastpath {
namespace {

/** Vectors of one panel: tiles of 24 (AVX-512) or 12 registers leave room for B and a value of A. */
constexpr int kPanel = kLanes == 16 ? 4 : 2;
constexpr int tileRows(int vectors) { return kLanes == 16 ? (vectors == 4 ? 6 : 8) : 6; }
/** A multiple of all tile heights. */
constexpr int64_t kRowStep = 24;
/** Columns or depth of a matrix of kRowStep rows that stays in the second-level cache. */
constexpr int64_t kCachedWidth = 1024;

/** How one operand walks: rows of A lie `aRow` apart and steps `aStep`; rows of B `bStep`. All in floats. */
struct Walk {
  int64_t aRow, aStep, bStep, cRow;
};

/** A tile of R rows by V vectors, the last of them with `mask` lanes. @tparam Masked B ends where the mask does */
template <int R, int V, bool Masked, bool Add>
void tile(const float* a, const float* b, float* c, Walk w, int64_t depth, Mask mask) {
  Vec sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) sum[r][v] = splat(0);
  }
  const float* row[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) row[r] = a + r * w.aRow;
  for (int64_t p = 0; p < depth; p++) {
    Vec line[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) {
      line[v] = Masked && v == V - 1 ? load(b + v * kLanes, mask) : load(b + v * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      const Vec x = splat(row[r][p * w.aStep]);
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) sum[r][v] += x * line[v];
    }
    b += w.bStep;
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) {
      float* to = c + r * w.cRow + v * kLanes;
      const bool last = v == V - 1;
      if (Add) sum[r][v] += last ? load(to, mask) : load(to);
      if (last) store(to, sum[r][v], mask);
      else store(to, sum[r][v]);
    }
  }
}

/** The rows that do not fill a tile. */
template <int R, int V, bool Masked, bool Add>
void shortTile(int64_t rows, const float* a, const float* b, float* c, Walk w, int64_t depth, Mask mask) {
  if constexpr (R > 0) {
    if (rows == R) tile<R, V, Masked, Add>(a, b, c, w, depth, mask);
    else shortTile<R - 1, V, Masked, Add>(rows, a, b, c, w, depth, mask);
  }
}

/** All rows against one panel of V vectors. */
template <int V, bool Masked, bool Add>
void panel(const float* a, const float* b, float* c, Walk w, int64_t rows, int64_t depth, Mask mask) {
  constexpr int R = tileRows(V);
  int64_t r = 0;
  for (; r + R <= rows; r += R) tile<R, V, Masked, Add>(a + r * w.aRow, b, c + r * w.cRow, w, depth, mask);
  shortTile<R - 1, V, Masked, Add>(rows - r, a + r * w.aRow, b, c + r * w.cRow, w, depth, mask);
}

/** Chooses the panel's width at run time. */
template <bool Masked, bool Add>
void panelOf(int64_t vectors, const float* a, const float* b, float* c, Walk w, int64_t rows, int64_t depth,
             Mask mask) {
  if (vectors == 1) return panel<1, Masked, Add>(a, b, c, w, rows, depth, mask);
  if (vectors == 2) return panel<2, Masked, Add>(a, b, c, w, rows, depth, mask);
  if constexpr (kPanel == 4) {
    if (vectors == 3) return panel<3, Masked, Add>(a, b, c, w, rows, depth, mask);
    panel<4, Masked, Add>(a, b, c, w, rows, depth, mask);
  }
}

}  // namespace

int64_t packedFloats(int64_t depth, int64_t columns) { return depth * vectorsOf(columns) * kLanes; }

void pack(const float* b, int64_t row, int64_t step, int64_t depth, int64_t columns, float* packed) {
  for (int64_t j = 0; j < columns; j += kPanel * kLanes) {
    const int64_t width = std::min<int64_t>(columns - j, kPanel * kLanes);
    const int64_t padded = vectorsOf(width) * kLanes;
    for (int64_t p = 0; p < depth; p++, packed += padded) {
      const float* from = b + p * row + j * step;
      for (int64_t q = 0; q < width; q++) packed[q] = from[q * step];
      std::fill(packed + width, packed + padded, 0.f);
    }
  }
}

void multiplyPacked(const float* a, const float* packed, float* c, int64_t rows, int64_t depth, int64_t columns) {
  // All panels of a few rows before the next rows: C is then written from front to back.
  const int64_t step = std::clamp<int64_t>(kCachedWidth / std::max(columns, depth), 1, 8) * kRowStep;
  for (int64_t r = 0; r < rows; r += step) {
    const float* panel = packed;
    for (int64_t j = 0; j < columns; j += kPanel * kLanes) {
      const int64_t width = std::min<int64_t>(columns - j, kPanel * kLanes);
      const int64_t vectors = vectorsOf(width);
      const Walk walk = {depth, 1, vectors * kLanes, columns};
      panelOf<false, false>(vectors, a + r * depth, panel, c + r * columns + j, walk, std::min(step, rows - r), depth,
                            lanesAt(vectors - 1, width));
      panel += depth * vectors * kLanes;
    }
  }
}

void addTransposed(const float* a, int64_t aRow, const float* b, float* c, int64_t rows, int64_t columns,
                   int64_t depth) {
  const Walk walk = {1, aRow, columns, columns};
  for (int64_t j = 0; j < columns; j += kPanel * kLanes) {
    const int64_t width = std::min<int64_t>(columns - j, kPanel * kLanes);
    const int64_t vectors = vectorsOf(width);
    panelOf<true, true>(vectors, a, b + j, c + j, walk, rows, depth, lanesAt(vectors - 1, width));
  }
}

int64_t rowsAtOnce(int64_t depth) {
  constexpr int64_t floats = 32768;
  return std::clamp<int64_t>(floats / depth, 2 * kRowStep, 40 * kRowStep) / kRowStep * kRowStep;
}

}  // namespace fastpath
