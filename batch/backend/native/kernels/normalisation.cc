/**
 * @file Batch normalisation over the rows of x[rows, channels] with an optional ReLU6 behind it, and its gradient.
 * Mean and variance: two passes inside a block of rows that fits the cache, blocks merged by the rule of Chan, Golub &
 * LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).
 */
#include "normalisation.h"

#include <algorithm>
#include <cmath>

#include "channel-groups.h"
#include "parallel.h"

namespace fastpath {
namespace {

/** Floats of one block of rows (16 KB): its second pass finds it in the first-level cache. */
constexpr int64_t kBlockFloats = 4096;
/** Pieces that rows fall into, whatever the number of threads. */
constexpr int64_t kPieces = 16;

int64_t blockRows(int64_t channels) { return std::max<int64_t>(8, kBlockFloats / channels); }

/** Calls `each(piece, firstRow, rows)` for pieces of rows, in parallel. */
template <typename Each>
void eachPiece(int64_t rows, int64_t pieces, const Each& each) {
  parallel(pieces, [&](int64_t piece) {
    const int64_t first = rows * piece / pieces;
    each(piece, first, rows * (piece + 1) / pieces - first);
  });
}

int64_t piecesOf(int64_t rows, int64_t channels) {
  return std::clamp<int64_t>(rows * channels / kBlockFloats, 1, std::min(kPieces, rows));
}

/** Merges `count` rows into mean and sum of squared deviations of the `seen` rows before them. */
template <int V>
void mergeRows(Group<V> group, const float* x, int64_t channels, int64_t seen, int64_t count, float* mean,
               float* squares) {
  const Vec inverse = splat(1.f / count);
  Vec rough[V], drift[V], square[V];
#pragma GCC unroll 8
  for (int v = 0; v < V; v++) rough[v] = drift[v] = square[v] = splat(0);
  for (int64_t r = 0; r < count; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < V; v++) rough[v] += group.at(x + r * channels, v);
  }
#pragma GCC unroll 8
  for (int v = 0; v < V; v++) rough[v] *= inverse;
  for (int64_t r = 0; r < count; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < V; v++) {
      const Vec d = group.at(x + r * channels, v) - rough[v];
      drift[v] += d;
      square[v] += d * d;
    }
  }
  const float total = (float)(seen + count), share = count / total;
#pragma GCC unroll 8
  for (int v = 0; v < V; v++) {
    // The deviations' own mean corrects what rounding left in the first pass.
    const Vec correction = drift[v] * inverse, inside = square[v] - drift[v] * correction;
    const Vec before = group.at(mean, v), delta = rough[v] + correction - before;
    group.put(mean, v, before + delta * splat(share));
    group.put(squares, v, group.at(squares, v) + inside + delta * delta * splat(seen * share));
  }
}

/** Adds Σ g to sums[0 … channels) and Σ g·(x − mean) to the `channels` floats behind, over `count` rows. */
template <bool Cut, int V>
void addSums(Group<V> group, const Affine& affine, const float* x, const float* dy, int64_t channels, int64_t count,
             float* sums) {
  Vec sum[V], product[V], mean[V], factor[V], shift[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; v++) {
    sum[v] = product[v] = splat(0);
    mean[v] = group.at(affine.mean, v);
    factor[v] = group.at(affine.factor.data(), v);
    shift[v] = group.at(affine.shift, v);
  }
  for (int64_t r = 0; r < count; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) {
      const Vec centred = group.at(x + r * channels, v) - mean[v];
      Vec g = group.at(dy + r * channels, v);
      if (Cut) g = passing(g, centred, factor[v], shift[v]);
      sum[v] += g;
      product[v] += g * centred;
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < V; v++) {
    group.put(sums, v, group.at(sums, v) + sum[v]);
    group.put(sums + channels, v, group.at(sums + channels, v) + product[v]);
  }
}

/** Calls `each(offset, channel, lanes...)` for every vector of `rows` rows; whole vectors have no `lanes`. */
template <typename Each>
void eachRowVector(int64_t rows, int64_t channels, const Each& each) {
  const int64_t whole = channels / kLanes * kLanes;
  const Mask tail = firstLanes(channels - whole);
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < whole; c += kLanes) each(r * channels + c, c);
    if (whole < channels) each(r * channels + whole, whole, tail);
  }
}

}  // namespace

Statistics::Statistics(int64_t pieces, int64_t channels)
    : channels_(channels), counts_(pieces), means_(pieces * channels), squares_(pieces * channels) {}

void Statistics::add(int64_t piece, const float* x, int64_t rows) {
  counts_[piece] = rows;
  float *mean = means_.data() + piece * channels_, *squares = squares_.data() + piece * channels_;
  for (int64_t r = 0, step = blockRows(channels_); r < rows; r += step) {
    const int64_t count = std::min(step, rows - r);
    eachGroup<8>(channels_,
                 [&](auto group) { mergeRows(group, x + r * channels_, channels_, r, count, mean, squares); });
  }
}

