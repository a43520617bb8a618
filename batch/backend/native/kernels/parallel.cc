/** @file A pool of threads that wait briefly in a loop, as the next piece of work is usually microseconds away. */
#include "parallel.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace fastpath {
namespace {

/** A thread looks this often before it gives its core away: some tens of microseconds. */
constexpr int kSpins = 4000;

/** Leaves the core to its other half while a loop waits. */
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/**
 * Threads that join the caller for one round of pieces at a time. A round is over when all pieces are done and nobody is
 * inside it: a thread that the system has not woken yet is not waited for, so a busy machine costs no more than its help.
 */
class Pool {
 public:
  explicit Pool(int helpers) {
    for (int i = 0; i < helpers; i++) helpers_.emplace_back([this] { help(); });
  }

  ~Pool() {
    announce(kEnding);
    for (auto& helper : helpers_) helper.join();
  }

  int size() const { return (int)helpers_.size() + 1; }

  void run(int64_t pieces, const std::function<void(int64_t)>& work) {
    work_ = &work;
    pieces_ = pieces;
    next_.store(0);
    announce(open_ += 2);
    take();
    state_.store(open_ + 1);
    for (int spin = 0; inside_.load() > 0; spin++) {
      if (spin < kSpins) relax();
      else std::this_thread::yield();
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  static constexpr uint64_t kEnding = ~0ull;

  /** Even while a round is open, odd when it is closed. */
  void announce(uint64_t state) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      state_.store(state);
    }
    wake_.notify_all();
  }

  void take() {
    for (int64_t piece; (piece = next_.fetch_add(1)) < pieces_;) {
      try {
        (*work_)(piece);
      } catch (...) {
        // Must not end a helper, nor leave `run` while others are inside: the round goes on without its other pieces.
        std::lock_guard<std::mutex> lock(mutex_);
        error_ = std::current_exception();
        next_.store(pieces_);
      }
    }
  }

  /** The state of a round that is open and was not taken part in. */
  uint64_t awaitRound(uint64_t seen) {
    const auto fresh = [&](uint64_t state) { return state == kEnding || (state % 2 == 0 && state > seen); };
    for (int spin = 0; spin < kSpins; spin++, relax()) {
      const uint64_t state = state_.load();
      if (fresh(state)) return state;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    uint64_t state = 0;
    wake_.wait(lock, [&] { return fresh(state = state_.load()); });
    return state;
  }

  void help() {
    for (uint64_t seen = 0;;) {
      seen = awaitRound(seen);
      if (seen == kEnding) return;
      // Only a round that is still open after this is known to wait for its end.
      inside_.fetch_add(1);
      if (state_.load() == seen) take();
      inside_.fetch_sub(1);
    }
  }

  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> state_{1};
  std::atomic<int64_t> next_{0};
  std::atomic<int> inside_{0};
  const std::function<void(int64_t)>* work_ = nullptr;
  int64_t pieces_ = 0;
  uint64_t open_ = 0;
  std::exception_ptr error_;
};

/** Never destroyed: threads that sleep at the end of the process harm nobody, and joining them there can hang. */
Pool*& pool() {
  static Pool* instance = new Pool((int)std::thread::hardware_concurrency() - 1);
  return instance;
}

struct Scratch {
  float* data = nullptr;
  int64_t floats = 0;
  ~Scratch() { std::free(data); }
};

}  // namespace

int threads() { return pool()->size(); }

void setThreads(int count) {
  if (count == threads()) return;
  Pool* next = new Pool(count - 1);
  delete pool();
  pool() = next;
}

void parallel(int64_t pieces, const std::function<void(int64_t)>& work) {
  if (pieces <= 1 || threads() == 1) {
    for (int64_t piece = 0; piece < pieces; piece++) work(piece);
    return;
  }
  pool()->run(pieces, work);
}

float* scratch(int64_t floats) {
  thread_local Scratch own;
  if (own.floats < floats) {
    std::free(own.data);
    own = {};
    own.data = static_cast<float*>(std::aligned_alloc(64, (size_t)((floats * 4 + 63) / 64 * 64)));
    if (own.data == nullptr) throw std::bad_alloc();
    own.floats = floats;
  }
  return own.data;
}

}  // namespace fastpath
