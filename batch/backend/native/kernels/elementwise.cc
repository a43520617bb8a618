/** @file Sums, products, the inner product, and the optimiser's update in place. */
#include <algorithm>
#include <array>

#include "lanes.h"
#include "op.h"
#include "parallel.h"

namespace fastpath {
namespace {

/** Floats of one piece of work. */
constexpr int64_t kPiece = 1 << 15;

/** Calls `each(offset, mask)` for all vectors of `size` floats, whole ones with all lanes. */
template <typename Each>
void eachVector(int64_t size, const Each& each) {
  parallel((size + kPiece - 1) / kPiece, [&](int64_t piece) {
    const int64_t end = std::min(size, (piece + 1) * kPiece);
    for (int64_t i = piece * kPiece; i < end; i += kLanes) each(i, firstLanes(end - i));
  });
}

void add(Call& call) {
  const float *a = call.input(0), *b = call.input(1);
  float* sum = call.output(0, call.shape(0));
  if (sum == nullptr) return;
  eachVector(call.size(0), [=](int64_t i, Mask mask) { store(sum + i, load(a + i, mask) + load(b + i, mask), mask); });
}

void multiply(Call& call) {
  const float *a = call.input(0), *b = call.input(1);
  float* product = call.output(0, call.shape(0));
  if (product == nullptr) return;
  eachVector(call.size(0),
             [=](int64_t i, Mask mask) { store(product + i, load(a + i, mask) * load(b + i, mask), mask); });
}

/** Σ a·b in float64: pieces by themselves, then all pieces in order. */
void innerProduct(Call& call) {
  const float *a = call.input(0), *b = call.input(1);
  float* sum = call.output(0, {1});
  if (sum == nullptr) return;
  const int64_t size = call.size(0), pieces = (size + kPiece - 1) / kPiece;
  std::vector<double> sums(pieces);
  parallel(pieces, [&](int64_t piece) {
    std::array<double, 16> lanes{};
    int64_t i = piece * kPiece;
    const int64_t end = std::min(size, i + kPiece);
    for (; i + 16 <= end; i += 16) {
      for (int lane = 0; lane < 16; lane++) lanes[lane] += (double)a[i + lane] * b[i + lane];
    }
    for (; i < end; i++) lanes[0] += (double)a[i] * b[i];
    for (double lane : lanes) sums[piece] += lane;
  });
  double total = 0;
  for (double piece : sums) total += piece;
  *sum = (float)total;
}

/** settings [learningRate, momentum, weightDecay]: g = grad + decay·value; velocity = momentum·velocity + g;
 * value −= rate·(g + momentum·velocity). */
void sgdNesterov(Call& call) {
  float *value = call.inPlace(0), *velocity = call.inPlace(1);
  const float* grad = call.input(2);
  const float* settings = call.input(3);
  const Vec rate = splat(settings[0]), momentum = splat(settings[1]), decay = splat(settings[2]);
  eachVector(call.size(0), [=](int64_t i, Mask mask) {
    const Vec w = load(value + i, mask);
    const Vec g = load(grad + i, mask) + decay * w;
    const Vec v = momentum * load(velocity + i, mask) + g;
    store(velocity + i, v, mask);
    store(value + i, w - rate * (g + momentum * v), mask);
  });
}

/** settings [momentum]: running = (1 − momentum)·running + momentum·batch. */
void movingAverage(Call& call) {
  float* running = call.inPlace(0);
  const float* batch = call.input(1);
  const float momentum = *call.input(2);
  for (int64_t i = 0; i < call.size(0); i++) running[i] = (1 - momentum) * running[i] + momentum * batch[i];
}

}  // namespace

std::vector<Operation> elementwiseOperations() {
  return {
      operation<add>("FastpathAdd", {"a: float", "b: float"}, {"sum: float"}),
      operation<multiply>("FastpathMultiply", {"a: float", "b: float"}, {"product: float"}),
      operation<innerProduct>("FastpathInnerProduct", {"a: float", "b: float"}, {"sum: float"}),
      operation<sgdNesterov>("FastpathSgdNesterov",
                             {"value: float", "velocity: float", "grad: float", "settings: float"}, {}),
      operation<movingAverage>("FastpathMovingAverage", {"running: float", "batch: float", "settings: float"}, {}),
  };
}

}  // namespace fastpath
