/** @file Batch normalisation as pieces that convolutions run on rows still in the cache. */
#pragma once
#include <cstdint>
#include <vector>

#include "lanes.h"

namespace fastpath {

/** Added to the variance before its root. */
constexpr float kEpsilon = 1e-3f;

/** Mean and sum of squared deviations of each piece of rows; pieces are merged in their order. */
class Statistics {
 public:
  Statistics(int64_t pieces, int64_t channels);
  /** Takes the `rows` rows of a piece. Pieces may be added in any order, by different threads. */
  void add(int64_t piece, const float* x, int64_t rows);
  /** mean[channels] and biased variance[channels] of all rows. */
  void finish(float* mean, float* variance) const;

 private:
  int64_t channels_;
  std::vector<int64_t> counts_;
  std::vector<float> means_, squares_;
};

/** mean[channels] and biased variance[channels] of all rows, on all threads. */
void statistics(const float* x, int64_t rows, int64_t channels, float* mean, float* variance);

/** What normalises one channel: y = [ReLU6] (x − mean)·factor + shift, where factor is scale/√(variance + ε). */
struct Affine {
  const float* mean;
  std::vector<float> factor;
  const float* shift;
  bool relu6;
  Affine(int64_t channels, const float* scale, const float* shift, const float* mean, const float* variance,
         bool relu6);
};

/** g of one vector: dy where ReLU6 passes, that is where 0 < centred·factor + shift < 6. */
inline Vec passing(Vec dy, Vec centred, Vec factor, Vec shift) {
  const Vec before = centred * factor + shift;
  return before > splat(0) ? (before < splat(6) ? dy : splat(0)) : splat(0);
}

/** y of `rows` rows, on all threads. */
void normaliseAll(const Affine& affine, int64_t channels, const float* x, float* y, int64_t rows);

/** y of `rows` rows. */
void normalise(const Affine& affine, int64_t channels, const float* x, float* y, int64_t rows);

/**
 * Gradient of batch normalisation on batch statistics: with g = dy where ReLU6 passes and x̂ = (x − mean)/√(variance + ε),
 * dshift = Σ g, dscale = Σ g·x̂, dx = factor·(g − dshift/rows − x̂·dscale/rows) (Ioffe & Szegedy 2015, section 3).
 */
class NormGradient {
 public:
  /** Sums over all rows of x and dy, on all threads, and writes dscale[channels] and dshift[channels]. */
  NormGradient(const Affine& affine, const float* variance, int64_t channels, const float* x, const float* dy,
               int64_t rows, float* dscale, float* dshift);
  /** dx of all rows, on all threads. */
  void applyAll(const float* x, const float* dy, float* dx, int64_t rows) const;
  /** dx of `rows` rows from those of x and dy. */
  void apply(const float* x, const float* dy, float* dx, int64_t rows) const;
  /** One vector of channels. */
  struct Channel {
    Vec mean, factor, shift, middle, slope;
    bool relu6;
    /** dx where x and dy are given. */
    Vec at(Vec x, Vec dy) const {
      const Vec centred = x - mean;
      return factor * ((relu6 ? passing(dy, centred, factor, shift) : dy) - middle - centred * slope);
    }
  };
  Channel channel(int64_t first, Mask lanes) const;

 private:
  const Affine& affine_;
  int64_t channels_;
  std::vector<float> middle_, slope_;
};

}  // namespace fastpath
