/** @file Global average pooling, the linear classifier, and softmax cross-entropy. */
#include <algorithm>
#include <cmath>
#include <cstring>

#include "gemm.h"
#include "lanes.h"
#include "op.h"
#include "parallel.h"

namespace fastpath {
namespace {

/** x [n, h, w, c] → [n, c]. */
void globalAveragePool(Call& call) {
  const float* x = call.input(0);
  const int64_t batch = call.length(0, 0), channels = call.length(0, 3), pixels = call.length(0, 1) * call.length(0, 2);
  float* y = call.output(0, {batch, channels});
  if (y == nullptr) return;
  parallel(batch, [&](int64_t image) {
    for (int64_t c = 0; c < channels; c += kLanes) {
      const Mask mask = firstLanes(channels - c);
      Vec sum = splat(0);
      for (int64_t p = 0; p < pixels; p++) sum += load(x + (image * pixels + p) * channels + c, mask);
      store(y + image * channels + c, sum * splat(1.f / pixels), mask);
    }
  });
}

/** dy [n, c]; the attribute is the shape of x. */
void globalAveragePoolGrad(Call& call) {
  const float* dy = call.input(0);
  const auto& shape = call.integers();
  const int64_t channels = shape[3], pixels = shape[1] * shape[2];
  float* dx = call.output(0, shape);
  if (dx == nullptr) return;
  parallel(shape[0], [&](int64_t image) {
    float* first = dx + image * pixels * channels;
    for (int64_t c = 0; c < channels; c++) first[c] = dy[image * channels + c] / pixels;
    for (int64_t p = 1; p < pixels; p++) std::memcpy(first + p * channels, first, channels * sizeof(float));
  });
}

/** C = A · B over row pieces of a size that keeps all threads at work. */
void product(const float* a, const float* b, int64_t bRow, int64_t bStep, float* c, int64_t rows, int64_t depth,
             int64_t columns) {
  std::vector<float> packed(packedFloats(depth, columns));
  pack(b, bRow, bStep, depth, columns, packed.data());
  const int64_t step = 24;
  parallel((rows + step - 1) / step, [&](int64_t piece) {
    const int64_t first = piece * step, count = std::min(step, rows - first);
    multiplyPacked(a + first * depth, packed.data(), c + first * columns, count, depth, columns);
  });
}

/** x [n, cin] · w [cin, cout] + b [cout]. */
void linear(Call& call) {
  const int64_t rows = call.length(0, 0), depth = call.length(0, 1), columns = call.length(1, 1);
  float* y = call.output(0, {rows, columns});
  if (y == nullptr) return;
  product(call.input(0), call.input(1), columns, 1, y, rows, depth, columns);
  const float* bias = call.input(2);
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) y[i * columns + j] += bias[j];
  }
}

/** Inputs x [n, cin], dy [n, cout], w [cin, cout]. */
void linearGrad(Call& call) {
  const float *x = call.input(0), *dy = call.input(1), *w = call.input(2);
  const int64_t rows = call.length(0, 0), depth = call.length(0, 1), columns = call.length(1, 1);
  float *dx = call.output(0, {rows, depth}), *dw = call.output(1, {depth, columns}), *db = call.output(2, {columns});
  if (dx == nullptr || dw == nullptr || db == nullptr) return;
  product(dy, w, 1, columns, dx, rows, columns, depth);
  std::memset(dw, 0, depth * columns * sizeof(float));
  const int64_t step = 48;
  parallel((depth + step - 1) / step, [&](int64_t piece) {
    const int64_t first = piece * step;
    addTransposed(x + first, depth, dy, dw + first * columns, std::min(step, depth - first), columns, rows);
  });
  std::memset(db, 0, columns * sizeof(float));
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) db[j] += dy[i * columns + j];
  }
}

/**
 * Inputs logits [n, classes], labels [n], settings [smoothing]. Target 1 − smoothing + smoothing/classes for the label
 * and smoothing/classes elsewhere (Szegedy et al. 2016, section 7). Outputs the gradient of the mean loss and
 * [mean loss, right answers]; a tie goes to the lower class.
 */
void softmaxCrossEntropy(Call& call) {
  const float* logits = call.input(0);
  const int32_t* labels = call.integersOf(1);
  const int64_t rows = call.length(0, 0), classes = call.length(0, 1);
  const double smoothing = *call.input(2), rest = smoothing / classes;
  float *gradient = call.output(0, {rows, classes}), *score = call.output(1, {2});
  if (gradient == nullptr || score == nullptr) return;
  std::vector<double> losses(rows);
  std::vector<char> right(rows);
  parallel(rows, [&](int64_t row) {
    const float* at = logits + row * classes;
    float* to = gradient + row * classes;
    int64_t best = 0;
    double sum = 0, total = 0;
    for (int64_t c = 0; c < classes; c++) {
      sum += at[c];
      if (at[c] > at[best]) best = c;
    }
    for (int64_t c = 0; c < classes; c++) total += std::exp((double)at[c] - at[best]);
    const double logTotal = at[best] + std::log(total);
    losses[row] = logTotal - (1 - smoothing) * at[labels[row]] - rest * sum;
    right[row] = best == labels[row];
    for (int64_t c = 0; c < classes; c++) {
      const double target = rest + (c == labels[row] ? 1 - smoothing : 0);
      to[c] = (float)((std::exp(at[c] - logTotal) - target) / rows);
    }
  });
  double loss = 0;
  int64_t correct = 0;
  for (int64_t row = 0; row < rows; row++) {
    loss += losses[row];
    correct += right[row];
  }
  score[0] = (float)(loss / rows);
  score[1] = (float)correct;
}

}  // namespace

std::vector<Operation> classifierOperations() {
  return {
      operation<globalAveragePool>("FastpathGlobalAveragePool", {"x: float"}, {"y: float"}),
      operation<globalAveragePoolGrad>("FastpathGlobalAveragePoolGrad", {"dy: float"}, {"dx: float"}),
      operation<linear>("FastpathLinear", {"x: float", "w: float", "b: float"}, {"y: float"}),
      operation<linearGrad>("FastpathLinearGrad", {"x: float", "dy: float", "w: float"},
                            {"dx: float", "dw: float", "db: float"}),
      operation<softmaxCrossEntropy>("FastpathSoftmaxCrossEntropy",
                                     {"logits: float", "labels: int32", "settings: float"},
                                     {"gradient: float", "score: float"}),
  };
}

}  // namespace fastpath
