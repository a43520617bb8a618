/** @file Matrix products over tiles that stay in registers. All matrices are row-major float32. */
#pragma once
#include <cstdint>

namespace fastpath {

/** Floats of `pack`'s output for B[depth, columns]. */
int64_t packedFloats(int64_t depth, int64_t columns);

/** Copies B, whose element (p, j) is b[p·row + j·step], into the panels that `multiplyPacked` reads. */
void pack(const float* b, int64_t row, int64_t step, int64_t depth, int64_t columns, float* packed);

/** C[rows, columns] = A[rows, depth] · B for a packed B, on the calling thread. */
void multiplyPacked(const float* a, const float* packed, float* c, int64_t rows, int64_t depth, int64_t columns);

/** C[rows, columns] += Aᵀ · B over `depth` rows of A[depth, aRow ≥ rows] and B[depth, columns], on the calling thread. */
void addTransposed(const float* a, int64_t aRow, const float* b, float* c, int64_t rows, int64_t columns,
                   int64_t depth);

/** Rows of A that `multiplyPacked` should get at a time, so that they stay in the cache; a multiple of every tile. */
int64_t rowsAtOnce(int64_t depth);

}  // namespace fastpath
