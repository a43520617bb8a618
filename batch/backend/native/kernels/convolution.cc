/**
 * @file Convolution and its two gradients as matrix products, by themselves and together with batch normalisation. A 1×1
 * convolution of stride 1 is one product over all pixels; any other gathers the windows of some output pixels into a
 * matrix first ("im2col").
 */
#include <algorithm>
#include <cstring>
#include <memory>

#include "gemm.h"
#include "normalisation.h"
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

/** Memory for the weights of one operation; operations run one at a time. */
float* packedWeights(int64_t floats) {
  static std::vector<float> packed;
  if ((int64_t)packed.size() < floats) packed.resize(floats);
  return packed.data();
}

/** Pieces of output pixels of `forward`. */
int64_t piecesOf(const Geometry& g) {
  const int64_t step = rowsAtOnce(windowOf(g));
  return (g.batch * g.outPixels() + step - 1) / step;
}

/** y = x ∗ w; `finished(piece, first, count)` is told of each piece of output pixels while it is in the cache. */
template <typename Finished>
void forward(const Geometry& g, const float* x, const float* w, float* y, const Finished& finished) {
  const int64_t window = windowOf(g), pixels = g.batch * g.outPixels(), step = rowsAtOnce(window);
  float* packed = packedWeights(packedFloats(window, g.outChannels));
  pack(w, g.outChannels, 1, window, g.outChannels, packed);
  parallel(piecesOf(g), [&](int64_t piece) {
    const int64_t first = piece * step, count = std::min(step, pixels - first);
    const float* rows = x + first * window;
    if (!isProduct(g)) {
      float* gathered = scratch(count * window);
      gather(g, x, first, count, gathered);
      rows = gathered;
    }
    multiplyPacked(rows, packed, y + first * g.outChannels, count, window, g.outChannels);
    finished(piece, first, count);
  });
}

