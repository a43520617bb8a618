/** @file TensorFlow's DecodeAndCropJpeg, called eagerly. */
#include "decode.h"

#include <memory>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/tf_tstring.h"

namespace fastpath {
namespace {

template <auto Delete>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const { Delete(pointer); }
};
using Status = std::unique_ptr<TF_Status, Deleter<TF_DeleteStatus>>;
using Tensor = std::unique_ptr<TF_Tensor, Deleter<TF_DeleteTensor>>;
using Handle = std::unique_ptr<TFE_TensorHandle, Deleter<TFE_DeleteTensorHandle>>;
using Operation = std::unique_ptr<TFE_Op, Deleter<TFE_DeleteOp>>;

/** A serialised ConfigProto, `device_count { key: "GPU" value: 0 }`: images are decoded on the CPU. */
constexpr char noGpu[] = {0x0a, 0x07, 0x0a, 0x03, 'G', 'P', 'U', 0x10, 0x00};

/** One for the process, and never deleted: threads may be decoding when the process ends. */
TFE_Context* context(TF_Status* status) {
  static TFE_Context* const made = [status] {
    TFE_ContextOptions* options = TFE_NewContextOptions();
    TFE_ContextOptionsSetConfig(options, noGpu, sizeof(noGpu), status);
    TFE_Context* context = TF_GetCode(status) == TF_OK ? TFE_NewContext(options, status) : nullptr;
    TFE_DeleteContextOptions(options);
    return context;
  }();
  return made;
}

/** @param tensor may be deleted afterwards; what it points at may not */
void addInput(TFE_Op* operation, TF_Tensor* tensor, TF_Status* status) {
  Handle handle(TFE_NewTensorHandle(tensor, status));
  if (TF_GetCode(status) == TF_OK) TFE_OpAddInput(operation, handle.get(), status);
}

void addBytes(TFE_Op* operation, const char* bytes, size_t length, TF_Status* status) {
  Tensor tensor(TF_AllocateTensor(TF_STRING, nullptr, 0, sizeof(TF_TString)));
  auto* text = static_cast<TF_TString*>(TF_TensorData(tensor.get()));
  TF_StringInit(text);
  TF_StringAssignView(text, bytes, length);
  addInput(operation, tensor.get(), status);
}

void addWindow(TFE_Op* operation, const Window& window, TF_Status* status) {
  const int64_t shape[] = {4};
  Tensor tensor(TF_AllocateTensor(TF_INT32, shape, 1, sizeof(Window)));
  *static_cast<Window*>(TF_TensorData(tensor.get())) = window;
  addInput(operation, tensor.get(), status);
}

TF_Tensor* run(const char* bytes, size_t length, int ratio, const Window& window, TF_Status* status) {
  TFE_Context* const here = context(status);
  if (here == nullptr) return nullptr;
  Operation operation(TFE_NewOp(here, "DecodeAndCropJpeg", status));
  if (TF_GetCode(status) != TF_OK) return nullptr;
  TFE_OpSetAttrInt(operation.get(), "channels", 3);
  TFE_OpSetAttrInt(operation.get(), "ratio", ratio);
  const std::string method = "INTEGER_ACCURATE";
  TFE_OpSetAttrString(operation.get(), "dct_method", method.data(), method.size());
  addBytes(operation.get(), bytes, length, status);
  if (TF_GetCode(status) == TF_OK) addWindow(operation.get(), window, status);
  if (TF_GetCode(status) != TF_OK) return nullptr;
  TFE_TensorHandle* made = nullptr;
  int count = 1;
  TFE_Execute(operation.get(), &made, &count, status);
  if (TF_GetCode(status) != TF_OK) return nullptr;
  Handle handle(made);
  return TFE_TensorHandleResolve(handle.get(), status);
}

}  // namespace

std::string decodeWindow(const char* bytes, size_t length, int ratio, const Window& window, Pixels& pixels) {
  Status status(TF_NewStatus());
  pixels.tensor_ = run(bytes, length, ratio, window, status.get());
  if (pixels.tensor_ == nullptr) {
    return TF_GetCode(status.get()) == TF_OK ? "TensorFlow did not start" : TF_Message(status.get());
  }
  const bool whole = TF_Dim(pixels.tensor_, 0) == window.height && TF_Dim(pixels.tensor_, 1) == window.width;
  return whole ? "" : "the image has another size than its header says";
}

}  // namespace fastpath
