/**
 * @file Convolution and its two gradients as matrix products. A 1×1 convolution of stride 1 is one product over all
 * pixels; any other gathers the windows of some output pixels into a matrix first ("im2col").
 */
#include <algorithm>
#include <cstring>

#include "gemm.h"
#include "lanes.h"
#include "op.h"
#include "parallel.h"

namespace fastpath {
namespace {

bool isProduct(const Geometry& g) {
  return g.kernelHeight == 1 && g.kernelWidth == 1 && g.strideY == 1 && g.strideX == 1 && g.padTop == 0 &&
         g.padLeft == 0;
}

int64_t windowOf(const Geometry& g) { return g.kernelHeight * g.kernelWidth * g.inChannels; }

/** Calls `visit(inputPixel or −1, tap)` for the taps of one output pixel of image 0. */
template <typename Visit>
void eachTap(const Geometry& g, int64_t pixel, const Visit& visit) {
  const int64_t top = pixel / g.outWidth * g.strideY - g.padTop, left = pixel % g.outWidth * g.strideX - g.padLeft;
  for (int64_t ky = 0, tap = 0; ky < g.kernelHeight; ky++) {
    for (int64_t kx = 0; kx < g.kernelWidth; kx++, tap++) {
      const int64_t y = top + ky, x = left + kx;
      const bool inside = y >= 0 && y < g.height && x >= 0 && x < g.width;
      visit(inside ? y * g.width + x : -1, tap);
    }
  }
}

/** Copies the windows of output pixels [first, first + count) of the whole batch to rows[count, window]. */
void gather(const Geometry& g, const float* x, int64_t first, int64_t count, float* rows) {
  for (int64_t p = first; p < first + count; p++, rows += windowOf(g)) {
    const float* image = x + p / g.outPixels() * g.inPixels() * g.inChannels;
    eachTap(g, p % g.outPixels(), [&](int64_t pixel, int64_t tap) {
      float* to = rows + tap * g.inChannels;
      if (pixel < 0) std::memset(to, 0, g.inChannels * sizeof(float));
      else std::memcpy(to, image + pixel * g.inChannels, g.inChannels * sizeof(float));
    });
  }
}

/** C[rows, columns] = A[rows, depth] · B, pieces of rows at a time; `rowsOf(first, count)` gives those of A. */
template <typename RowsOf>
void multiply(int64_t rows, int64_t depth, int64_t columns, const float* packed, float* c, const RowsOf& rowsOf) {
  const int64_t step = rowsAtOnce(depth);
  parallel((rows + step - 1) / step, [&](int64_t piece) {
    const int64_t first = piece * step, count = std::min(step, rows - first);
    multiplyPacked(rowsOf(first, count), packed, c + first * columns, count, depth, columns);
  });
}

std::vector<float>& packedWeights(int64_t floats) {
  thread_local std::vector<float> packed;
  if ((int64_t)packed.size() < floats) packed.resize(floats);
  return packed;
}

void conv2d(Call& call) {
  const Geometry& g = call.geometry();
  const float* x = call.input(0);
  float* y = call.output(0, {g.batch, g.outHeight, g.outWidth, g.outChannels});
  if (y == nullptr) return;
  const int64_t window = windowOf(g);
  float* packed = packedWeights(packedFloats(window, g.outChannels)).data();
  pack(call.input(1), g.outChannels, 1, window, g.outChannels, packed);
  multiply(g.batch * g.outPixels(), window, g.outChannels, packed, y, [&](int64_t first, int64_t count) {
    if (isProduct(g)) return x + first * window;
    float* rows = scratch(count * window);
    gather(g, x, first, count, rows);
    return static_cast<const float*>(rows);
  });
}

/** dx = dy · wᵀ, for a larger window added up where windows overlap. */
void conv2dInputGrad(Call& call) {
  const Geometry& g = call.geometry();
  const float* dy = call.input(0);
  float* dx = call.output(0, {g.batch, g.height, g.width, g.inChannels});
  if (dx == nullptr) return;
  const int64_t window = windowOf(g);
  float* packed = packedWeights(packedFloats(g.outChannels, window)).data();
  pack(call.input(1), 1, g.outChannels, g.outChannels, window, packed);
  if (isProduct(g)) {
    multiply(g.batch * g.outPixels(), g.outChannels, window, packed, dx,
             [&](int64_t first, int64_t) { return dy + first * g.outChannels; });
    return;
  }
  parallel(g.batch, [&](int64_t image) {
    float* to = dx + image * g.inPixels() * g.inChannels;
    std::memset(to, 0, g.inPixels() * g.inChannels * sizeof(float));
    const int64_t step = rowsAtOnce(window);
    float* rows = scratch(step * window);
    for (int64_t first = 0; first < g.outPixels(); first += step) {
      const int64_t count = std::min(step, g.outPixels() - first);
      multiplyPacked(dy + (image * g.outPixels() + first) * g.outChannels, packed, rows, count, g.outChannels, window);
      for (int64_t p = 0; p < count; p++) {
        eachTap(g, first + p, [&](int64_t pixel, int64_t tap) {
          if (pixel < 0) return;
          const float* from = rows + p * window + tap * g.inChannels;
          for (int64_t c = 0; c < g.inChannels; c++) to[pixel * g.inChannels + c] += from[c];
        });
      }
    }
  });
}

/** Output pixels that one part of a filter gradient sums over, where there are many. */
constexpr int64_t kPartPixels = 4096;
constexpr int64_t kMostParts = 8;
/** Rows of the filter gradient that one piece of work computes. */
constexpr int64_t kFilterRows = 192;
/** Floats of both operands that are visited for all tiles before the next ones. */
constexpr int64_t kBlockFloats = 49152;

/**
 * dw = xᵀ · dy. Pixels fall into parts, and rows of dw into blocks, by the shape alone; parts are added in order, so that
 * the sum is the same on any number of threads.
 */
void conv2dFilterGrad(Call& call) {
  const Geometry& g = call.geometry();
  const float *x = call.input(0), *dy = call.input(1);
  float* dw = call.output(0, {g.kernelHeight, g.kernelWidth, g.inChannels, g.outChannels});
  if (dw == nullptr) return;
  const int64_t window = windowOf(g), columns = g.outChannels, pixels = g.batch * g.outPixels();
  const bool product = isProduct(g);
  const int64_t parts = std::clamp<int64_t>(pixels / kPartPixels, 1, kMostParts);
  const int64_t blocks = product ? (window + kFilterRows - 1) / kFilterRows : 1;
  const int64_t perPart = (pixels + parts - 1) / parts;
  std::vector<float> sums(parts > 1 ? parts * window * columns : 0);
  if (parts == 1) std::memset(dw, 0, window * columns * sizeof(float));
  parallel(parts * blocks, [&](int64_t piece) {
    const int64_t part = piece / blocks, row = piece % blocks * kFilterRows;
    const int64_t rows = product ? std::min(kFilterRows, window - row) : window;
    float* to = (parts > 1 ? sums.data() + part * window * columns : dw) + row * columns;
    const int64_t step = std::max<int64_t>(32, kBlockFloats / (rows + columns));
    const int64_t end = std::min(pixels, (part + 1) * perPart);
    for (int64_t first = part * perPart; first < end; first += step) {
      const int64_t count = std::min(step, end - first);
      const float* from = x + first * window + row;
      if (!product) {
        float* gathered = scratch(step * window);
        gather(g, x, first, count, gathered);
        from = gathered;
      }
      addTransposed(from, window, dy + first * columns, to, rows, columns, count);
    }
  });
  if (parts == 1) return;
  for (int64_t i = 0; i < window * columns; i++) {
    float sum = 0;
    for (int64_t part = 0; part < parts; part++) sum += sums[part * window * columns + i];
    dw[i] = sum;
  }
}

}  // namespace

std::vector<Operation> convolutionOperations() {
  return {
      operation<conv2d>("FastpathConv2D", {"x: float", "w: float"}, {"y: float"}),
      operation<conv2dInputGrad>("FastpathConv2DInputGrad", {"dy: float", "w: float"}, {"dx: float"}),
      operation<conv2dFilterGrad>("FastpathConv2DFilterGrad", {"x: float", "dy: float"}, {"dw: float"}),
  };
}

}  // namespace fastpath
