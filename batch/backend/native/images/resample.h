/** @file Part of an image in another size. */
#pragma once
#include <cstdint>

namespace fastpath {

/** A rectangle in pixels; its edges may lie within them. */
struct Box {
  double top, left, height, width;
};

/**
 * Resizes the box to `side` × `side` pixels: bilinear, and where it shrinks a triangle filter as wide as the step
 * between output pixels, so that nothing aliases; as `batch/data/resample.ts` does. The same bits on every processor.
 * @param pixels RGB, `height` × `width`; nothing outside of it is looked at, not even where the filter reaches over
 */
void resample(const uint8_t* pixels, int height, int width, const Box& box, int side, uint8_t* out);

}  // namespace fastpath
