/** @file Columns first, one output row at a time, which stays in the cache until it is resized too. */
#include "resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace fastpath {
namespace {

/** For each output position the first input position and `width` weights that sum to 1. */
struct Taps {
  int width;
  std::vector<int> first;
  std::vector<float> weights;

  Taps(double start, double length, int inputs, int outputs) {
    const double step = length / outputs;
    const double radius = std::max(1.0, step);
    width = std::min(inputs, 2 * (int)std::ceil(radius));
    first.resize(outputs);
    weights.resize((size_t)outputs * width);
    for (int o = 0; o < outputs; o++) {
      const double centre = start + (o + 0.5) * step - 0.5;
      first[o] = std::min(std::max(0, (int)std::floor(centre - radius) + 1), inputs - width);
      double sum = 0;
      for (int t = 0; t < width; t++) sum += weight(first[o] + t, centre, radius);
      float* own = &weights[(size_t)o * width];
      for (int t = 0; t < width; t++) own[t] = (float)(weight(first[o] + t, centre, radius) / sum);
    }
  }

  static double weight(int at, double centre, double radius) {
    return std::max(0.0, 1 - std::abs(at - centre) / radius);
  }
};

/** Sums as many neighbouring values as fit in registers over all rows before the next ones. */
constexpr int block = 64;

void mixRows(const uint8_t* rows, int length, const float* weights, int count, float* out) {
  int at = 0;
  for (; at + block <= length; at += block) {
    float sums[block] = {};
    for (int t = 0; t < count; t++) {
      const uint8_t* row = rows + (size_t)t * length + at;
      for (int i = 0; i < block; i++) sums[i] += weights[t] * (float)row[i];
    }
    std::memcpy(out + at, sums, sizeof(sums));
  }
  for (; at < length; at++) {
    float sum = 0;
    for (int t = 0; t < count; t++) sum += weights[t] * (float)rows[(size_t)t * length + at];
    out[at] = sum;
  }
}

/** One pixel and the red of the next: four lanes are one register. */
typedef float Lanes __attribute__((vector_size(16)));
typedef int32_t Levels __attribute__((vector_size(16)));

void mixColumns(const float* row, const Taps& across, uint8_t* out) {
  const float* weights = across.weights.data();
  for (int first : across.first) {
    Lanes sums = {};
    for (int t = 0; t < across.width; t++, weights++) {
      Lanes pixel;
      std::memcpy(&pixel, row + 3 * (first + t), sizeof(pixel));
      sums += *weights * pixel;
    }
    // Weighted means of 0…255 are never so far outside that they would have to be brought back.
    const Levels levels = __builtin_convertvector(sums + 0.5f, Levels);
    for (int channel = 0; channel < 3; channel++) *out++ = (uint8_t)levels[channel];
  }
}

}  // namespace

void resample(const uint8_t* pixels, int height, int width, const Box& box, int side, uint8_t* out) {
  const Taps down(box.top, box.height, height, side);
  const Taps across(box.left, box.width, width, side);
  const int length = 3 * width;
  std::vector<float> row(length + 1);
  for (int y = 0; y < side; y++) {
    const float* weights = &down.weights[(size_t)y * down.width];
    mixRows(pixels + (size_t)down.first[y] * length, length, weights, down.width, row.data());
    mixColumns(row.data(), across, out + (size_t)3 * side * y);
  }
}

}  // namespace fastpath
