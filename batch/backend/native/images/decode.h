/** @file Part of a JPEG image as pixels, decoded by TensorFlow. */
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "tensorflow/c/tf_tensor.h"

namespace fastpath {

/** A rectangle of whole pixels of the image as it comes out of the decoder. */
struct Window {
  int32_t top, left, height, width;
};

/** RGB, 8 bits, rows from the top. */
class Pixels {
 public:
  Pixels() = default;
  ~Pixels() { if (tensor_ != nullptr) TF_DeleteTensor(tensor_); }
  Pixels(const Pixels&) = delete;
  Pixels& operator=(const Pixels&) = delete;
  const uint8_t* data() const { return static_cast<const uint8_t*>(TF_TensorData(tensor_)); }

 private:
  friend std::string decodeWindow(const char*, size_t, int, const Window&, Pixels&);
  TF_Tensor* tensor_ = nullptr;
};

/**
 * Decodes no more of the image than it takes to know the window. May be called from any thread, and works in the
 * caller's.
 * @param ratio 1, 2, 4 or 8: by how much the image is made smaller while it is decoded, sides rounded up
 * @returns an error's text, or nothing
 */
std::string decodeWindow(const char* bytes, size_t length, int ratio, const Window& window, Pixels& pixels);

}  // namespace fastpath
