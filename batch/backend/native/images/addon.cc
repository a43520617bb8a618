/** @file Entry of the Node add-on that decodes images; may be loaded in several threads of a process. */
#include <node_api.h>

#include <memory>

#include "decode.h"
#include "normalise.h"
#include "resample.h"

namespace {

struct Task {
  const char* bytes;
  size_t length;
  int ratio;
  fastpath::Window window;
  fastpath::Box box;
  int side;
  uint8_t* out;
  std::string error;
  napi_ref kept[2];
  napi_deferred deferred;
  napi_async_work work;
};

void execute(napi_env, void* data) {
  Task& task = *static_cast<Task*>(data);
  fastpath::Pixels pixels;
  task.error = fastpath::decodeWindow(task.bytes, task.length, task.ratio, task.window, pixels);
  if (!task.error.empty()) return;
  fastpath::resample(pixels.data(), task.window.height, task.window.width, task.box, task.side, task.out);
}

void complete(napi_env env, napi_status status, void* data) {
  std::unique_ptr<Task> task(static_cast<Task*>(data));
  for (napi_ref reference : task->kept) napi_delete_reference(env, reference);
  napi_delete_async_work(env, task->work);
  if (status != napi_ok) task->error = "it was called off";
  napi_value result;
  if (task->error.empty()) {
    napi_get_undefined(env, &result);
    napi_resolve_deferred(env, task->deferred, result);
    return;
  }
  napi_value message;
  napi_create_string_utf8(env, task->error.data(), task->error.size(), &message);
  napi_create_error(env, nullptr, message, &result);
  napi_reject_deferred(env, task->deferred, result);
}

template <typename T>
T* elements(napi_env env, napi_value array, size_t* length = nullptr) {
  void* data = nullptr;
  napi_get_typedarray_info(env, array, nullptr, length, &data, nullptr, nullptr);
  return static_cast<T*>(data);
}

/** decodeCrop(bytes, numbers, out): see `ImageAddon` in `image-addon.ts`. */
napi_value decodeCrop(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  auto task = std::make_unique<Task>();
  task->bytes = elements<char>(env, arguments[0], &task->length);
  const double* numbers = elements<double>(env, arguments[1]);
  task->ratio = (int)numbers[0];
  task->window = {(int)numbers[1], (int)numbers[2], (int)numbers[3], (int)numbers[4]};
  task->box = {numbers[5], numbers[6], numbers[7], numbers[8]};
  task->side = (int)numbers[9];
  task->out = elements<uint8_t>(env, arguments[2]);
  napi_value promise, name;
  napi_create_promise(env, &task->deferred, &promise);
  napi_create_reference(env, arguments[0], 1, &task->kept[0]);
  napi_create_reference(env, arguments[2], 1, &task->kept[1]);
  napi_create_string_utf8(env, "decodeCrop", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, execute, complete, task.get(), &task->work);
  napi_queue_async_work(env, task->work);
  task.release();
  return promise;
}

/** normalise(out, pixels, side, flip, colours) */
napi_value normalise(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value arguments[5];
  int32_t side = 0;
  bool flip = false;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  napi_get_value_int32(env, arguments[2], &side);
  napi_get_value_bool(env, arguments[3], &flip);
  const auto* colours = elements<fastpath::Colours>(env, arguments[4]);
  fastpath::normalise(elements<uint8_t>(env, arguments[1]), side, flip, *colours, elements<float>(env, arguments[0]));
  return nullptr;
}

void exportFunction(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  exportFunction(env, exports, "decodeCrop", decodeCrop);
  exportFunction(env, exports, "normalise", normalise);
  return exports;
}