/** dx = dy · wᵀ, for a larger window added up where windows overlap. */
void inputGradient(const Geometry& g, const float* dy, const float* w, float* dx) {
  const int64_t window = windowOf(g);
  float* packed = packedWeights(packedFloats(g.outChannels, window));
  pack(w, 1, g.outChannels, g.outChannels, window, packed);
  if (isProduct(g)) {
    const int64_t pixels = g.batch * g.outPixels(), step = rowsAtOnce(g.outChannels);
    parallel((pixels + step - 1) / step, [&](int64_t piece) {
      const int64_t first = piece * step, count = std::min(step, pixels - first);
      multiplyPacked(dy + first * g.outChannels, packed, dx + first * window, count, g.outChannels, window);
    });
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

/** Sums over parts of the pixels, each by itself, then added in order: the same on any number of threads. */
class PartSums {
 public:
  PartSums(int64_t parts, int64_t size, float* total)
      : parts_(parts), size_(size), total_(total), others_((parts - 1) * size) {
    std::memset(total, 0, size * sizeof(float));
  }
  float* of(int64_t part) { return part == 0 ? total_ : others_.data() + (part - 1) * size_; }
  void add() {
    for (int64_t part = 1; part < parts_; part++) {
      for (int64_t i = 0; i < size_; i++) total_[i] += of(part)[i];
    }
  }

 private:
  int64_t parts_, size_;
  float* total_;
  std::vector<float> others_;
};

/** Output pixels that one part of a filter gradient sums over, where there are many. */
constexpr int64_t kPartPixels = 4096;
constexpr int64_t kMostParts = 8;
/** Rows of the filter gradient that one piece of work computes. */
constexpr int64_t kFilterRows = 192;
/** Floats of both operands that are visited for all tiles before the next ones. */
constexpr int64_t kOperandFloats = 49152;

int64_t blockPixels(const Geometry& g) { return std::max<int64_t>(32, kOperandFloats / (windowOf(g) + g.outChannels)); }

/** dw = xᵀ · dy. Pixels fall into parts, and rows of dw into blocks, by the shape alone. */
void filterGradient(const Geometry& g, const float* x, const float* dy, float* dw) {
  const int64_t window = windowOf(g), columns = g.outChannels, pixels = g.batch * g.outPixels();
  const bool product = isProduct(g);
  const int64_t parts = std::clamp<int64_t>(pixels / kPartPixels, 1, kMostParts);
  const int64_t blocks = product ? (window + kFilterRows - 1) / kFilterRows : 1;
  const int64_t perPart = (pixels + parts - 1) / parts, step = blockPixels(g);
  PartSums sums(parts, window * columns, dw);
  parallel(parts * blocks, [&](int64_t piece) {
    const int64_t part = piece / blocks, row = piece % blocks * kFilterRows;
    const int64_t rows = product ? std::min(kFilterRows, window - row) : window;
    const int64_t end = std::min(pixels, (part + 1) * perPart);
    for (int64_t first = part * perPart; first < end; first += step) {
      const int64_t count = std::min(step, end - first);
      const float* from = x + first * window + row;
      if (!product) {
        float* gathered = scratch(step * window);
        gather(g, x, first, count, gathered);
        from = gathered;
      }
      addTransposed(from, window, dy + first * columns, sums.of(part) + row * columns, rows, columns, count);
    }
  });
  sums.add();
}

void conv2d(Call& call) {
  const Geometry& g = call.geometry();
  float* y = call.output(0, {g.batch, g.outHeight, g.outWidth, g.outChannels});
  if (y != nullptr) forward(g, call.input(0), call.input(1), y, [](int64_t, int64_t, int64_t) {});
}

void conv2dInputGrad(Call& call) {
  const Geometry& g = call.geometry();
  float* dx = call.output(0, {g.batch, g.height, g.width, g.inChannels});
  if (dx != nullptr) inputGradient(g, call.input(0), call.input(1), dx);
}

void conv2dFilterGrad(Call& call) {
  const Geometry& g = call.geometry();
  float* dw = call.output(0, {g.kernelHeight, g.kernelWidth, g.inChannels, g.outChannels});
  if (dw != nullptr) filterGradient(g, call.input(0), call.input(1), dw);
}

/** Inputs x, w, scale, shift; outputs the convolution, it normalised, mean and variance. Flag: ReLU6. */
void conv2dNorm(Call& call) {
  const Geometry& g = call.geometry();
  const std::vector<int64_t> shape = {g.batch, g.outHeight, g.outWidth, g.outChannels};
  float *c = call.output(0, shape), *y = call.output(1, shape);
  float *mean = call.output(2, {g.outChannels}), *variance = call.output(3, {g.outChannels});
  if (c == nullptr || y == nullptr || mean == nullptr || variance == nullptr) return;
  Statistics statistics(piecesOf(g), g.outChannels);
  forward(g, call.input(0), call.input(1), c, [&](int64_t piece, int64_t first, int64_t count) {
    statistics.add(piece, c + first * g.outChannels, count);
  });
  statistics.finish(mean, variance);
  const Affine affine(g.outChannels, call.input(2), call.input(3), mean, variance, call.flag(0));
  normaliseAll(affine, g.outChannels, c, y, g.batch * g.outPixels());
}

/** From so many output pixels on, gradients of the normalisation are used up block by block and never stored whole. */
constexpr int64_t kFusedPixels = 4096;

/** dx and dw (either may be null) where ∂L/∂c is computed block by block. Needs a product, or no dx. */
void fusedGradients(const Geometry& g, const NormGradient& gradient, const float* x, const float* c, const float* dy,
                    const float* w, float* dx, float* dw) {
  const int64_t window = windowOf(g), columns = g.outChannels, pixels = g.batch * g.outPixels();
  float* packed = packedWeights(packedFloats(columns, window));
  if (dx != nullptr) pack(w, 1, columns, columns, window, packed);
  const int64_t parts = 2 * kMostParts, perPart = (pixels + parts - 1) / parts, step = blockPixels(g);
  std::vector<float> unused(dw == nullptr ? window * columns : 0);
  PartSums sums(dw == nullptr ? 1 : parts, window * columns, dw == nullptr ? unused.data() : dw);
  parallel(parts, [&](int64_t part) {
    float* dc = scratch(step * (columns + window));
    const int64_t end = std::min(pixels, (part + 1) * perPart);
    for (int64_t first = part * perPart; first < end; first += step) {
      const int64_t count = std::min(step, end - first);
      gradient.apply(c + first * columns, dy + first * columns, dc, count);
      if (dx != nullptr) multiplyPacked(dc, packed, dx + first * window, count, columns, window);
      if (dw == nullptr) continue;
      const float* from = x + first * window;
      if (!isProduct(g)) {
        gather(g, x, first, count, dc + step * columns);
        from = dc + step * columns;
      }
      addTransposed(from, window, dc, sums.of(part), window, columns, count);
    }
  });
  sums.add();
}

/** Inputs x, c, dy, w, scale, shift, mean, variance; outputs dx, dw, dscale, dshift. Flags: ReLU6, dx and dw wanted. */
void conv2dNormGrad(Call& call) {
  const Geometry& g = call.geometry();
  const float *x = call.input(0), *c = call.input(1), *dy = call.input(2), *w = call.input(3);
  const bool wantsInput = call.flag(1), wantsFilter = call.flag(2);
  using Shape = std::vector<int64_t>;
  float* dx = call.output(0, wantsInput ? Shape{g.batch, g.height, g.width, g.inChannels} : Shape{0});
  float* dw =
      call.output(1, wantsFilter ? Shape{g.kernelHeight, g.kernelWidth, g.inChannels, g.outChannels} : Shape{0});
  float *dscale = call.output(2, {g.outChannels}), *dshift = call.output(3, {g.outChannels});
  if ((wantsInput && dx == nullptr) || (wantsFilter && dw == nullptr) || dscale == nullptr || dshift == nullptr) return;
  if (!wantsInput) dx = nullptr;
  if (!wantsFilter) dw = nullptr;
  const int64_t pixels = g.batch * g.outPixels();
  const Affine affine(g.outChannels, call.input(4), call.input(5), call.input(6), call.input(7), call.flag(0));
  const NormGradient gradient(affine, call.input(7), g.outChannels, c, dy, pixels, dscale, dshift);
  if (pixels >= kFusedPixels && (isProduct(g) || dx == nullptr)) {
    fusedGradients(g, gradient, x, c, dy, w, dx, dw);
    return;
  }
  const std::unique_ptr<float[]> dc(new float[pixels * g.outChannels]);
  gradient.applyAll(c, dy, dc.get(), pixels);
  if (dx != nullptr) inputGradient(g, dc.get(), w, dx);
  if (dw != nullptr) filterGradient(g, x, dc.get(), dw);
}

}  // namespace

std::vector<Operation> convolutionOperations() {
  return {
      operation<conv2d>("FastpathConv2D", {"x: float", "w: float"}, {"y: float"}),
      operation<conv2dInputGrad>("FastpathConv2DInputGrad", {"dy: float", "w: float"}, {"dx: float"}),
      operation<conv2dFilterGrad>("FastpathConv2DFilterGrad", {"x: float", "dy: float"}, {"dw: float"}),
      operation<conv2dNorm>("FastpathConv2DNorm", {"x: float", "w: float", "scale: float", "shift: float"},
                            {"c: float", "y: float", "mean: float", "variance: float"}),
      operation<conv2dNormGrad>("FastpathConv2DNormGrad",
                                {"x: float", "c: float", "dy: float", "w: float", "scale: float", "shift: float",
                                 "mean: float", "variance: float"},
                                {"dx: float", "dw: float", "dscale: float", "dshift: float"}),
  };
}

}  // namespace fastpath
