/**
 * @file The widest float vector of the processor this is compiled for, with whole and partial loads and stores.
 * Arithmetic is the compiler's own: +, ·, comparisons and the ternary work lane by lane; a·b + c becomes one instruction
 * where the processor has it.
 */
#pragma once
#include <cstdint>
#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace fastpath {

#if defined(__AVX512F__)
using Vec = __m512;
using Mask = __mmask16;
constexpr int kLanes = 16;
/** The first `count` lanes. */
inline Mask firstLanes(int64_t count) { return count >= 16 ? 0xffff : (Mask)((1u << count) - 1); }
inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline Vec load(const float* p, Mask mask) { return _mm512_maskz_loadu_ps(mask, p); }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
/** Widths are multiples of 8 nearly always; stores under a mask wait for the memory they go to (Zen 4 and 5). */
inline void store(float* p, Vec v, Mask mask) {
  if (mask == 0xffff) _mm512_storeu_ps(p, v);
  else if (mask == 0xff) _mm256_storeu_ps(p, _mm512_castps512_ps256(v));
  else _mm512_mask_storeu_ps(p, mask, v);
}
#elif defined(__AVX2__)
using Vec = __m256;
using Mask = __m256i;
constexpr int kLanes = 8;
inline Mask firstLanes(int64_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count > 8 ? 8 : (int)count), lane);
}
inline Vec load(const float* p) { return _mm256_loadu_ps(p); }
inline Vec load(const float* p, Mask mask) { return _mm256_maskload_ps(p, mask); }
inline void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
inline void store(float* p, Vec v, Mask mask) {
  if (_mm256_movemask_ps(_mm256_castsi256_ps(mask)) == 0xff) _mm256_storeu_ps(p, v);
  else _mm256_maskstore_ps(p, mask, v);
}
#else
typedef float Vec __attribute__((vector_size(16)));
typedef float Unaligned __attribute__((vector_size(16), aligned(4)));
using Mask = int;
constexpr int kLanes = 4;
inline Mask firstLanes(int64_t count) { return count > 4 ? 4 : (int)count; }
inline Vec load(const float* p) { return *(const Unaligned*)p; }
inline Vec load(const float* p, Mask mask) {
  Vec v = {};
  for (int i = 0; i < mask; i++) v[i] = p[i];
  return v;
}
inline void store(float* p, Vec v) { *(Unaligned*)p = v; }
inline void store(float* p, Vec v, Mask mask) {
  for (int i = 0; i < mask; i++) p[i] = v[i];
}
#endif

inline Vec splat(float x) { return Vec{} + x; }

/** Cuts to [0, 6]; NaN stays NaN. */
inline Vec relu6(Vec v) {
  v = v < splat(0) ? splat(0) : v;
  return v > splat(6) ? splat(6) : v;
}

/** Vectors that `count` floats fill, the last perhaps in part. */
inline int64_t vectorsOf(int64_t count) { return (count + kLanes - 1) / kLanes; }

/** Lanes of vector `index` that lie within `count` floats. */
inline Mask lanesAt(int64_t index, int64_t count) { return firstLanes(count - index * kLanes); }

}  // namespace fastpath
