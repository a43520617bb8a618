/**
 * @file Depthwise convolution and its two gradients, one vector of channels of one image at a time over the padded
 * copies of `planes.h`. The input gradient of stride s is s·s plain correlations of dy, one for each residue of
 * (row, column) modulo s, with the taps that meet it.
 */
#include <cstring>

#include "filter-sums.h"
#include "lanes.h"
#include "op.h"
#include "parallel.h"
#include "planes.h"

namespace fastpath {
namespace {

/** Strides that the loops are made for. */
bool supported(Call& call, const Geometry& g) {
  if (g.strideX <= 2 && g.strideY <= 2) return true;
  call.fail("depthwise convolutions have stride 1 or 2 here");
  return false;
}

/** Calls `each(image, channels)` for every image and vector of channels; an image a piece of work. */
template <typename Each>
void eachImage(const Geometry& g, const Each& each) {
  parallel(g.batch, [&](int64_t image) {
    for (int64_t c = 0; c < g.inChannels; c += kLanes) {
      each(image, Channels{c, g.inChannels, firstLanes(g.inChannels - c)});
    }
  });
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

void depthwise(Call& call) {
  const Geometry& g = call.geometry();
  const float *x = call.input(0), *w = call.input(1);
  if (!supported(call, g)) return;
  float* y = call.output(0, {g.batch, g.outHeight, g.outWidth, g.inChannels});
  if (y == nullptr) return;
  const int64_t rows = (g.outHeight - 1) * g.strideY + g.kernelHeight;
  const int64_t columns = (wholeTiles(g.outWidth) - 1) * g.strideX + g.kernelWidth;
  const Taps taps = {0, 0, 1, 1, g.kernelHeight, g.kernelWidth, false};
  eachImage(g, [&](int64_t image, Channels channels) {
    float* filter = scratch((g.kernelHeight * g.kernelWidth + rows * columns) * kLanes);
    float* plane = filter + g.kernelHeight * g.kernelWidth * kLanes;
    taps.copy(w, g, channels, filter);
    fillPlane(x + image * g.inPixels() * g.inChannels, g.height, g.width, channels, plane, rows, columns, g.padTop,
              g.padLeft);
    const Target target = {y + image * g.outPixels() * g.inChannels + channels.first,
                           g.outWidth * g.inChannels,
                           g.inChannels,
                           g.outHeight,
                           g.outWidth,
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

void depthwiseInputGrad(Call& call) {
  const Geometry& g = call.geometry();
  const float *dy = call.input(0), *w = call.input(1);
  if (!supported(call, g)) return;
  float* dx = call.output(0, {g.batch, g.height, g.width, g.inChannels});
  if (dx == nullptr) return;
  eachImage(g, [&](int64_t image, Channels channels) {
    for (int64_t residueY = 0; residueY < std::min(g.strideY, g.height); residueY++) {
      const Residue y(residueY, g.strideY, g.padTop, g.kernelHeight, g.height);
      for (int64_t residueX = 0; residueX < std::min(g.strideX, g.width); residueX++) {
        const Residue x(residueX, g.strideX, g.padLeft, g.kernelWidth, g.width);
        const Taps taps = {y.firstTap, x.firstTap, g.strideY, g.strideX, y.taps, x.taps, true};
        const int64_t rows = y.places + std::max<int64_t>(0, y.taps - 1);
        const int64_t columns = wholeTiles(x.places) + std::max<int64_t>(0, x.taps - 1);
        const Target target = {
            dx + ((image * g.height + residueY) * g.width + residueX) * g.inChannels + channels.first,
            g.strideY * g.width * g.inChannels,
            g.strideX * g.inChannels,
            y.places,
            x.places,
            channels.lanes};
        if (y.taps == 0 || x.taps == 0) {
          clear(target);
          continue;
        }
        float* filter = scratch((y.taps * x.taps + rows * columns) * kLanes);
        float* plane = filter + y.taps * x.taps * kLanes;
        taps.copy(w, g, channels, filter);
        fillPlane(dy + image * g.outPixels() * g.inChannels, g.outHeight, g.outWidth, channels, plane, rows, columns,
                  y.shift, x.shift);
        correlate({plane, columns, 1, y.taps}, filter, x.taps, 1, target);
      }
    }
  });
}

/** Parts that the images fall into, whatever the number of threads; sums are added in their order. */
constexpr int64_t kParts = 8;

void depthwiseFilterGrad(Call& call) {
  const Geometry& g = call.geometry();
  const float *x = call.input(0), *dy = call.input(1);
  if (!supported(call, g)) return;
  const int64_t size = g.kernelHeight * g.kernelWidth * g.inChannels;
  float* dw = call.output(0, {g.kernelHeight, g.kernelWidth, g.inChannels, 1});
  if (dw == nullptr) return;
  const int64_t outColumns = (g.outWidth + kSumTile - 1) / kSumTile * kSumTile;
  const int64_t rows = (g.outHeight - 1) * g.strideY + g.kernelHeight;
  const int64_t columns = (outColumns - 1) * g.strideX + g.kernelWidth;
  const int64_t parts = std::min(kParts, g.batch), perPart = (g.batch + parts - 1) / parts;
  std::vector<float> sums(parts * size);
  parallel(parts, [&](int64_t part) {
    float* gradient = scratch((g.outHeight * outColumns + rows * columns) * kLanes);
    float* plane = gradient + g.outHeight * outColumns * kLanes;
    const int64_t end = std::min(g.batch, (part + 1) * perPart);
    for (int64_t image = part * perPart; image < end; image++) {
      for (int64_t c = 0; c < g.inChannels; c += kLanes) {
        const Channels channels = {c, g.inChannels, firstLanes(g.inChannels - c)};
        fillPlane(x + image * g.inPixels() * g.inChannels, g.height, g.width, channels, plane, rows, columns, g.padTop,
                  g.padLeft);
        fillPlane(dy + image * g.outPixels() * g.inChannels, g.outHeight, g.outWidth, channels, gradient, g.outHeight,
                  outColumns, 0, 0);
        addFilterSums({plane, columns, g.strideY, g.kernelHeight}, gradient, g.outHeight, outColumns, g.kernelWidth,
                      g.strideX, {sums.data() + part * size + c, g.inChannels, channels.lanes});
      }
    }
  });
  for (int64_t i = 0; i < size; i++) {
    float sum = 0;
    for (int64_t part = 0; part < parts; part++) sum += sums[part * size + i];
    dw[i] = sum;
  }
}

}  // namespace

std::vector<Operation> depthwiseOperations() {
  return {
      operation<depthwise>("FastpathDepthwise", {"x: float", "w: float"}, {"y: float"}),
      operation<depthwiseInputGrad>("FastpathDepthwiseInputGrad", {"dy: float", "w: float"}, {"dx: float"}),
      operation<depthwiseFilterGrad>("FastpathDepthwiseFilterGrad", {"x: float", "dy: float"}, {"dw: float"}),
  };
}

}  // namespace fastpath
