#include "normalise.h"

#include <cstring>

namespace fastpath {
namespace {

/** A pixel, and a lane that is not used. */
typedef double Lanes __attribute__((vector_size(32)));

Lanes clamped(Lanes value) {
  const Lanes least = {}, most = {255, 255, 255, 255};
  value = value < least ? least : value;
  return value > most ? most : value;
}

}  // namespace

void normalise(const uint8_t* pixels, int side, bool flip, const Colours& colours, float* out) {
  const auto& [kept, greyed, grey, scales, shifts] = colours;
  const Lanes scale = {scales[0], scales[1], scales[2]};
  const Lanes shift = {shifts[0], shifts[1], shifts[2]};
  const int step = flip ? -3 : 3;
  for (int y = 0; y < side; y++) {
    float* to = out + (size_t)3 * (y * side + (flip ? side - 1 : 0));
    for (int x = 0; x < side; x++, pixels += 3, to += step) {
      const Lanes pixel = {(double)pixels[0], (double)pixels[1], (double)pixels[2]};
      const double level = greyed * (grey[0] * pixel[0] + grey[1] * pixel[1] + grey[2] * pixel[2]);
      const Lanes value = clamped(kept * pixel + level) * scale - shift;
      const float written[3] = {(float)value[0], (float)value[1], (float)value[2]};
      std::memcpy(to, written, sizeof(written));
    }
  }
}

}  // namespace fastpath
