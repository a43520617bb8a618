/**
 * @file Batch normalisation over the rows of x[rows, channels] with an optional ReLU6 behind it, and its gradient.
 * Mean and variance: two passes inside a block of rows that fits the cache, blocks merged by the rule of Chan, Golub &
 * LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979). Gradient: with g = dy where
 * ReLU6 passes and x̂ = (x − mean)/√(variance + ε), dshift = Σ g, dscale = Σ g·x̂,
 * dx = scale/√(variance + ε)·(g − dshift/rows − x̂·dscale/rows) (Ioffe & Szegedy 2015, section 3).
 */
#include <algorithm>
#include <cmath>

#include "channel-groups.h"
#include "lanes.h"
#include "op.h"
#include "parallel.h"

namespace fastpath {
namespace {

constexpr float kEpsilon = 1e-3f;
/** Floats of one block of rows (16 KB): its second pass finds it in the first-level cache. */
constexpr int64_t kBlockFloats = 4096;
/** Parts that the rows fall into, whatever the number of threads; sums are merged in their order. */
constexpr int64_t kParts = 16;

struct Rows {
  int64_t count, channels, parts;
  int64_t begin(int64_t part) const { return count * part / parts; }
};

Rows rowsOf(const Call& call) {
  const int64_t channels = call.length(0, -1), rows = call.size(0) / channels;
  return {rows, channels, std::clamp<int64_t>(rows * channels / kBlockFloats, 1, kParts)};
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

/** mean[channels] and biased variance[channels]. */
void statistics(const float* x, const Rows& rows, float* mean, float* variance) {
  const int64_t channels = rows.channels;
  std::vector<float> means(rows.parts * channels), squares(rows.parts * channels);
  const int64_t block = std::max<int64_t>(8, kBlockFloats / channels);
  parallel(rows.parts, [&](int64_t part) {
    const int64_t begin = rows.begin(part), end = rows.begin(part + 1);
    for (int64_t r = begin; r < end; r += block) {
      const int64_t count = std::min(block, end - r);
      eachGroup<8>(channels, [&](auto group) {
        mergeRows(group, x + r * channels, channels, r - begin, count, means.data() + part * channels,
                  squares.data() + part * channels);
      });
    }
  });
  for (int64_t c = 0; c < channels; c++) {
    double middle = 0, square = 0, seen = 0;
    for (int64_t part = 0; part < rows.parts; part++) {
      const double count = (double)(rows.begin(part + 1) - rows.begin(part));
      const double delta = means[part * channels + c] - middle;
      middle += delta * count / (seen + count);
      square += squares[part * channels + c] + delta * delta * seen * count / (seen + count);
      seen += count;
    }
    mean[c] = (float)middle;
    variance[c] = (float)(square / rows.count);
  }
}

/** Calls `each(offset, channel, lanes...)` for every vector of every row; pieces of rows in parallel. */
template <typename Each>
void eachRowVector(const Rows& rows, const Each& each) {
  const int64_t whole = rows.channels / kLanes * kLanes;
  const Mask tail = firstLanes(rows.channels - whole);
  parallel(rows.parts, [&](int64_t part) {
    for (int64_t r = rows.begin(part); r < rows.begin(part + 1); r++) {
      for (int64_t c = 0; c < whole; c += kLanes) each(r * rows.channels + c, c);
      if (whole < rows.channels) each(r * rows.channels + whole, whole, tail);
    }
  });
}

/** scale/√(variance + ε) of each channel. */
std::vector<float> factors(const float* scale, const float* variance, int64_t channels) {
  std::vector<float> factor(channels);
  for (int64_t c = 0; c < channels; c++) factor[c] = scale[c] / std::sqrt(variance[c] + kEpsilon);
  return factor;
}

void normalise(const Rows& rows, const float* x, float* y, const float* mean, const float* variance,
               const float* scale, const float* shift, bool cut) {
  const std::vector<float> factor = factors(scale, variance, rows.channels);
  const float* f = factor.data();
  eachRowVector(rows, [=](int64_t i, int64_t c, auto... lanes) {
    const Vec v = (load(x + i, lanes...) - load(mean + c, lanes...)) * load(f + c, lanes...) + load(shift + c, lanes...);
    store(y + i, cut ? relu6(v) : v, lanes...);
  });
}

/** Inputs x, scale, shift. */
void batchNorm(Call& call) {
  const Rows rows = rowsOf(call);
  float* y = call.output(0, call.shape(0));
  float *mean = call.output(1, {rows.channels}), *variance = call.output(2, {rows.channels});
  if (y == nullptr || mean == nullptr || variance == nullptr) return;
  statistics(call.input(0), rows, mean, variance);
  normalise(rows, call.input(0), y, mean, variance, call.input(1), call.input(2), call.integers()[0] != 0);
}

/** Inputs x, scale, shift, mean, variance. */
void batchNormInference(Call& call) {
  float* y = call.output(0, call.shape(0));
  if (y == nullptr) return;
  normalise(rowsOf(call), call.input(0), y, call.input(3), call.input(4), call.input(1), call.input(2),
            call.integers()[0] != 0);
}

/** g of one vector: dy where ReLU6 passes, that is where 0 < centred·factor + shift < 6. */
inline Vec passing(Vec dy, Vec centred, Vec factor, Vec shift) {
  const Vec before = centred * factor + shift;
  return before > splat(0) ? (before < splat(6) ? dy : splat(0)) : splat(0);
}

/** Per channel: mean, scale/√(variance + ε), shift. */
struct Affine {
  const float *mean, *factor, *shift;
};

/** Adds Σ g to sums[0 … channels) and Σ g·(x − mean) to the `channels` floats behind, over `count` rows. */
template <bool Cut, int V>
void addSums(Group<V> group, const float* x, const float* dy, int64_t channels, int64_t count, Affine affine,
             float* sums) {
  Vec sum[V], product[V], mean[V], factor[V], shift[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; v++) {
    sum[v] = product[v] = splat(0);
    mean[v] = group.at(affine.mean, v);
    factor[v] = group.at(affine.factor, v);
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

/** Inputs x, dy, scale, shift, mean, variance. */
void batchNormGrad(Call& call) {
  const Rows rows = rowsOf(call);
  const int64_t channels = rows.channels;
  const float *x = call.input(0), *dy = call.input(1), *scale = call.input(2), *shift = call.input(3);
  const float *mean = call.input(4), *variance = call.input(5);
  const bool cut = call.integers()[0] != 0;
  float* dx = call.output(0, call.shape(0));
  float *dscale = call.output(1, {channels}), *dshift = call.output(2, {channels});
  if (dx == nullptr || dscale == nullptr || dshift == nullptr) return;
  const std::vector<float> factor = factors(scale, variance, channels);
  std::vector<float> sums(2 * rows.parts * channels);
  const int64_t block = std::max<int64_t>(8, kBlockFloats / channels);
  parallel(rows.parts, [&](int64_t part) {
    float* sum = sums.data() + 2 * part * channels;
    for (int64_t r = rows.begin(part); r < rows.begin(part + 1); r += block) {
      const int64_t count = std::min(rows.begin(part + 1) - r, block), offset = r * channels;
      eachGroup<4>(channels, [&](auto group) {
        if (cut) addSums<true>(group, x + offset, dy + offset, channels, count, {mean, factor.data(), shift}, sum);
        else addSums<false>(group, x + offset, dy + offset, channels, count, {mean, factor.data(), shift}, sum);
      });
    }
  });
  std::vector<float> middle(channels), slope(channels);
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0, product = 0;
    for (int64_t part = 0; part < rows.parts; part++) {
      sum += sums[2 * part * channels + c];
      product += sums[(2 * part + 1) * channels + c];
    }
    const double inverse = 1 / std::sqrt((double)variance[c] + kEpsilon);
    dshift[c] = (float)sum;
    dscale[c] = (float)(product * inverse);
    middle[c] = (float)(sum / rows.count);
    slope[c] = (float)(product * inverse * inverse / rows.count);
  }
  const float *f = factor.data(), *m = middle.data(), *s = slope.data();
  eachRowVector(rows, [=](int64_t i, int64_t c, auto... lanes) {
    const Vec centred = load(x + i, lanes...) - load(mean + c, lanes...), factor = load(f + c, lanes...);
    Vec g = load(dy + i, lanes...);
    if (cut) g = passing(g, centred, factor, load(shift + c, lanes...));
    store(dx + i, factor * (g - load(m + c, lanes...) - centred * load(s + c, lanes...)), lanes...);
  });
}

}  // namespace

std::vector<Operation> normalisationOperations() {
  return {
      operation<batchNorm>("FastpathBatchNorm", {"x: float", "scale: float", "shift: float"},
                           {"y: float", "mean: float", "variance: float"}),
      operation<batchNormInference>("FastpathBatchNormInference",
                                    {"x: float", "scale: float", "shift: float", "mean: float", "variance: float"},
                                    {"y: float"}),
      operation<batchNormGrad>(
          "FastpathBatchNormGrad",
          {"x: float", "dy: float", "scale: float", "shift: float", "mean: float", "variance: float"},
          {"dx: float", "dscale: float", "dshift: float"}),
  };
}

}  // namespace fastpath
