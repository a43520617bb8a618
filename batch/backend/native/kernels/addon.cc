/** @file Entry of the Node add-on: loading it registers the operations in the TensorFlow of this process. */
#include <malloc.h>
#include <node_api.h>

#include "op.h"
#include "parallel.h"

namespace {

/** Large tensors come and go each step: memory given back to the system would have to be cleared page by page again. */
void keepFreedMemory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

napi_value setThreads(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t threads = 1;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (napi_get_value_int32(env, argument, &threads) == napi_ok && threads > 0) fastpath::setThreads(threads);
  return nullptr;
}

/** TensorFlow takes each operation once a process, however often the add-on is loaded. Returns an error's text, or nothing. */
std::string registerAll() {
  for (const auto& operations :
       {fastpath::convolutionOperations(), fastpath::depthwiseOperations(), fastpath::normalisationOperations(),
        fastpath::classifierOperations(), fastpath::elementwiseOperations()}) {
    for (const auto& operation : operations) {
      std::string error = fastpath::registerOperation(operation);
      if (!error.empty()) return error;
    }
  }
  return "";
}

void exportFunction(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

/** @throws a JavaScript error where TensorFlow refuses an operation */
NAPI_MODULE_INIT() {
  keepFreedMemory();
  static const std::string error = registerAll();
  if (!error.empty()) napi_throw_error(env, nullptr, error.c_str());
  exportFunction(env, exports, "setThreads", setThreads);
  return exports;
}
