/** @file The last step of an image before the network. */
#pragma once
#include <cstddef>
#include <cstdint>

namespace fastpath {

/** As in `batch/data/normalise.ts`: colours mixed with their grey, made brighter, then `scale` · value − `shift`. */
struct Colours {
  double kept, greyed;
  double grey[3], scale[3], shift[3];
};

/**
 * Writes `side` × `side` RGB pixels as floats, mirrored left to right where `flip` says so. The same bits as the
 * JavaScript makes: the same operations on doubles, in the same order.
 */
void normalise(const uint8_t* pixels, int side, bool flip, const Colours& colours, float* out);

}  // namespace fastpath
