/** @file The bridge between TensorFlow's C interface and `Call`. */
#include "op.h"

namespace fastpath {
namespace {

/** Reads the attribute `integers` once for all calls that have the same value there. */
void* create(TF_OpKernelConstruction* construction) {
  auto* integers = new std::vector<int64_t>();
  TF_Status* status = TF_NewStatus();
  int32_t count = 0, bytes = 0;
  TF_OpKernelConstruction_GetAttrSize(construction, "integers", &count, &bytes, status);
  if (TF_GetCode(status) == TF_OK && count > 0) {
    integers->resize(count);
    TF_OpKernelConstruction_GetAttrInt64List(construction, "integers", integers->data(), count, status);
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return integers;
}

void destroy(void* integers) { delete static_cast<std::vector<int64_t>*>(integers); }

}  // namespace

Call::Call(TF_OpKernelContext* context, const std::vector<int64_t>& integers)
    : context_(context), integers_(integers), in_(TF_NumInputs(context)), out_(TF_NumOutputs(context)) {
  TF_Status* status = TF_NewStatus();
  for (size_t i = 0; i < in_.size(); i++) {
    TF_GetInput(context, (int)i, &in_[i].tensor, status);
    in_[i].data = static_cast<float*>(TF_TensorData(in_[i].tensor));
  }
  TF_DeleteStatus(status);
}

Call::~Call() {
  for (auto& in : in_) TF_DeleteTensor(in.tensor);
  for (auto* out : out_) {
    if (out != nullptr) TF_DeleteTensor(out);
  }
}

int64_t Call::length(int index, int axis) const {
  const TF_Tensor* tensor = in_[index].tensor;
  return TF_Dim(tensor, axis < 0 ? TF_NumDims(tensor) + axis : axis);
}

int64_t Call::size(int index) const { return TF_TensorElementCount(in_[index].tensor); }

std::vector<int64_t> Call::shape(int index) const {
  std::vector<int64_t> shape(TF_NumDims(in_[index].tensor));
  for (size_t axis = 0; axis < shape.size(); axis++) shape[axis] = length(index, (int)axis);
  return shape;
}

float* Call::output(int index, const std::vector<int64_t>& shape) {
  size_t bytes = sizeof(float);
  for (int64_t axis : shape) bytes *= (size_t)axis;
  TF_Status* status = TF_NewStatus();
  out_[index] = TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(), (int)shape.size(), bytes, status);
  const bool failed = TF_GetCode(status) != TF_OK || out_[index] == nullptr;
  if (failed) TF_OpKernelContext_Failure(context_, status);
  TF_DeleteStatus(status);
  return failed ? nullptr : static_cast<float*>(TF_TensorData(out_[index]));
}

void Call::fail(TF_Code code, const char* message) {
  TF_Status* status = TF_NewStatus();
  TF_SetStatus(status, code, message);
  TF_OpKernelContext_Failure(context_, status);
  TF_DeleteStatus(status);
}

std::string registerOperation(const Operation& operation) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  TF_OpDefinitionBuilderAddAttr(definition, "integers: list(int)");
  TF_OpDefinitionBuilderSetIsStateful(definition, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext* context, TF_Status* s) {
    TF_ShapeInferenceContextSetUnknownShape(context, s);
  });
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* builder = TF_NewKernelBuilder(operation.name, "CPU", create, operation.run, destroy);
    TF_RegisterKernelBuilder(operation.name, builder, status);
  }
  const std::string error = TF_GetCode(status) == TF_OK ? "" : TF_Message(status);
  TF_DeleteStatus(status);
  return error;
}

}  // namespace fastpath
