/** @file Work in numbered pieces over all threads. What a piece computes never depends on which thread takes it. */
#pragma once
#include <cstdint>
#include <functional>

namespace fastpath {

/**
 * Calls `work(piece)` once for each piece in [0, pieces), on the calling thread and the pool's; throws what a piece threw.
 * From one thread at a time, and never from inside a piece.
 */
void parallel(int64_t pieces, const std::function<void(int64_t piece)>& work);

/** Threads that `parallel` uses, the caller's among them. */
int threads();

/** Sets the number of threads; 1 runs all on the caller's. Not while work is under way. */
void setThreads(int count);

/**
 * Memory of one thread that is kept between calls: at least `floats` floats, not initialised, 64-byte aligned. The next
 * call of the same thread may move it.
 * @throws std::bad_alloc
 */
float* scratch(int64_t floats);

}  // namespace fastpath