void Statistics::finish(float* mean, float* variance) const {
  for (int64_t c = 0; c < channels_; c++) {
    double middle = 0, square = 0, seen = 0;
    for (size_t piece = 0; piece < counts_.size(); piece++) {
      const double count = (double)counts_[piece], delta = means_[piece * channels_ + c] - middle;
      middle += delta * count / (seen + count);
      square += squares_[piece * channels_ + c] + delta * delta * seen * count / (seen + count);
      seen += count;
    }
    mean[c] = (float)middle;
    variance[c] = (float)(square / seen);
  }
}

void statistics(const float* x, int64_t rows, int64_t channels, float* mean, float* variance) {
  const int64_t pieces = piecesOf(rows, channels);
  Statistics statistics(pieces, channels);
  eachPiece(rows, pieces, [&](int64_t piece, int64_t first, int64_t count) {
    statistics.add(piece, x + first * channels, count);
  });
  statistics.finish(mean, variance);
}

Affine::Affine(int64_t channels, const float* scale, const float* shift, const float* mean, const float* variance,
               bool relu6)
    : mean(mean), factor(channels), shift(shift), relu6(relu6) {
  for (int64_t c = 0; c < channels; c++) factor[c] = scale[c] / std::sqrt(variance[c] + kEpsilon);
}

void normalise(const Affine& affine, int64_t channels, const float* x, float* y, int64_t rows) {
  const float *mean = affine.mean, *factor = affine.factor.data(), *shift = affine.shift;
  const bool cut = affine.relu6;
  eachRowVector(rows, channels, [=](int64_t i, int64_t c, auto... lanes) {
    const Vec centred = load(x + i, lanes...) - load(mean + c, lanes...);
    const Vec v = centred * load(factor + c, lanes...) + load(shift + c, lanes...);
    store(y + i, cut ? relu6(v) : v, lanes...);
  });
}

void normaliseAll(const Affine& affine, int64_t channels, const float* x, float* y, int64_t rows) {
  eachPiece(rows, piecesOf(rows, channels), [&](int64_t, int64_t first, int64_t count) {
    normalise(affine, channels, x + first * channels, y + first * channels, count);
  });
}

NormGradient::NormGradient(const Affine& affine, const float* variance, int64_t channels, const float* x,
                           const float* dy, int64_t rows, float* dscale, float* dshift)
    : affine_(affine), channels_(channels), middle_(channels), slope_(channels) {
  const int64_t pieces = piecesOf(rows, channels);
  std::vector<float> sums(2 * pieces * channels);
  eachPiece(rows, pieces, [&](int64_t piece, int64_t first, int64_t count) {
    float* sum = sums.data() + 2 * piece * channels;
    const int64_t step = blockRows(channels);
    for (int64_t r = first; r < first + count; r += step) {
      const int64_t taken = std::min(first + count - r, step), offset = r * channels;
      eachGroup<4>(channels, [&](auto group) {
        if (affine.relu6) addSums<true>(group, affine, x + offset, dy + offset, channels, taken, sum);
        else addSums<false>(group, affine, x + offset, dy + offset, channels, taken, sum);
      });
    }
  });
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0, product = 0;
    for (int64_t piece = 0; piece < pieces; piece++) {
      sum += sums[2 * piece * channels + c];
      product += sums[(2 * piece + 1) * channels + c];
    }
    const double inverse = 1 / std::sqrt((double)variance[c] + kEpsilon);
    dshift[c] = (float)sum;
    dscale[c] = (float)(product * inverse);
    middle_[c] = (float)(sum / rows);
    slope_[c] = (float)(product * inverse * inverse / rows);
  }
}

void NormGradient::apply(const float* x, const float* dy, float* dx, int64_t rows) const {
  const float *mean = affine_.mean, *factor = affine_.factor.data(), *shift = affine_.shift;
  const float *middle = middle_.data(), *slope = slope_.data();
  const bool cut = affine_.relu6;
  eachRowVector(rows, channels_, [=](int64_t i, int64_t c, auto... lanes) {
    const Vec centred = load(x + i, lanes...) - load(mean + c, lanes...), f = load(factor + c, lanes...);
    Vec g = load(dy + i, lanes...);
    if (cut) g = passing(g, centred, f, load(shift + c, lanes...));
    store(dx + i, f * (g - load(middle + c, lanes...) - centred * load(slope + c, lanes...)), lanes...);
  });
}

void NormGradient::applyAll(const float* x, const float* dy, float* dx, int64_t rows) const {
  eachPiece(rows, piecesOf(rows, channels_), [&](int64_t, int64_t first, int64_t count) {
    const int64_t offset = first * channels_;
    apply(x + offset, dy + offset, dx + offset, count);
  });
}

NormGradient::Channel NormGradient::channel(int64_t c, Mask lanes) const {
  return {load(affine_.mean + c, lanes), load(affine_.factor.data() + c, lanes), load(affine_.shift + c, lanes),
          load(middle_.data() + c, lanes), load(slope_.data() + c, lanes), affine_.relu6};
}

}  // namespace fastpath
