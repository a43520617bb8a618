/** @file TensorFlow operations in plain C: what one call gets and gives, and how an operation is declared. */
#pragma once
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

namespace fastpath {

/** Sizes of a convolution; images are [batch, height, width, channels]. In the order of the attribute `integers`. */
struct Geometry {
  int64_t batch, height, width, inChannels, outHeight, outWidth, outChannels, kernelHeight, kernelWidth, strideY,
      strideX, padTop, padLeft;
  int64_t inPixels() const { return height * width; }
  int64_t outPixels() const { return outHeight * outWidth; }
};

/** One call of an operation: its inputs, its attribute, and the outputs it makes. */
class Call {
 public:
  Call(TF_OpKernelContext* context, const std::vector<int64_t>& integers);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const float* input(int index) const { return in_[index].data; }
  /** Updates in place write where their input lies. */
  float* inPlace(int index) const { return in_[index].data; }
  const int32_t* integersOf(int index) const { return reinterpret_cast<const int32_t*>(in_[index].data); }
  /** Length of an axis, counted from the last one where negative. */
  int64_t length(int index, int axis) const;
  int64_t size(int index) const;
  std::vector<int64_t> shape(int index) const;
  const std::vector<int64_t>& integers() const { return integers_; }
  const Geometry& geometry() const { return *reinterpret_cast<const Geometry*>(integers_.data()); }
  /** A flag behind the geometry in the attribute. */
  bool flag(int index) const { return integers_[sizeof(Geometry) / sizeof(int64_t) + index] != 0; }

  /** A new output, not initialised; a null pointer where TensorFlow has no memory for it, and the call then fails. */
  float* output(int index, const std::vector<int64_t>& shape);
  void fail(TF_Code code, const char* message);

 private:
  struct Input {
    TF_Tensor* tensor;
    float* data;
  };
  TF_OpKernelContext* context_;
  const std::vector<int64_t>& integers_;
  std::vector<Input> in_;
  std::vector<TF_Tensor*> out_;
};

/** An operation as TensorFlow is told of it. */
struct Operation {
  const char* name;
  /** `name: type` */
  std::vector<const char*> inputs, outputs;
  void (*run)(void* integers, TF_OpKernelContext* context);
};

template <void (*Compute)(Call&)>
void run(void* integers, TF_OpKernelContext* context) {
  Call call(context, *static_cast<std::vector<int64_t>*>(integers));
  // No exception may pass through TensorFlow.
  try {
    Compute(call);
  } catch (const std::exception& error) {
    call.fail(TF_RESOURCE_EXHAUSTED, error.what());
  }
}

template <void (*Compute)(Call&)>
Operation operation(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs) {
  return {name, std::move(inputs), std::move(outputs), run<Compute>};
}

/** Makes an operation known to TensorFlow, with its kernel on the CPU. Returns an error's text, or nothing. */
std::string registerOperation(const Operation& operation);

std::vector<Operation> convolutionOperations();
std::vector<Operation> depthwiseOperations();
std::vector<Operation> normalisationOperations();
std::vector<Operation> classifierOperations();
std::vector<Operation> elementwiseOperations();

}  // namespace fastpath
