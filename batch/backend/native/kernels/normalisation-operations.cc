/** @file Batch normalisation by itself: forward on batch statistics or given ones, and its gradient. */
#include "normalisation.h"
#include "op.h"

namespace fastpath {
namespace {

/** Inputs x, scale, shift. */
void batchNorm(Call& call) {
  const int64_t channels = call.length(0, -1), rows = call.size(0) / channels;
  const float* x = call.input(0);
  float* y = call.output(0, call.shape(0));
  float *mean = call.output(1, {channels}), *variance = call.output(2, {channels});
  if (y == nullptr || mean == nullptr || variance == nullptr) return;
  statistics(x, rows, channels, mean, variance);
  const Affine affine(channels, call.input(1), call.input(2), mean, variance, call.integers()[0] != 0);
  normaliseAll(affine, channels, x, y, rows);
}

/** Inputs x, scale, shift, mean, variance. */
void batchNormInference(Call& call) {
  const int64_t channels = call.length(0, -1), rows = call.size(0) / channels;
  const float* x = call.input(0);
  float* y = call.output(0, call.shape(0));
  if (y == nullptr) return;
  const Affine affine(channels, call.input(1), call.input(2), call.input(3), call.input(4), call.integers()[0] != 0);
  normaliseAll(affine, channels, x, y, rows);
}

/** Inputs x, dy, scale, shift, mean, variance. */
void batchNormGrad(Call& call) {
  const int64_t channels = call.length(0, -1), rows = call.size(0) / channels;
  const float *x = call.input(0), *dy = call.input(1);
  float* dx = call.output(0, call.shape(0));
  float *dscale = call.output(1, {channels}), *dshift = call.output(2, {channels});
  if (dx == nullptr || dscale == nullptr || dshift == nullptr) return;
  const Affine affine(channels, call.input(2), call.input(3), call.input(4), call.input(5), call.integers()[0] != 0);
  const NormGradient gradient(affine, call.input(5), channels, x, dy, rows, dscale, dshift);
  gradient.applyAll(x, dy, dx, rows);
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
