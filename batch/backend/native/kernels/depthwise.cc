/**
 * @file Depthwise convolution and its two gradients, one vector of channels of one image at a time over the padded
 * copies of `planes.h`. The input gradient of stride s is s·s plain correlations of dy, one for each residue of
 * (row, column) modulo s, with the taps that meet it.
 */
#include <algorithm>

#include "filter-sums.h"
#include "lanes.h"
#include "normalisation.h"
#include "op.h"
#include "parallel.h"
#include "planes.h"

namespace fastpath {
namespace {

/** Strides that the loops are made for. */
bool supported(Call& call, const Geometry& g) {
  if (g.strideX <= 2 && g.strideY <= 2) return true;
  call.fail(TF_UNIMPLEMENTED, "depthwise convolutions have stride 1 or 2 here");
  return false;
}

/** Calls `each(channels)` for every vector of channels. */
template <typename Each>
void eachVector(const Geometry& g, const Each& each) {
  for (int64_t c = 0; c < g.inChannels; c += kLanes) {
    each(Channels{c, g.inChannels, firstLanes(g.inChannels - c)});
  }
}

/** Taps (firstY + ty·stepY, firstX + tx·stepX) of one vector of channels, in reverse order where `reverse`. */
struct Taps {
  int64_t firstY, firstX, stepY, stepX, countY, countX;
  bool reverse;
  void copy(const float* w, const Geometry& g, Channels channels, float* to) const {
    for (int64_t t = 0; t < countY * countX; t++, to += kLanes) {
      const int64_t tap = reverse ? countY * countX - 1 - t : t;
      const int64_t at = (firstY + tap / countX * stepY) * g.kernelWidth + firstX + tap % countX * stepX;
      store(to, load(w + at * g.inChannels + channels.first, channels.lanes));
    }
  }
};

/** y = x ∗ w of one image, all channels. */
void forward(const Geometry& g, const float* x, const float* w, float* y) {
  const int64_t rows = (g.outHeight - 1) * g.strideY + g.kernelHeight;
  const int64_t columns = (wholeTiles(g.outWidth) - 1) * g.strideX + g.kernelWidth;
  const Taps taps = {0, 0, 1, 1, g.kernelHeight, g.kernelWidth, false};
  float* filter = scratch((g.kernelHeight * g.kernelWidth + rows * columns) * kLanes);
  float* plane = filter + g.kernelHeight * g.kernelWidth * kLanes;
  eachVector(g, [&](Channels channels) {
    taps.copy(w, g, channels, filter);
    fillPlane(x, g.height, g.width, channels, plane, rows, columns, g.padTop, g.padLeft);
    const Target target = {y + channels.first, g.outWidth * g.inChannels, g.inChannels, g.outHeight, g.outWidth,
                           channels.lanes};
    correlate({plane, columns, g.strideY, g.kernelHeight}, filter, g.kernelWidth, g.strideX, target);
  });
}

/** One axis of the input gradient at places `residue`, `residue + stride`, …: its taps, places, and where dy begins. */
struct Residue {
  int64_t firstTap, taps, places, shift;
  Residue(int64_t residue, int64_t stride, int64_t pad, int64_t kernel, int64_t length)
      : firstTap((residue + pad) % stride),
        taps(firstTap < kernel ? (kernel - firstTap + stride - 1) / stride : 0),
        places((length - residue + stride - 1) / stride),
        shift(taps - 1 - (residue + pad) / stride) {}
};

/** Floats of scratch that `inputGradient` needs behind its plane of dy. */
int64_t inputGradientFloats(const Geometry& g) {
  const int64_t rows = (g.height + g.strideY - 1) / g.strideY + g.kernelHeight;
  const int64_t columns = wholeTiles((g.width + g.strideX - 1) / g.strideX) + 4 + g.kernelWidth;
  return (g.kernelHeight * g.kernelWidth + rows * columns) * kLanes;
}

/** dx of one vector of channels of one image. @param dy plane [outHeight, dyColumns] of vectors */
void inputGradient(const Geometry& g, const float* dy, int64_t dyColumns, const float* w, Channels channels, float* dx,
                   float* room) {
  const Channels whole = {0, kLanes, firstLanes(kLanes)};
  for (int64_t residueY = 0; residueY < std::min(g.strideY, g.height); residueY++) {
    const Residue y(residueY, g.strideY, g.padTop, g.kernelHeight, g.height);
    for (int64_t residueX = 0; residueX < std::min(g.strideX, g.width); residueX++) {
      const Residue x(residueX, g.strideX, g.padLeft, g.kernelWidth, g.width);
      const Target target = {dx + (residueY * g.width + residueX) * g.inChannels + channels.first,
                             g.strideY * g.width * g.inChannels,
                             g.strideX * g.inChannels,
                             y.places,
                             x.places,
                             channels.lanes};
      if (y.taps == 0 || x.taps == 0) {
        clear(target);
        continue;
      }
      const int64_t rows = y.places + y.taps - 1, columns = wholeTiles(x.places) + x.taps - 1;
      float* plane = room + y.taps * x.taps * kLanes;
      Taps{y.firstTap, x.firstTap, g.strideY, g.strideX, y.taps, x.taps, true}.copy(w, g, channels, room);
      fillPlane(dy, g.outHeight, dyColumns, whole, plane, rows, columns, y.shift, x.shift);
      correlate({plane, columns, 1, y.taps}, room, x.taps, 1, target);
    }
  }
}

/** Columns of a plane of output gradients: whole tiles of the filter's sums, zeros behind the image. */
int64_t gradientColumns(const Geometry& g) { return (g.outWidth + kSumTile - 1) / kSumTile * kSumTile; }

/** Parts that the images fall into, whatever the number of threads; sums are added in their order. */
constexpr int64_t kParts = 16;

/**
 * dx and dw (either may be null) from `gradientOf(image, channels)`, which gives ∂L/∂y of a pixel of an image as a
 * function.
 */
template <typename GradientOf>
void gradients(const Geometry& g, const float* x, const float* w, float* dx, float* dw, const GradientOf& gradientOf) {
  const int64_t size = g.kernelHeight * g.kernelWidth * g.inChannels;
  const int64_t outColumns = gradientColumns(g), gradientFloats = g.outHeight * outColumns * kLanes;
  const int64_t rows = (g.outHeight - 1) * g.strideY + g.kernelHeight;
  const int64_t columns = (outColumns - 1) * g.strideX + g.kernelWidth;
  const int64_t room = std::max(dx == nullptr ? 0 : inputGradientFloats(g), dw == nullptr ? 0 : rows * columns * kLanes);
  const int64_t parts = std::min(kParts, g.batch);
  std::vector<float> sums(dw == nullptr ? 0 : parts * size);
  parallel(parts, [&](int64_t part) {
    float* gradient = scratch(gradientFloats + room);
    float* behind = gradient + gradientFloats;
    for (int64_t image = g.batch * part / parts; image < g.batch * (part + 1) / parts; image++) {
      eachVector(g, [&](Channels channels) {
        fillPlaneWith(gradientOf(image, channels), g.outHeight, g.outWidth, gradient, g.outHeight, outColumns, 0, 0);
        if (dw != nullptr) {
          fillPlane(x + image * g.inPixels() * g.inChannels, g.height, g.width, channels, behind, rows, columns,
                    g.padTop, g.padLeft);
          addFilterSums({behind, columns, g.strideY, g.kernelHeight}, gradient, g.outHeight, outColumns, g.kernelWidth,
                        g.strideX, {sums.data() + part * size + channels.first, g.inChannels, channels.lanes});
        }
        if (dx == nullptr) return;
        inputGradient(g, gradient, outColumns, w, channels, dx + image * g.inPixels() * g.inChannels, behind);
      });
    }
  });
  if (dw == nullptr) return;
  for (int64_t i = 0; i < size; i++) {
    float sum = 0;
    for (int64_t part = 0; part < parts; part++) sum += sums[part * size + i];
    dw[i] = sum;
  }
}

/** ∂L/∂y as it lies in memory. */
auto plainGradient(const Geometry& g, const float* dy) {
  return [=](int64_t image, Channels channels) {
    const float* from = dy + image * g.outPixels() * g.inChannels + channels.first;
    return [=](int64_t pixel) { return load(from + pixel * channels.apart, channels.lanes); };
  };
}

void depthwise(Call& call) {
  const Geometry& g = call.geometry();
  const float *x = call.input(0), *w = call.input(1);
  if (!supported(call, g)) return;
  float* y = call.output(0, {g.batch, g.outHeight, g.outWidth, g.inChannels});
  if (y == nullptr) return;
  parallel(g.batch, [&](int64_t image) {
    forward(g, x + image * g.inPixels() * g.inChannels, w, y + image * g.outPixels() * g.inChannels);
  });
}

void depthwiseInputGrad(Call& call) {
  const Geometry& g = call.geometry();
  if (!supported(call, g)) return;
  float* dx = call.output(0, {g.batch, g.height, g.width, g.inChannels});
  if (dx != nullptr) gradients(g, nullptr, call.input(1), dx, nullptr, plainGradient(g, call.input(0)));
}

void depthwiseFilterGrad(Call& call) {
  const Geometry& g = call.geometry();
  if (!supported(call, g)) return;
  float* dw = call.output(0, {g.kernelHeight, g.kernelWidth, g.inChannels, 1});
  if (dw != nullptr) gradients(g, call.input(0), nullptr, nullptr, dw, plainGradient(g, call.input(1)));
}

/** Inputs x, w, scale, shift; outputs the convolution, it normalised, mean and variance. Flag: ReLU6. */
void depthwiseNorm(Call& call) {
  const Geometry& g = call.geometry();
  const float *x = call.input(0), *w = call.input(1);
  if (!supported(call, g)) return;
  const std::vector<int64_t> shape = {g.batch, g.outHeight, g.outWidth, g.inChannels};
  float *c = call.output(0, shape), *y = call.output(1, shape);
  float *mean = call.output(2, {g.inChannels}), *variance = call.output(3, {g.inChannels});
  if (c == nullptr || y == nullptr || mean == nullptr || variance == nullptr) return;
  Statistics statistics(g.batch, g.inChannels);
  parallel(g.batch, [&](int64_t image) {
    float* to = c + image * g.outPixels() * g.inChannels;
    forward(g, x + image * g.inPixels() * g.inChannels, w, to);
    statistics.add(image, to, g.outPixels());
  });
  statistics.finish(mean, variance);
  const Affine affine(g.inChannels, call.input(2), call.input(3), mean, variance, call.flag(0));
  normaliseAll(affine, g.inChannels, c, y, g.batch * g.outPixels());
}

/** Inputs x, c, dy, w, scale, shift, mean, variance; outputs dx, dw, dscale, dshift. Flags: ReLU6, dx and dw wanted. */
void depthwiseNormGrad(Call& call) {
  const Geometry& g = call.geometry();
  const float *x = call.input(0), *c = call.input(1), *dy = call.input(2), *w = call.input(3);
  if (!supported(call, g)) return;
  const bool wantsInput = call.flag(1), wantsFilter = call.flag(2);
  using Shape = std::vector<int64_t>;
  float* dx = call.output(0, wantsInput ? Shape{g.batch, g.height, g.width, g.inChannels} : Shape{0});
  float* dw = call.output(1, wantsFilter ? Shape{g.kernelHeight, g.kernelWidth, g.inChannels, 1} : Shape{0});
  float *dscale = call.output(2, {g.inChannels}), *dshift = call.output(3, {g.inChannels});
  if ((wantsInput && dx == nullptr) || (wantsFilter && dw == nullptr) || dscale == nullptr || dshift == nullptr) return;
  const Affine affine(g.inChannels, call.input(4), call.input(5), call.input(6), call.input(7), call.flag(0));
  const NormGradient norm(affine, call.input(7), g.inChannels, c, dy, g.batch * g.outPixels(), dscale, dshift);
  gradients(g, x, w, wantsInput ? dx : nullptr, wantsFilter ? dw : nullptr, [&](int64_t image, Channels channels) {
    const int64_t offset = image * g.outPixels() * g.inChannels + channels.first;
    const NormGradient::Channel channel = norm.channel(channels.first, channels.lanes);
    return [=](int64_t pixel) {
      const int64_t at = offset + pixel * channels.apart;
      return channel.at(load(c + at, channels.lanes), load(dy + at, channels.lanes));
    };
  });
}

}  // namespace

std::vector<Operation> depthwiseOperations() {
  return {
      operation<depthwise>("FastpathDepthwise", {"x: float", "w: float"}, {"y: float"}),
      operation<depthwiseInputGrad>("FastpathDepthwiseInputGrad", {"dy: float", "w: float"}, {"dx: float"}),
      operation<depthwiseFilterGrad>("FastpathDepthwiseFilterGrad", {"x: float", "dy: float"}, {"dw: float"}),
      operation<depthwiseNorm>("FastpathDepthwiseNorm", {"x: float", "w: float", "scale: float", "shift: float"},
                               {"c: float", "y: float", "mean: float", "variance: float"}),
      operation<depthwiseNormGrad>("FastpathDepthwiseNormGrad",
                                   {"x: float", "c: float", "dy: float", "w: float", "scale: float", "shift: float",
                                    "mean: float", "variance: float"},
                                   {"dx: float", "dw: float", "dscale: float", "dshift: float"}),
  };
}

}  // namespace fastpath
